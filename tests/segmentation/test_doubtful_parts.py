"""A red car with dark windows whose wheels a network doubts, above a shadow."""

import cv2
import numpy as np
import pytest

from services.segmentation.doubtful_parts import add_doubtful_parts
from tests.support.drawings import DARK, SIZE, draw_box, draw_disc, mask_iou, paint_product
from tests.support.pictures import BACKDROP

BODY = draw_box(60, 60, 180, 120)
WHEEL = np.maximum(draw_disc(88, 120, 18), draw_disc(152, 120, 18)) * (1 - BODY)
# Part of the body, of the wheels' color.
WINDOW = draw_box(100, 68, 160, 84)
SHADOW = draw_box(40, 124, 200, 150) * (1 - np.maximum(BODY, WHEEL))


def paint_layers(*layers) -> np.ndarray:
    """A photo of layers, each a share (h, w) and a color, in front of the backdrop."""
    colors = np.full((*SIZE, 3), BACKDROP, np.float32)
    for share, color in layers:
        colors += share[..., np.newaxis] * (np.float32(color) - colors)
    return paint_product(np.zeros(SIZE, np.float32), backdrop=colors)


def blur(probability: np.ndarray) -> np.ndarray:
    """Softens a probability as networks of low resolution do."""
    return cv2.GaussianBlur(probability, (0, 0), 1.5)


PHOTO = paint_layers(
    (SHADOW, (150, 150, 150)), (BODY, (190, 40, 40)), (WINDOW, DARK), (WHEEL, DARK)
)


def test_dark_wheels_of_a_red_car_are_added():
    probability = blur(0.97 * BODY + 0.35 * WHEEL)
    added = add_doubtful_parts(PHOTO, probability)
    assert added.dtype == np.float32 and added.shape == probability.shape
    assert mask_iou(probability > 0.5, BODY + WHEEL > 0.5) < 0.9
    assert mask_iou(added > 0.5, BODY + WHEEL > 0.5) > 0.95


def test_a_gray_shadow_below_a_car_is_not_added():
    added = add_doubtful_parts(PHOTO, blur(0.97 * (BODY + WHEEL) + 0.2 * SHADOW))
    assert mask_iou(added > 0.5, BODY + WHEEL > 0.5) > 0.95


def test_areas_of_the_products_color_need_some_probability():
    probability = blur(0.97 * BODY + 0.24 * WHEEL)
    assert add_doubtful_parts(PHOTO, probability) is probability


@pytest.mark.parametrize("chances", [(0.97, 0.35, 0.2), (0.97, 0.45, 0), (0.8, 0.4, 0.4)])
def test_no_probability_is_lowered_or_exceeds_1(chances):
    body, wheel, shadow = chances
    probability = blur(body * BODY + wheel * WHEEL + shadow * SHADOW)
    added = add_doubtful_parts(PHOTO, probability)
    assert (added >= probability).all() and added.max() <= 1


def test_a_map_of_another_size_keeps_it():
    probability = cv2.resize(blur(0.97 * BODY + 0.35 * WHEEL), (120, 100))
    added = add_doubtful_parts(PHOTO, probability)
    assert added.shape == (100, 120)
    assert (added > 0.5).sum() > 1.05 * (probability > 0.5).sum()


@pytest.mark.parametrize("chance", [0, 0.97])
def test_a_probability_without_doubtful_parts_is_returned_as_it_is(chance):
    probability = blur(chance * (BODY + WHEEL))
    assert add_doubtful_parts(PHOTO, probability) is probability


def test_specks_are_too_small_to_be_added():
    speck = draw_box(100, 20, 103, 23)
    probability = blur(0.97 * BODY) + 0.4 * speck
    assert add_doubtful_parts(PHOTO, probability) is probability
