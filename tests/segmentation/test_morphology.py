import numpy as np
import pytest

from services.segmentation.morphology import (
    dilate_mask,
    erode_mask,
    fill_holes,
    find_labels_at_edge,
    flood_from_outside,
    label_components,
    open_mask,
)
from tests.support.pictures import assert_image_equal

BLOCK = np.s_[20:40, 30:60]


def fill_boxes(*boxes: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    for box in boxes:
        mask[box] = True
    return mask


def test_dilation_turns_a_pixel_into_a_disc():
    y, x = np.nonzero(dilate_mask(fill_boxes(np.s_[30:31, 40:41]), 6))
    assert (y.min(), y.max(), x.min(), x.max()) == (24, 36, 34, 46)
    assert np.hypot(y - 30, x - 40).max() <= 6.7 and len(y) > 120


def test_erosion_spares_the_sides_at_the_images_edge():
    assert_image_equal(erode_mask(fill_boxes(BLOCK), 4), fill_boxes(np.s_[24:36, 34:56]))
    assert_image_equal(erode_mask(fill_boxes(np.s_[:20, :30]), 4), fill_boxes(np.s_[:16, :26]))


def test_opening_removes_thin_lines_and_keeps_the_block_next_to_them():
    opened = open_mask(fill_boxes(BLOCK, np.s_[29:32, 5:30]), 3)
    assert not opened[:, :29].any() and opened[22:38, 32:58].all()


@pytest.mark.parametrize(("gap", "passes"), [(0, False), (6, False), (7, True), (12, True)])
def test_a_ball_passes_only_through_gaps_as_wide_as_itself(gap, passes):
    wall = fill_boxes(np.s_[10:50, 20:60]) & ~fill_boxes(np.s_[12:48, 22:58])
    wall[25 : 25 + gap, 20:22] = False
    reached = flood_from_outside(~wall, 3)
    assert reached[0].all() and reached[:, 0].all() and not (reached & wall).any()
    assert reached[30, 40] == passes


def test_a_wall_from_edge_to_edge_is_flooded_from_both_sides():
    wall = fill_boxes(np.s_[:, 40:42])
    assert_image_equal(flood_from_outside(~wall, 3), ~wall)


def test_components_are_labeled_with_their_areas_and_the_outside_has_none():
    labels, areas = label_components(fill_boxes(BLOCK, np.s_[:5, :5]))
    assert sorted(areas) == [0, 25, 600] and areas[labels[50, 70]] == 0
    assert areas[labels[30, 40]] == 600 and areas[labels[2, 2]] == 25


@pytest.mark.parametrize(
    "edge", [np.s_[:1, 9:12], np.s_[-1:, 9:12], np.s_[9:12, :1], np.s_[9:12, -1:]]
)
def test_labels_at_each_of_the_four_edges_are_found(edge):
    labels, areas = label_components(fill_boxes(BLOCK, edge))
    at_edge = find_labels_at_edge(labels, len(areas))
    assert at_edge[labels[edge]].all() and not at_edge[labels[BLOCK]].any()


@pytest.mark.parametrize("change", [dilate_mask, erode_mask, open_mask, flood_from_outside])
def test_functions_return_a_new_bool_mask(change):
    mask = fill_boxes(BLOCK)
    assert change(mask, 2).dtype == bool
    assert_image_equal(mask, fill_boxes(BLOCK))


def test_holes_are_filled_but_not_bays_of_the_images_edge():
    mask = np.zeros((20, 30), bool)
    mask[4:16, 4:16] = True
    mask[8:12, 8:12] = False
    mask[0:20, 20:26] = True
    mask[9:11, 22:30] = False
    filled = fill_holes(mask)
    assert filled[4:16, 4:16].all()
    assert np.array_equal(filled[:, 20:], mask[:, 20:])
