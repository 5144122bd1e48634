"""Drawn textures: seamless, deterministic, in the requested colors."""

import numpy as np
import pytest

from services.studio import masonry, noise, soils, textures
from services.studio.drawings import DRAWINGS
from tests.support.textures import SMALL_SIDE, use_small_textures

GRAY, DARK = (200, 190, 180), (60, 50, 40)
PICTURES = {
    "marble": lambda seed: textures.draw_marble(seed, GRAY, DARK, DARK),
    "wood": lambda seed: textures.draw_wood(seed, GRAY, DARK)[0],
    "plaster": lambda seed: textures.draw_plaster(seed, GRAY)[0],
    "linen": lambda seed: textures.draw_linen(seed, GRAY)[0],
    "terrazzo": lambda seed: textures.draw_terrazzo(seed, GRAY, (DARK,)),
    "concrete": lambda seed: masonry.draw_concrete(seed, GRAY)[0],
    "tiles": lambda seed: masonry.draw_tiles(seed, GRAY, DARK, 8, 4)[0],
    "sand": lambda seed: soils.draw_sand(seed, GRAY)[0],
}


def row_difference(picture: np.ndarray, rows: tuple[int, int]) -> float:
    """Returns the mean absolute difference between two rows."""
    first, second = (picture[row].astype(float) for row in rows)
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("name", PICTURES)
def test_opposite_edges_meet(name):
    picture = PICTURES[name](1)
    assert picture.dtype == np.uint8 and picture.shape == (2048, 2048, 3)
    for way in (picture, picture.swapaxes(0, 1)):
        usual = np.mean([row_difference(way, (row, row + 1)) for row in range(90, 1990, 100)])
        # Wood ends in a gap between planks: dark against wood, as between any two planks.
        allowed = 120 if name == "wood" and way is picture else 3 * usual + 2
        assert row_difference(way, (-1, 0)) <= allowed


@pytest.mark.parametrize("name", PICTURES)
def test_equal_seeds_draw_equal_textures_and_others_do_not(name):
    with use_small_textures():
        first, other = PICTURES[name](1), PICTURES[name](2)
        DRAWINGS.clear()
        assert first.shape == (SMALL_SIDE, SMALL_SIDE, 3)
        assert np.array_equal(first, PICTURES[name](1))
        assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", ["plaster", "linen", "terrazzo"])
def test_a_texture_keeps_its_color(name):
    assert np.abs(PICTURES[name](1).mean(axis=(0, 1)) - GRAY).max() < 16


def test_a_texture_is_drawn_once():
    assert textures.draw_plaster(1, GRAY)[0] is textures.draw_plaster(1, GRAY)[0]


def test_relief_is_between_0_and_1():
    heights = textures.draw_wood(1, GRAY, DARK)[1]
    assert heights.dtype == np.float16 and heights.min() >= 0 and heights.max() <= 1


def test_noise_is_centered_and_seamless():
    field = noise.generate_fractal_noise(256, 4, 5, seed=2)
    assert abs(field.mean()) < 1e-4 and field.std() == pytest.approx(1, abs=1e-3)
    across = np.abs(np.diff(field, axis=1)).mean()
    assert np.abs(field[:, 0] - field[:, -1]).mean() < 2 * across


def test_an_upscaled_field_is_the_same_field():
    field = noise.generate_fractal_noise(64, 4, 3, seed=2)
    large = noise.upscale_field(field, 256)
    assert large.shape == (256, 256)
    assert np.abs(large.reshape(64, 4, 64, 4).mean(axis=(1, 3)) - field).max() < 0.1


def test_displacing_by_whole_pixels_rolls_a_field():
    field = noise.generate_fractal_noise(64, 4, 3, seed=2)
    right, down = np.full_like(field, 5), np.full_like(field, -3)
    assert np.allclose(
        noise.displace_field(field, right, down), np.roll(field, (3, -5), (0, 1)), atol=1e-5
    )
