import cv2
import numpy as np
import pytest

from services.segmentation.decontamination import fuse_blurred
from tests.pictures import assert_image_equal
from tests.segmentation.drawings import BLUE, DARK, GREEN, block

GREY = np.float32((230, 228, 220))
ALPHA = cv2.GaussianBlur(block(20, 20, 100, 60, size=(80, 120)), (0, 0), 1)
RIM = (ALPHA > 0.1) & (ALPHA < 0.9)


def flat(color) -> np.ndarray:
    return np.full((80, 120, 3), color, np.float32)


def mix(product: np.ndarray) -> np.ndarray:
    return ALPHA[..., np.newaxis] * product + (1 - ALPHA[..., np.newaxis]) * GREY


def two_passes(photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    layers = fuse_blurred(photo, photo, photo, ALPHA, 30)
    return fuse_blurred(photo, *layers, ALPHA, 4)


def off(colors: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(colors - truth)[where].mean())


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK, (250, 250, 250)])
def test_the_rim_gets_back_the_products_own_color(color):
    photo = mix(flat(color))
    product, _ = two_passes(photo)
    assert off(product, flat(color), RIM) < 0.03 * off(photo, flat(color), RIM)


def test_the_backdrops_color_is_found_too():
    photo = mix(flat(GREEN))
    _, backdrop = two_passes(photo)
    assert off(backdrop, GREY, RIM) < 0.2 * off(photo, GREY, RIM)


def test_colors_come_from_nearby_parts_of_the_product():
    colors = flat(GREEN)
    colors[:, 60:] = (200, 40, 30)
    apart = RIM.copy()
    apart[:, 52:68] = False
    assert off(two_passes(mix(colors))[0], colors, apart) < 4


def test_where_nothing_shines_through_the_photo_stays():
    photo = np.random.default_rng(0).uniform(0, 255, (80, 120, 3)).astype(np.float32)
    before = photo.copy()
    product, _ = fuse_blurred(photo, photo, photo, np.ones_like(ALPHA), 4)
    assert np.abs(product - photo).max() < 0.01
    assert_image_equal(photo, before)


def test_colors_stay_in_range_though_the_alpha_is_wrong():
    random = np.random.default_rng(0)
    photo = random.choice([0, 255], (80, 120, 3)).astype(np.float32)
    product, _ = fuse_blurred(photo, photo, photo, random.random((80, 120), np.float32), 2)
    assert product.dtype == np.float32 and product.min() >= 0 and product.max() <= 255
