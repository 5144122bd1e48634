"""Nibbled outlines, crumbs and straight cuts."""

import cv2
import numpy as np
import pytest

from cyclorama.v1 import image_pb2
from services.finishing.quality.measurement import PASS, UNKNOWN
from services.finishing.quality.outline import judge_crumbs, judge_roughness, judge_straight_cut
from services.finishing.quality.picture import AssessedPicture
from tests.support.studio_shots import SIDE, assess_shot, draw_ground, draw_mask


def nibble(mask, depth):
    """Returns a mask with a ragged edge, bites up to `depth` pixels deep; uint8 (SIDE, SIDE)."""
    bitten = mask.copy()
    for angle in np.arange(0, 360, 9):
        x, y = 100 + 50 * np.cos(np.radians(angle)), 110 + 50 * np.sin(np.radians(angle))
        cv2.circle(bitten, (round(x), round(y)), depth, 0, -1)
    return bitten


def test_a_nibbled_outline_is_rough():
    assert judge_roughness(assess_shot()).verdict == PASS
    for depth in (2, 4):
        assert judge_roughness(assess_shot(mask=nibble(draw_mask(), depth))).verdict != PASS


def test_a_corner_is_not_rough():
    box = np.zeros((SIDE, SIDE), np.uint8)
    box[60:150, 60:140] = 255
    assert judge_roughness(assess_shot(mask=box)).verdict == PASS


def test_crumbs_and_pinholes_are_counted_but_parts_and_openings_are_not():
    clean = draw_mask(90, 110, 40)
    cv2.circle(clean, (170, 110), 15, 255, -1)
    cv2.circle(clean, (90, 110), 15, 0, -1)
    assert judge_crumbs(assess_shot(mask=clean)).value == 0
    crumbs = clean.copy()
    crumbs[20:24, 20:24], crumbs[95, 65] = 255, 0
    assert judge_crumbs(assess_shot(mask=crumbs)).verdict != PASS


@pytest.mark.parametrize("turns", range(4))
def test_a_product_cut_off_by_a_straight_line_fails(turns):
    cut = draw_mask(100, 100, 50)
    cut[135:] = 0
    assert judge_straight_cut(assess_shot(mask=np.rot90(cut, turns))).verdict != PASS


def test_round_products_and_boxes_are_not_cut():
    box = np.zeros((SIDE, SIDE), np.uint8)
    box[60:150, 60:140] = 255
    for mask in (draw_mask(), box):
        assert judge_straight_cut(assess_shot(mask=mask)).verdict == PASS


def test_a_side_that_the_photo_cuts_off_is_left_to_its_own_measurement():
    cut = draw_mask(100, 100, 50)
    cut[135:] = 0
    shot = assess_shot(mask=cut, cut_sides=[image_pb2.SIDE_BOTTOM])
    assert judge_straight_cut(shot).verdict == PASS


@pytest.mark.parametrize("judge", [judge_roughness, judge_crumbs, judge_straight_cut])
def test_an_outline_needs_a_product(judge):
    assert judge(AssessedPicture(draw_ground())).verdict == UNKNOWN


def test_a_tiny_product_is_not_judged():
    assert judge_roughness(assess_shot(mask=draw_mask(100, 100, 5))).value is None
