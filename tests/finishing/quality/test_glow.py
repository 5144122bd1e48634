"""Glows and drop shadows around the product with no surface behind it."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import scene_pb2
from services.finishing.quality.glow import judge_glow
from services.finishing.quality.measurement import PASS, UNKNOWN, WARN
from tests.support.lit_ads import GRAY, SIDE, WALL, assess, draw_background, draw_mask, paste_color


def draw_glow(opacity: float, tone: int = 0) -> np.ndarray:
    """The ad with the silhouette, blurred, in this tone behind the product."""
    around = cv2.GaussianBlur(draw_mask(), (0, 0), 4)[..., np.newaxis] / 255 * opacity
    behind = draw_background(table=WALL) * (1 - around) + tone * around
    return paste_color(behind, GRAY)


def test_a_product_before_a_wall_has_no_glow():
    judged = judge_glow(assess(draw_glow(0)))
    assert judged.verdict == PASS and judged.value < 0.3


@pytest.mark.parametrize("tone", [0, 255])
def test_a_glow_grows_with_its_opacity_and_is_warned_of(tone):
    faint, visible, strong = (judge_glow(assess(draw_glow(o, tone))) for o in (0.05, 0.15, 0.4))
    assert 0 < faint.value < visible.value < strong.value
    assert visible.verdict == WARN


def test_a_shadow_on_the_ground_is_no_glow():
    background = draw_background()
    background[140:165, 100:190] //= 2
    assert judge_glow(assess(paste_color(background, GRAY))).verdict == PASS


def test_a_shadow_on_one_side_is_no_glow():
    background = draw_background().astype(float)
    background[:, 130:145] *= np.linspace(0.7, 1, 15)[:, np.newaxis]
    assert judge_glow(assess(paste_color(background, GRAY))).verdict == PASS


def test_products_that_lie_have_a_surface_behind_them():
    lying = scene_pb2.Scene(camera_pitch=90)
    assert judge_glow(assess(draw_glow(0.3), scene=lying)).verdict == PASS


def test_a_product_that_fills_the_picture_has_no_surroundings():
    ad = np.full((SIDE, SIDE, 3), 120, np.uint8)
    filled = assess(ad)
    object.__setattr__(filled, "mask", np.full((SIDE, SIDE), 255, np.uint8))
    assert judge_glow(filled).verdict == UNKNOWN
