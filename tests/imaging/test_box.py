import numpy as np
import pytest

from services.imaging.box import bounds_of, scale_box, take, widen


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_bounds_hold_every_pixel_above_zero_and_no_empty_edge(kind):
    alpha = np.zeros((40, 60), kind)
    alpha[7, 12] = alpha[30, 50] = 1
    assert bounds_of(alpha) == (12, 7, 39, 24)


def test_bounds_of_nothing_have_no_size():
    assert bounds_of(np.zeros((9, 9), bool))[2:] == (0, 0)


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
    assert widen(box, margin, height=50, width=98) == wider


def test_what_is_taken_is_the_box_and_not_a_copy():
    image = np.arange(80).reshape(8, 10)
    taken = take(image, (3, 2, 4, 5))
    assert taken.shape == (5, 4) and taken[0, 0] == image[2, 3] and taken[-1, -1] == image[6, 6]
    assert np.shares_memory(taken, image)
