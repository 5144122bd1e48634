"""Boxes: bounding, scaling, widening, clipping, cropping and overlap."""

import numpy as np
import pytest

from services.imaging.box import (
    box_from_message,
    box_to_message,
    clip_box,
    crop_to_box,
    find_bounding_box,
    find_overlap,
    scale_box,
    widen_box,
)


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_a_bounding_box_is_the_smallest_around_all_pixels(kind):
    alpha = np.zeros((40, 60), kind)
    alpha[7, 12] = alpha[30, 50] = 1
    assert find_bounding_box(alpha) == (12, 7, 39, 24)


def test_the_bounding_box_of_an_empty_mask_is_empty():
    assert find_bounding_box(np.zeros((9, 9), bool)) == (0, 0, 0, 0)


def test_a_box_scales_with_its_image():
    assert scale_box((10, 20, 30, 40), down=2, across=0.5) == (5, 40, 15, 80)


@pytest.mark.parametrize(
    ("box", "margin", "wider"),
    [
        ((10.6, 20.4, 5.1, 6.2), 0, (10, 20, 6, 7)),
        ((10, 20, 5, 6), 3, (7, 17, 11, 12)),
        ((2, 3, 95, 45), 10, (0, 0, 98, 50)),
    ],
)
def test_widening_rounds_outwards_and_stops_at_the_edges(box, margin, wider):
    assert widen_box(box, margin, height=50, width=98) == wider


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        ((10, 20, 5, 6), (10, 20, 5, 6)),
        ((-4, -3, 200, 10), (0, 0, 98, 7)),
        ((90, 40, 20, 20), (90, 40, 8, 10)),
        ((98, 10, 5, 5), (98, 10, 0, 5)),
        ((10, -9, 5, 5), (10, 0, 5, 0)),
    ],
)
def test_clipping_leaves_the_part_inside_the_image(box, clipped):
    assert clip_box(box, height=50, width=98) == clipped


def test_a_crop_is_a_view_of_the_box():
    image = np.arange(80).reshape(8, 10)
    part = crop_to_box(image, (3, 2, 4, 5))
    assert part.shape == (5, 4) and part[0, 0] == image[2, 3] and part[-1, -1] == image[6, 6]
    assert np.shares_memory(part, image)


@pytest.mark.parametrize("place", [(2, 1), (-3, -2), (7, 6), (30, 0), (0, -30)])
def test_overlapping_slices_select_the_same_pixels(place):
    canvas, part = np.full((8, 10), -1), np.arange(20).reshape(4, 5)
    inside, own = find_overlap((*place, 5, 4), *canvas.shape)
    canvas[inside] = part[own]
    for row, column in np.ndindex(part.shape):
        y, x = row + place[1], column + place[0]
        if 0 <= y < 8 and 0 <= x < 10:
            assert canvas[y, x] == part[row, column]
    assert (canvas >= 0).sum() == part[own].size


def test_a_box_survives_a_round_trip_through_its_message():
    assert box_from_message(box_to_message((1, -2, 3, 4))) == (1, -2, 3, 4)
