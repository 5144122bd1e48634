"""From linear light to a print."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.studio import film


@pytest.mark.parametrize("size", [(256, 256), (1024, 1024), (2048, 700)])
def test_strips_cover_the_picture_once(size):
    strips = list(film.strips(size, 6, "scalar_rgb"))
    assert strips[0][0] == 0 and strips[-1][1] == size[0]
    assert all(a[1] == b[0] for a, b in pairwise(strips))


def test_no_strip_is_longer_than_about_a_second():
    assert all(
        (end - first) * 2048 * 4 < 1_600_000
        for first, end in film.strips((2048, 2048), 4, "scalar_rgb")
    )


def flat(level: float, color=(1.0, 1.0, 1.0)) -> np.ndarray:
    """An even field of light."""
    return np.full((64, 64, 3), level, np.float32) * np.float32(color)


def middle(light: np.ndarray) -> np.ndarray:
    """The print's mean colour in the middle, where there is no vignette."""
    return film.develop(light, 1.0, seed=0)[28:36, 28:36].mean(axis=(0, 1))


def test_more_light_never_prints_darker():
    prints = [middle(flat(level)).mean() for level in np.geomspace(0.003, 3, 18)]
    assert (np.diff(prints) > 0).all()


def test_white_paper_prints_light_and_never_clips():
    assert 225 < middle(flat(1.0)).mean() < 245
    assert middle(flat(4.0)).mean() <= 255


def test_grey_stays_grey():
    color = middle(flat(0.4))
    assert color.max() - color.min() < 1.5


def test_bright_colours_keep_their_order():
    red, green, blue = middle(flat(2.0, (0.9, 0.5, 0.45)))
    assert red > green > blue


def test_the_grain_breaks_up_bands_and_comes_from_the_seed():
    ramp = flat(1.0) * np.linspace(0.30, 0.31, 64, dtype=np.float32)[None, :, None]
    first, again, other = (film.develop(ramp, 1.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert len(np.unique(first[:, 32])) > 1


def test_the_denoiser_takes_noise_out_and_leaves_edges():
    truth = flat(0.3)
    truth[:, 32:] = 0.8
    noisy = truth * np.random.default_rng(0).gamma(8, 1 / 8, truth.shape).astype(np.float32)
    clean = film.denoise(noisy)
    assert np.abs(clean - truth).mean() < 0.25 * np.abs(noisy - truth).mean()
    assert (clean[:, 33:].mean() - clean[:, :31].mean()) == pytest.approx(0.5, abs=0.03)


def test_the_denoiser_comes_without_torch():
    probe = (
        "import sys; from services.studio import film; import numpy as np\n"
        "film.denoise(np.ones((32, 32, 3), np.float32)); print('torch' in sys.modules)\n"
        "import torch"
    )
    root = Path(__file__).parents[2]
    path = {"PYTHONPATH": f"{root}:{root / 'clients'}"}
    done = subprocess.run([sys.executable, "-c", probe], env=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"
