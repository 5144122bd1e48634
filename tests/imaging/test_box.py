import numpy as np
import pytest

from services.imaging.box import (
    bounds_of,
    box_message,
    box_of,
    clip_box,
    crop_to,
    overlap_slices,
    scale_box,
    widen_box,
)


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_bounds_hold_every_pixel_above_zero_and_no_empty_edge(kind):
    alpha = np.zeros((40, 60), kind)
    alpha[7, 12] = alpha[30, 50] = 1
    assert bounds_of(alpha) == (12, 7, 39, 24)


def test_bounds_of_nothing_have_no_size():
    assert bounds_of(np.zeros((9, 9), bool)) == (0, 0, 0, 0)


def test_a_box_scales_with_its_picture():
    assert scale_box((10, 20, 30, 40), down=2, across=0.5) == (5, 40, 15, 80)


@pytest.mark.parametrize(
    ("box", "margin", "wider"),
    [
        ((10.6, 20.4, 5.1, 6.2), 0, (10, 20, 6, 7)),
        ((10, 20, 5, 6), 3, (7, 17, 11, 12)),
        ((2, 3, 95, 45), 10, (0, 0, 98, 50)),
    ],
)
def test_widening_rounds_outwards_and_stops_at_the_photo(box, margin, wider):
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
def test_clipping_leaves_what_lies_in_the_picture(box, clipped):
    assert clip_box(box, height=50, width=98) == clipped


def test_a_crop_is_what_lies_in_the_box_and_not_a_copy():
    image = np.arange(80).reshape(8, 10)
    part = crop_to(image, (3, 2, 4, 5))
    assert part.shape == (5, 4) and part[0, 0] == image[2, 3] and part[-1, -1] == image[6, 6]
    assert np.shares_memory(part, image)


@pytest.mark.parametrize("place", [(2, 1), (-3, -2), (7, 6), (30, 0), (0, -30)])
def test_overlapping_parts_show_the_same_place(place):
    canvas, part = np.full((8, 10), -1), np.arange(20).reshape(4, 5)
    inside, own = overlap_slices((*place, 5, 4), *canvas.shape)
    canvas[inside] = part[own]
    for row, column in np.ndindex(part.shape):
        y, x = row + place[1], column + place[0]
        if 0 <= y < 8 and 0 <= x < 10:
            assert canvas[y, x] == part[row, column]
    assert (canvas >= 0).sum() == part[own].size


def test_a_box_goes_out_and_comes_back():
    assert box_of(box_message((1, -2, 3, 4))) == (1, -2, 3, 4)
