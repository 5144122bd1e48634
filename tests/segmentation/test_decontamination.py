import cv2
import numpy as np
import pytest

from services.segmentation.decontamination import blur_sides, uncover
from tests.support.drawings import BLUE, DARK, GREEN, block
from tests.support.pictures import assert_image_equal

GREY = np.float32((230, 228, 220))
ALPHA = cv2.GaussianBlur(block(20, 20, 100, 60, size=(80, 120)), (0, 0), 1)
RIM = (ALPHA > 0.1) & (ALPHA < 0.9)


def flat(color) -> np.ndarray:
    return np.full((80, 120, 3), color, np.float32)


def mix(product: np.ndarray) -> np.ndarray:
    return ALPHA[..., np.newaxis] * product + (1 - ALPHA[..., np.newaxis]) * GREY


def cleaned(photo: np.ndarray, alpha: np.ndarray = ALPHA, radius: int = 12) -> np.ndarray:
    return uncover(photo, alpha, *blur_sides(photo, alpha, radius))


def off(colors: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(colors - truth)[where].mean())


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK, (250, 250, 250)])
def test_the_rim_gets_back_the_products_own_color(color):
    photo = mix(flat(color))
    assert off(cleaned(photo), flat(color), RIM) < 0.1 * off(photo, flat(color), RIM)


def test_the_backdrops_color_is_found_too():
    photo = mix(flat(GREEN))
    _, backdrop = blur_sides(photo, ALPHA, 12)
    assert off(backdrop, GREY, RIM) < 0.2 * off(photo, GREY, RIM)


def test_colors_come_from_nearby_parts_of_the_product():
    colors = flat(GREEN)
    colors[:, 60:] = (200, 40, 30)
    apart = RIM.copy()
    apart[:, 48:72] = False
    assert off(cleaned(mix(colors)), colors, apart) < 10


def test_where_nothing_shines_through_the_photo_stays():
    photo = np.random.default_rng(0).uniform(0, 255, (80, 120, 3)).astype(np.float32)
    before = photo.copy()
    assert np.abs(cleaned(photo, np.ones_like(ALPHA), 4) - photo).max() < 0.01
    assert_image_equal(photo, before)


def test_colors_stay_in_range_though_the_alpha_is_wrong():
    random = np.random.default_rng(0)
    photo = random.choice([0, 255], (80, 120, 3)).astype(np.float32)
    product = cleaned(photo, random.random((80, 120), np.float32), 2)
    assert product.dtype == np.float32 and product.min() >= 0 and product.max() <= 255
