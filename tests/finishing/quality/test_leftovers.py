"""Surroundings and shadows of the photo that the cut-out kept."""

import cv2
import numpy as np
import pytest

from services.finishing.quality.leftovers import judge_leftovers, judge_soft_leftovers
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from tests.support.studio_shots import assess_shot, draw_ground, draw_mask, draw_product

TAN, GRASS, PINK = (205, 180, 140), (120, 140, 90), (240, 60, 130)


def keep_plate(color, depth=8):
    """Returns an ad whose product kept a plate of the photo's table at its base."""
    mask, surface = draw_mask(), draw_product()
    plate = np.zeros_like(mask)
    cv2.ellipse(plate, (100, 160), (40, depth), 0, 0, 360, 255, -1)
    surface[(plate > 0) & (mask < 255)] = color
    return assess_shot(mask=cv2.max(mask, plate), product=surface)


@pytest.mark.parametrize("color", [TAN, GRASS])
def test_ground_kept_at_the_base_is_a_leftover(color):
    assert judge_leftovers(assess_shot()).verdict == PASS
    judged = [judge_leftovers(keep_plate(color, depth)) for depth in (6, 8)]
    assert judged[0].verdict != PASS and judged[0].value < judged[1].value


@pytest.mark.parametrize(("confidence", "verdict"), [(0.95, WARN), (0.4, FAIL)])
def test_leftovers_of_a_trusted_cut_out_are_only_to_be_checked(confidence, verdict):
    shot = keep_plate(TAN)
    shot.circumstances.confidence = confidence
    assert judge_leftovers(shot).verdict == verdict


def test_bright_parts_and_colors_of_the_product_are_no_leftovers():
    for color in (PINK, tuple(draw_product()[110, 100])):
        assert judge_leftovers(keep_plate(color)).verdict == PASS


def test_backdrop_kept_at_a_side_is_a_leftover():
    shot = keep_plate(TAN)
    turned = AssessedPicture(np.rot90(shot.ad).copy(), np.rot90(shot.mask).copy())
    assert judge_leftovers(turned).value == pytest.approx(judge_leftovers(shot).value)


def keep_shadow(alpha, **circumstances):
    mask = draw_mask()
    shadow = np.zeros_like(mask)
    cv2.ellipse(shadow, (110, 158), (60, 12), 0, 0, 360, alpha, -1)
    return assess_shot(mask=cv2.max(mask, shadow), **circumstances)


def test_a_shadow_kept_half_transparent_is_a_leftover():
    assert judge_soft_leftovers(assess_shot()).verdict == PASS
    assert judge_soft_leftovers(keep_shadow(90)).verdict != PASS


def test_transparent_products_may_be_half_transparent():
    assert judge_soft_leftovers(keep_shadow(90, transparent_share=0.3)).verdict == PASS
    glass = np.minimum(draw_mask(), 120)
    assert judge_soft_leftovers(assess_shot(mask=glass)).verdict == PASS
    assert judge_leftovers(assess_shot(mask=glass)).verdict == PASS


@pytest.mark.parametrize("judge", [judge_leftovers, judge_soft_leftovers])
def test_leftovers_need_a_product(judge):
    assert judge(AssessedPicture(draw_ground())).verdict == UNKNOWN
