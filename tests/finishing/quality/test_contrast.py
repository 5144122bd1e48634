"""How much of the contour vanishes in the background."""

import numpy as np
import pytest

from services.finishing.quality.contrast import judge_contrast
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from tests.support.studio_shots import BLUE, ORANGE, assess_shot, draw_ground, draw_product


@pytest.mark.parametrize(
    ("product", "ground", "verdict"),
    [
        (ORANGE, BLUE, PASS),
        (ORANGE, ORANGE, FAIL),
        ((20, 20, 22), (22, 22, 24), FAIL),
        ((20, 20, 22), (200, 200, 200), PASS),
    ],
)
def test_a_product_of_the_backgrounds_color_fails(product, ground, verdict):
    shot = assess_shot(draw_ground(4, ground), product=draw_product(0, product))
    assert judge_contrast(shot).verdict == verdict


@pytest.mark.parametrize(("columns", "verdict"), [(65, PASS), (90, WARN), (160, FAIL)])
def test_a_small_part_may_vanish(columns, verdict):
    ground = draw_ground(0, BLUE)
    ground[:, :columns] = ORANGE
    shot = assess_shot(ground, product=draw_product(0))
    assert judge_contrast(shot).verdict == verdict


def test_the_contrast_of_nothing_is_unknown():
    assert judge_contrast(AssessedPicture(draw_ground())).verdict == UNKNOWN
    full = np.full((200, 200), 255, np.uint8)
    assert judge_contrast(AssessedPicture(draw_ground(), full)).verdict == UNKNOWN
