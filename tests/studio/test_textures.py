"""Drawn materials: seamless, repeatable, of the colours asked for."""

import numpy as np
import pytest

from services.studio import masonry, noise, soils, textures

GREY, DARK = (200, 190, 180), (60, 50, 40)
PICTURES = {
    "marble": lambda seed: textures.marble(seed, GREY, DARK, DARK),
    "wood": lambda seed: textures.wood(seed, GREY, DARK)[0],
    "plaster": lambda seed: textures.plaster(seed, GREY)[0],
    "linen": lambda seed: textures.linen(seed, GREY)[0],
    "terrazzo": lambda seed: textures.terrazzo(seed, GREY, (DARK,)),
    "concrete": lambda seed: masonry.concrete(seed, GREY)[0],
    "tiles": lambda seed: masonry.tiles(seed, GREY, DARK, 8, 4)[0],
    "sand": lambda seed: soils.sand(seed, GREY)[0],
}


def forget_all() -> None:
    """Empties every cache of drawn materials."""
    for module in (textures, masonry, soils):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


def jump(picture: np.ndarray, rows: tuple[int, int]) -> float:
    """The mean difference between two rows."""
    first, second = (picture[row].astype(float) for row in rows)
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("name", PICTURES)
def test_opposite_edges_meet(name):
    picture = PICTURES[name](1)
    for way in (picture, picture.swapaxes(0, 1)):
        usual = np.mean([jump(way, (row, row + 1)) for row in range(90, 1990, 100)])
        # Wood ends in a gap between planks: dark against wood, as between any two planks.
        allowed = 120 if name == "wood" and way is picture else 3 * usual + 2
        assert jump(way, (-1, 0)) <= allowed


@pytest.mark.parametrize("name", PICTURES)
def test_equal_seeds_draw_equal_pictures_and_others_do_not(name):
    forget_all()
    first, other = PICTURES[name](1), PICTURES[name](2)
    forget_all()
    assert first.dtype == np.uint8 and first.shape == (2048, 2048, 3)
    assert np.array_equal(first, PICTURES[name](1))
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", ["plaster", "linen", "terrazzo"])
def test_a_material_keeps_its_colour(name):
    assert np.abs(PICTURES[name](1).mean(axis=(0, 1)) - GREY).max() < 16


def test_a_material_is_drawn_once():
    assert textures.plaster(1, GREY)[0] is textures.plaster(1, GREY)[0]


def test_relief_is_between_0_and_1():
    heights = textures.wood(1, GREY, DARK)[1]
    assert heights.dtype == np.float16 and heights.min() >= 0 and heights.max() <= 1


def test_noise_is_centred_and_seamless():
    field = noise.fractal_noise(256, 4, 5, seed=2)
    assert abs(field.mean()) < 1e-4 and field.std() == pytest.approx(1, abs=1e-3)
    across = np.abs(np.diff(field, axis=1)).mean()
    assert np.abs(field[:, 0] - field[:, -1]).mean() < 2 * across


def test_an_enlarged_field_is_the_same_field():
    field = noise.fractal_noise(64, 4, 3, seed=2)
    large = noise.enlarge(field, 256)
    assert large.shape == (256, 256)
    assert np.abs(large.reshape(64, 4, 64, 4).mean(axis=(1, 3)) - field).max() < 0.1


def test_a_warp_by_whole_pixels_rolls_a_field():
    field = noise.fractal_noise(64, 4, 3, seed=2)
    right, down = np.full_like(field, 5), np.full_like(field, -3)
    assert np.allclose(noise.warp(field, right, down), np.roll(field, (3, -5), (0, 1)), atol=1e-5)
