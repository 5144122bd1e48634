"""Where in the picture a fault is."""

import cv2
import numpy as np
import pytest

from services.finishing.quality.contact import judge_contact_gap
from services.finishing.quality.contrast import judge_contrast
from services.finishing.quality.leftovers import judge_leftovers, judge_soft_leftovers
from services.finishing.quality.outline import judge_crumbs, judge_roughness, judge_straight_cut
from services.finishing.quality.places import enlarge_box, find_largest_part
from services.imaging.box import crop_to_box, find_bounding_box, widen_box
from services.imaging.mask import OPAQUE_ALPHA
from tests.support.standing_product import draw_standing_product
from tests.support.studio_shots import assess_shot, draw_ground, draw_mask, draw_product

TAN = (205, 180, 140)


def keep_plate():
    """Returns a shot that kept a plate of the table, and where that is: bool (H, W)."""
    mask, surface = draw_mask(), draw_product()
    plate = np.zeros_like(mask)
    cv2.ellipse(plate, (100, 160), (40, 8), 0, 0, 360, OPAQUE_ALPHA, -1)
    fault = (plate > 0) & (mask < OPAQUE_ALPHA)
    surface[fault] = TAN
    return assess_shot(mask=cv2.max(mask, plate), product=surface), fault


def keep_haze():
    mask = draw_mask()
    haze = np.zeros_like(mask)
    cv2.ellipse(haze, (120, 158), (60, 12), 0, 0, 360, 90, -1)
    return assess_shot(mask=cv2.max(mask, haze)), (haze > 0) & (mask == 0)


def cut_side():
    mask = draw_mask()
    x, _, width, _ = find_bounding_box(mask)
    cut = mask.copy()
    cut[:, x + width - 30 :] = 0
    edge = np.zeros(mask.shape, bool)
    edge[:, x + width - 31] = cut[:, x + width - 31] > 0
    return assess_shot(mask=cut), edge


def add_speck():
    mask = draw_mask()
    fault = np.zeros(mask.shape, bool)
    fault[20:24, 20:24] = True
    return assess_shot(mask=np.where(fault, OPAQUE_ALPHA, mask).astype(np.uint8)), fault


def nibble():
    """Returns a shot with bites in half of its outline, and where these are: bool (H, W)."""
    bites = np.zeros_like(draw_mask())
    for angle in np.radians(np.arange(0, 180, 9)):
        center = round(100 + 50 * np.cos(angle)), round(110 + 50 * np.sin(angle))
        cv2.circle(bites, center, 4, 1, -1)
    bitten = np.where(bites > 0, 0, draw_mask())
    return assess_shot(mask=bitten.astype(np.uint8)), bites > 0


FAULTS = [
    (judge_leftovers, keep_plate),
    (judge_soft_leftovers, keep_haze),
    (judge_straight_cut, cut_side),
    (judge_crumbs, add_speck),
]


@pytest.mark.parametrize(("judge", "draw"), FAULTS)
def test_a_fault_is_shown_where_it_is(judge, draw):
    picture, fault = draw()
    box = judge(picture).box
    inside = crop_to_box(fault, widen_box(box, 2, *fault.shape))
    assert np.count_nonzero(inside) > 0.3 * np.count_nonzero(fault)
    # Much less than the product is marked.
    assert box[2] * box[3] < 0.3 * np.count_nonzero(picture.mask)


@pytest.mark.parametrize(("judge", "draw"), FAULTS)
def test_what_passes_has_no_place(judge, draw):
    assert judge(assess_shot()).box is None


def test_a_ragged_outline_is_shown_where_it_is_most_ragged():
    picture, fault = nibble()
    box = judge_roughness(picture).box
    assert crop_to_box(fault, box).any() and box[1] > 100


def test_a_product_that_floats_is_shown_at_its_foot():
    picture = draw_standing_product(lift=5)
    x, y, width, height = judge_contact_gap(picture).box
    left, top, across, down = find_bounding_box(picture.mask)
    assert left <= x and x + width <= left + across + 1
    assert top + down * 0.8 < y < top + down < y + height


def test_an_edge_that_vanishes_is_shown():
    """The left half of the product has the color of the ground."""
    mask, ground, surface = draw_mask(), draw_ground(), draw_product()
    surface[:, :100] = ground[:, :100]
    x, _, width, _ = judge_contrast(assess_shot(mask=mask, product=surface)).box
    left, _, across, _ = find_bounding_box(mask)
    assert x < left + 10 and x + width < left + 0.75 * across


def test_the_largest_part_of_a_reduced_area_is_enlarged_to_the_picture():
    area = np.zeros((10, 20), bool)
    area[2:4, 5:10] = area[8, 0] = True
    assert find_largest_part(area) == (5, 2, 5, 2)
    assert enlarge_box((5, 2, 5, 2), area.shape, (100, 50, 40, 30)) == (110, 56, 10, 6)
    assert find_largest_part(~area & area)[2:] == (0, 0)
