import numpy as np
import pytest

from services.segmentation.scale import resample_box, shrink_to_side
from tests.support.pictures import assert_image_equal


def draw_coordinates(height: int, width: int) -> np.ndarray:
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
def test_the_longer_side_fits_and_the_shorter_side_keeps_some_pixels(height, width, fitted):
    assert shrink_to_side(np.zeros((height, width), np.uint8), 100).shape == fitted


@pytest.mark.parametrize("size", [(100, 30), (20, 99)])
def test_an_image_that_fits_is_not_changed(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert_image_equal(shrink_to_side(image, 100), image)


def test_shrinking_averages_fine_stripes_to_gray():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (shrink_to_side(stripes, 100) == 100).all()


def test_a_box_with_fractional_edges_is_resampled_exactly():
    large = resample_box(draw_coordinates(20, 30), (4.25, 6.5, 10, 5), 50, 40)
    assert large.shape == (50, 40, 2) and large.dtype == np.float32
    assert np.abs(large - draw_coordinates(50, 40) * (10 / 40, 5 / 50) - (4.25, 6.5)).max() < 0.05


def test_resampled_strips_meet_without_a_seam():
    image = np.random.default_rng(0).normal(0, 1, (20, 30)).astype(np.float32)
    upper = resample_box(image, (0, 0, 30, 7.4), 37, 90)
    lower = resample_box(image, (0, 7.4, 30, 12.6), 63, 90)
    whole = resample_box(image, (0, 0, 30, 20), 100, 90)
    assert np.abs(np.vstack([upper, lower]) - whole).max() < 0.05


def test_pixels_beyond_the_image_repeat_its_edge():
    assert (resample_box(np.full((9, 9), 7, np.float32), (-5, -5, 20, 20), 40, 40) == 7).all()
