import numpy as np
import pytest

from services.segmentation.scale import enlarge, fit_within
from tests.support.pictures import assert_image_equal


def places(height: int, width: int) -> np.ndarray:
    """Where each pixel's center is, as x and y in float32 (h, w, 2)."""
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    return np.dstack([x, y])


@pytest.mark.parametrize(
    ("height", "width", "fitted"),
    [
        (400, 200, (100, 50)),
        (200, 400, (50, 100)),
        (3000, 40, (100, 16)),
        (16, 3000, (16, 100)),
        (9, 3000, (9, 100)),
    ],
)
def test_the_longer_side_fits_and_the_shorter_keeps_some_pixels(height, width, fitted):
    assert fit_within(np.zeros((height, width), np.uint8), 100).shape == fitted


@pytest.mark.parametrize("size", [(100, 30), (20, 99)])
def test_what_fits_already_stays_as_it_is(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert_image_equal(fit_within(image, 100), image)


def test_shrinking_averages_so_that_fine_stripes_turn_grey():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (fit_within(stripes, 100) == 100).all()


def test_a_box_that_begins_between_pixels_is_stretched_from_there():
    large = enlarge(places(20, 30), (4.25, 6.5, 10, 5), 50, 40)
    assert large.shape == (50, 40, 2) and large.dtype == np.float32
    assert np.abs(large - places(50, 40) * (10 / 40, 5 / 50) - (4.25, 6.5)).max() < 0.05


def test_strips_meet_without_a_seam():
    image = np.random.default_rng(0).normal(0, 1, (20, 30)).astype(np.float32)
    upper = enlarge(image, (0, 0, 30, 7.4), 37, 90)
    lower = enlarge(image, (0, 7.4, 30, 12.6), 63, 90)
    whole = enlarge(image, (0, 0, 30, 20), 100, 90)
    assert np.abs(np.vstack([upper, lower]) - whole).max() < 0.05


def test_what_lies_beyond_the_image_is_its_edge():
    assert (enlarge(np.full((9, 9), 7, np.float32), (-5, -5, 20, 20), 40, 40) == 7).all()
