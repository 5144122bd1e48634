import cv2
import numpy as np
import pytest

from services.segmentation.decontamination import blur_side_colors, remove_background_color
from tests.support.drawings import BLUE, DARK, GREEN, draw_box
from tests.support.pictures import assert_image_equal

GRAY = np.float32((230, 228, 220))
ALPHA = cv2.GaussianBlur(draw_box(20, 20, 100, 60, size=(80, 120)), (0, 0), 1)
RIM = (ALPHA > 0.1) & (ALPHA < 0.9)


def create_flat(color) -> np.ndarray:
    return np.full((80, 120, 3), color, np.float32)


def mix_with_gray(product: np.ndarray) -> np.ndarray:
    return ALPHA[..., np.newaxis] * product + (1 - ALPHA[..., np.newaxis]) * GRAY


def decontaminate(photo: np.ndarray, alpha: np.ndarray = ALPHA, radius: int = 12) -> np.ndarray:
    return remove_background_color(photo, alpha, *blur_side_colors(photo, alpha, radius))


def measure_error(colors: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(colors - truth)[where].mean())


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK, (250, 250, 250)])
def test_the_rim_gets_the_products_own_color(color):
    photo = mix_with_gray(create_flat(color))
    truth = create_flat(color)
    before = measure_error(photo, truth, RIM)
    assert measure_error(decontaminate(photo), truth, RIM) < 0.1 * before


def test_the_backgrounds_color_is_estimated_too():
    photo = mix_with_gray(create_flat(GREEN))
    _, background = blur_side_colors(photo, ALPHA, 12)
    assert measure_error(background, GRAY, RIM) < 0.2 * measure_error(photo, GRAY, RIM)


def test_colors_come_from_nearby_parts_of_the_product():
    colors = create_flat(GREEN)
    colors[:, 60:] = (200, 40, 30)
    distant = RIM.copy()
    distant[:, 48:72] = False
    assert measure_error(decontaminate(mix_with_gray(colors)), colors, distant) < 10


def test_opaque_pixels_keep_the_photos_colors():
    photo = np.random.default_rng(0).uniform(0, 255, (80, 120, 3)).astype(np.float32)
    before = photo.copy()
    assert np.abs(decontaminate(photo, np.ones_like(ALPHA), 4) - photo).max() < 0.01
    assert_image_equal(photo, before)


def test_colors_stay_in_range_even_with_wrong_alpha():
    random = np.random.default_rng(0)
    photo = random.choice([0, 255], (80, 120, 3)).astype(np.float32)
    product = decontaminate(photo, random.random((80, 120), np.float32), 2)
    assert product.dtype == np.float32 and product.min() >= 0 and product.max() <= 255
