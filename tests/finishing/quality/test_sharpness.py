"""Softness of the product against its set."""

import cv2
import numpy as np
import pytest

from services.finishing.quality.measurement import PASS, UNKNOWN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.sharpness import judge_softness
from tests.support.studio_shots import assess_shot, draw_ground, draw_product


def enlarge(surface: np.ndarray, times: float) -> np.ndarray:
    """Returns a surface as sharp as if it had been enlarged; uint8 RGB (h, w, 3)."""
    size = surface.shape[1::-1]
    small = cv2.resize(surface, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)


def add_grain(surface: np.ndarray) -> np.ndarray:
    grain = np.random.default_rng(1).normal(0, 4, surface.shape)
    return np.clip(surface + grain, 0, 255).astype(np.uint8)


def judge(product):
    return judge_softness(assess_shot(product=product))


def test_an_enlarged_product_is_softer_than_its_set():
    sharp, soft = draw_product(), enlarge(draw_product(), 2.5)
    assert judge(sharp).verdict == PASS
    assert judge(soft).verdict != PASS
    values = [judge(enlarge(sharp, times)).value for times in (1.3, 2.5, 4)]
    assert values == sorted(values)


def test_grain_does_not_make_a_product_sharp():
    sharp, soft = draw_product(), enlarge(draw_product(), 2.5)
    assert judge(add_grain(soft)).value > judge(add_grain(sharp)).value + 0.1


def test_a_smooth_product_cannot_be_soft():
    judged = judge(draw_product(stripe=0))
    assert (judged.verdict, judged.value) == (PASS, None)


def test_the_softness_of_nothing_is_unknown():
    assert judge_softness(AssessedPicture(draw_ground())).verdict == UNKNOWN


@pytest.mark.parametrize("texture", [0, 12])
def test_a_sharp_product_passes_on_any_set(texture):
    assert judge_softness(assess_shot(draw_ground(texture))).verdict == PASS
