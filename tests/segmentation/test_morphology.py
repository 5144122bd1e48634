import numpy as np
import pytest

from services.segmentation.morphology import at_frame, flood, grow, label, open_up, shrink
from tests.support.pictures import assert_image_equal

BLOCK = np.s_[20:40, 30:60]


def filled(*boxes: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    for box in boxes:
        mask[box] = True
    return mask


def test_a_pixel_grows_to_a_disc_of_that_radius():
    y, x = np.nonzero(grow(filled(np.s_[30:31, 40:41]), 6))
    assert (y.min(), y.max(), x.min(), x.max()) == (24, 36, 34, 46)
    assert np.hypot(y - 30, x - 40).max() <= 6.7 and len(y) > 120


def test_shrinking_takes_the_radius_off_every_side_but_those_at_the_frame():
    assert_image_equal(shrink(filled(BLOCK), 4), filled(np.s_[24:36, 34:56]))
    assert_image_equal(shrink(filled(np.s_[:20, :30]), 4), filled(np.s_[:16, :26]))


def test_opening_drops_thin_lines_and_keeps_the_block_they_hang_from():
    opened = open_up(filled(BLOCK, np.s_[29:32, 5:30]), 3)
    assert not opened[:, :29].any() and opened[22:38, 32:58].all()


@pytest.mark.parametrize(("gap", "passes"), [(0, False), (6, False), (7, True), (12, True)])
def test_a_ball_passes_only_through_gaps_as_wide_as_itself(gap, passes):
    wall = filled(np.s_[10:50, 20:60]) & ~filled(np.s_[12:48, 22:58])
    wall[25 : 25 + gap, 20:22] = False
    reached = flood(~wall, 3)
    assert reached[0].all() and reached[:, 0].all() and not (reached & wall).any()
    assert reached[30, 40] == passes


def test_a_wall_from_edge_to_edge_keeps_the_ball_out_of_neither_side():
    wall = filled(np.s_[:, 40:42])
    assert_image_equal(flood(~wall, 3), ~wall)


def test_parts_are_numbered_with_their_areas_and_the_rest_counts_as_none():
    labels, areas = label(filled(BLOCK, np.s_[:5, :5]))
    assert sorted(areas) == [0, 25, 600] and areas[labels[50, 70]] == 0
    assert areas[labels[30, 40]] == 600 and areas[labels[2, 2]] == 25


@pytest.mark.parametrize(
    "edge", [np.s_[:1, 9:12], np.s_[-1:, 9:12], np.s_[9:12, :1], np.s_[9:12, -1:]]
)
def test_every_edge_of_the_photo_counts_as_its_frame(edge):
    labels, areas = label(filled(BLOCK, edge))
    reached = at_frame(labels, len(areas))
    assert reached[labels[edge]].all() and not reached[labels[BLOCK]].any()


@pytest.mark.parametrize("change", [grow, shrink, open_up, flood])
def test_the_mask_handed_in_stays_and_the_answer_is_one_too(change):
    mask = filled(BLOCK)
    assert change(mask, 2).dtype == bool
    assert_image_equal(mask, filled(BLOCK))
