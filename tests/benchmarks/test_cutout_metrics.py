import math

import numpy as np
import pytest

from benchmarks.cutout_metrics import (
    find_contact_zone,
    measure_auc,
    measure_boundary_f,
    measure_iou,
    score_cutout,
)


def draw_box(top: int, bottom: int, left: int = 40, right: int = 140) -> np.ndarray:
    """Returns a mask of 200 by 200 pixels with one box."""
    mask = np.zeros((200, 200), bool)
    mask[top:bottom, left:right] = True
    return mask


TRUTH = draw_box(50, 150)
EMPTY = np.zeros_like(TRUTH)


def test_a_perfect_cutout_scores_1_everywhere():
    score = score_cutout(TRUTH, TRUTH)
    assert (score.iou, score.boundary, score.contact) == (1, 1, 1) and score.usable


def test_iou_is_the_common_share():
    assert measure_iou(draw_box(50, 100), TRUTH) == 0.5
    assert measure_iou(EMPTY, EMPTY) == 1 and measure_iou(EMPTY, TRUTH) == 0


@pytest.mark.parametrize(("shift", "low", "high"), [(2, 1, 1), (3, 0.4, 0.6)])
def test_contours_match_within_2_pixels(shift, low, high):
    shifted = draw_box(50 + shift, 150 + shift)
    assert low <= measure_boundary_f(shifted, TRUTH) <= high


def test_an_empty_mask_has_no_matching_contour():
    assert measure_boundary_f(EMPTY, TRUTH) == 0 and measure_boundary_f(EMPTY, EMPTY) == 1


def test_the_contact_zone_surrounds_the_lowest_tenth():
    zone = find_contact_zone(TRUTH)
    assert np.array_equal(zone, draw_box(140, 152, 38, 142))


def test_the_contact_zone_stays_within_the_photo():
    assert np.array_equal(find_contact_zone(draw_box(0, 200, 0, 200)), draw_box(180, 200, 0, 200))


def test_a_lost_base_makes_a_cutout_unusable():
    score = score_cutout(draw_box(50, 147), TRUTH)
    assert score.iou > 0.9 and score.contact < 0.8 and not score.usable


def test_a_kept_shadow_makes_a_cutout_unusable():
    bottle, shadow = draw_box(50, 150, 80, 110), draw_box(147, 153, 74, 116)
    score = score_cutout(bottle | shadow, bottle)
    assert score.iou > 0.9 and score.contact < 0.8 and not score.usable


@pytest.mark.parametrize(
    ("values", "auc"),
    [([1, 2, 3, 4], 1), ([4, 3, 2, 1], 0), ([1, 1, 1, 1], 0.5), ([1, 3, 2, 4], 0.75)],
)
def test_auc_is_the_chance_of_the_right_order(values, auc):
    assert measure_auc(values, [False, False, True, True]) == auc


def test_auc_needs_both_labels():
    assert math.isnan(measure_auc([0.1, 0.2], [True, True]))
