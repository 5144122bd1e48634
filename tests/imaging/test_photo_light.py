"""The side of a photo's light is read from shadow, shading and highlights that agree."""

import cv2
import numpy as np
import pytest

from services.imaging.photo_light import LEFT_AZIMUTH, RIGHT_AZIMUTH, estimate_light_azimuth

BOUNDS = (110, 60, 80, 160)


def photograph_can(shadow=0.0, shading=0.0, highlight=None):
    """A gray can on a plain ground, lit from the left: uint8 RGB (300, 300, 3) and its alpha."""
    x, y, width, height = BOUNDS
    photo = np.full((300, 300), 200, np.float32)
    spot = np.zeros_like(photo)
    cv2.ellipse(spot, (x + width + 15, y + height - 20), (40, 18), 0, 0, 360, shadow, -1)
    photo *= 1 - cv2.GaussianBlur(spot, (0, 0), 6)
    photo[y : y + height, x : x + width] = 110 * (1 + shading * np.linspace(1, -1, width))
    if highlight:
        photo[y + 30 : y + 60, x + highlight : x + highlight + 5] = 255
    rgb = np.repeat(np.clip(photo, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return rgb, np.full((height, width), 255, np.uint8)


@pytest.mark.parametrize(
    "cues",
    [
        {"shadow": 0.5},
        {"shading": 0.45, "highlight": 12},
        {"shadow": 0.3, "shading": 0.45},
    ],
)
def test_a_light_from_the_left_is_found_and_mirrors_with_the_photo(cues):
    photo, alpha = photograph_can(**cues)
    assert estimate_light_azimuth(photo, alpha, BOUNDS) == LEFT_AZIMUTH
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    assert estimate_light_azimuth(mirrored, alpha, BOUNDS) == RIGHT_AZIMUTH


@pytest.mark.parametrize(
    "cues", [{}, {"highlight": 12}, {"shadow": 0.5, "shading": -0.45}, {"shading": 0.1}]
)
def test_single_or_opposite_cues_do_not_decide(cues):
    photo, alpha = photograph_can(**cues)
    assert estimate_light_azimuth(photo, alpha, BOUNDS) is None


def test_clutter_around_the_product_is_no_shadow():
    photo, alpha = photograph_can()
    photo[60:, 195:] = np.random.default_rng(0).integers(0, 255, (240, 105, 1))
    assert estimate_light_azimuth(photo, alpha, BOUNDS) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 1)])
def test_tiny_products_have_no_light(size):
    photo = np.full((50, 50, 3), 90, np.uint8)
    alpha = np.full(size, 255, np.uint8)
    assert estimate_light_azimuth(photo, alpha, (0, 0, *size[::-1])) is None
