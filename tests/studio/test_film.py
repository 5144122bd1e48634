"""From linear light to pixels: strips, denoising, developing."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.studio import film


@pytest.mark.parametrize("size", [(256, 256), (1024, 1024), (2048, 700)])
def test_strips_cover_the_image_once(size):
    strips = list(film.split_into_strips(size, 6))
    assert strips[0][0] == 0 and strips[-1][1] == size[0]
    assert all(a[1] == b[0] for a, b in pairwise(strips))


def test_no_strip_is_longer_than_about_a_second():
    assert all(
        (end - first) * 2048 * 4 < 1_600_000
        for first, end in film.split_into_strips((2048, 2048), 4)
    )


def test_strips_are_denoised_as_the_whole_image_is(monkeypatch):
    rng = np.random.default_rng(2)
    ramp = np.linspace(0.1, 0.9, 192, dtype=np.float32)[:, None, None]
    noisy = ramp + rng.normal(0, 0.05, (192, 64, 3)).astype(np.float32)
    whole = film.denoise_light(noisy)
    monkeypatch.setattr(film, "BALANCED_AT_ONCE", 192 * 64 // 3)
    strips = list(film.denoise_in_strips(noisy))
    assert [len(strip) for strip in strips] == [64, 64, 64]
    # A hundredth of paper white.
    assert np.abs(np.concatenate(strips) - whole).max() < 0.01


def create_flat_light(level: float, color=(1.0, 1.0, 1.0)) -> np.ndarray:
    """Returns an even field of linear light, float32 RGB (64, 64, 3)."""
    return np.full((64, 64, 3), level, np.float32) * np.float32(color)


def develop_center(light: np.ndarray) -> np.ndarray:
    """Develops light and returns its mean color in the center, where there is no vignette."""
    return film.develop_image(light, 1.0, seed=0)[28:36, 28:36].mean(axis=(0, 1))


def test_more_light_never_develops_darker():
    prints = [
        develop_center(create_flat_light(level)).mean() for level in np.geomspace(0.003, 3, 18)
    ]
    assert (np.diff(prints) > 0).all()


def test_white_paper_develops_light_and_never_clips():
    assert 225 < develop_center(create_flat_light(1.0)).mean() < 245
    assert develop_center(create_flat_light(4.0)).mean() <= 255


def test_gray_stays_gray():
    color = develop_center(create_flat_light(0.4))
    assert color.max() - color.min() < 1.5


def test_bright_colors_keep_their_hue():
    red, green, blue = develop_center(create_flat_light(2.0, (0.9, 0.5, 0.45)))
    assert red > green > blue


def test_grain_breaks_up_bands_and_follows_from_the_seed():
    ramp = create_flat_light(1.0) * np.linspace(0.30, 0.31, 64, dtype=np.float32)[None, :, None]
    first, again, other = (film.develop_image(ramp, 1.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert len(np.unique(first[:, 32])) > 1


def test_denoising_removes_noise_and_preserves_edges():
    truth = create_flat_light(0.3)
    truth[:, 32:] = 0.8
    noisy = truth * np.random.default_rng(0).gamma(8, 1 / 8, truth.shape).astype(np.float32)
    clean = film.denoise_light(noisy)
    assert np.abs(clean - truth).mean() < 0.25 * np.abs(noisy - truth).mean()
    assert (clean[:, 33:].mean() - clean[:, :31].mean()) == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
def test_the_denoiser_loads_without_torch():
    probe = (
        "import sys; from services.studio import film; import numpy as np\n"
        "film.denoise_light(np.ones((32, 32, 3), np.float32)); print('torch' in sys.modules)\n"
        "import torch"
    )
    root = Path(__file__).parents[2]
    path = {"PYTHONPATH": f"{root}:{root / 'clients'}"}
    done = subprocess.run([sys.executable, "-c", probe], env=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"
