"""Window means against sums over plain slices."""

import cv2
import numpy as np
import pytest

from services.imaging.windows import average_weighted_windows, average_windows
from tests.support.pictures import assert_image_equal


def average_slowly(values: np.ndarray, radius: int, mode: str = "reflect") -> np.ndarray:
    """Returns the mean around each pixel, one window at a time: float64 of the same shape."""
    edges = ((radius, radius), (radius, radius)) + ((0, 0),) * (values.ndim - 2)
    padded = np.pad(values.astype(np.float64), edges, mode)
    means = np.empty(values.shape)
    for row, column in np.ndindex(values.shape[:2]):
        window = padded[row : row + 2 * radius + 1, column : column + 2 * radius + 1]
        means[row, column] = window.mean(axis=(0, 1))
    return means


@pytest.mark.parametrize("radius", [0, 1, 3, 8])
@pytest.mark.parametrize("shape", [(24, 31), (24, 31, 3)])
def test_each_pixel_becomes_the_mean_of_its_window(radius, shape):
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    means = average_windows(values, radius)
    assert means.dtype == np.float32 and means.shape == shape
    assert np.abs(means - average_slowly(values, radius)).max() < 1e-5


def test_the_border_is_a_choice():
    values = np.random.default_rng(1).random((12, 15)).astype(np.float32)
    means = average_windows(values, 2, cv2.BORDER_REFLECT)
    assert np.abs(means - average_slowly(values, 2, "symmetric")).max() < 1e-5
    assert np.abs(means - average_windows(values, 2)).max() > 1e-3


@pytest.mark.parametrize("radius", [1, 4])
def test_weighted_windows_are_means_of_the_products_and_of_the_weights(radius):
    random = np.random.default_rng(2)
    colors = random.random((20, 25, 3)).astype(np.float32)
    weight = random.random((20, 25)).astype(np.float32)
    total, share = average_weighted_windows(colors, weight, radius)
    assert total.dtype == share.dtype == np.float32
    assert np.abs(total - average_slowly(colors * weight[..., None], radius)).max() < 1e-5
    assert np.abs(share - average_slowly(weight, radius)).max() < 1e-5


def test_the_quotient_of_weighted_windows_ignores_pixels_of_weight_0():
    colors = np.random.default_rng(1).random((40, 50, 3)).astype(np.float32)
    weight = np.zeros((40, 50), np.float32)
    weight[:, 30:] = 1
    total, share = average_weighted_windows(colors, weight, 4)
    assert share[20, 30] == pytest.approx(5 / 9)
    mean = colors[16:25, 30:35].reshape(-1, 3).mean(axis=0)
    assert total[20, 30] / share[20, 30] == pytest.approx(mean, abs=1e-5)
    assert share[20, 10] == 0 and (total[20, 10] == 0).all()


def test_the_arguments_stay_unchanged():
    colors, weight = np.ones((9, 9, 3), np.float32), np.full((9, 9), 0.5, np.float32)
    average_weighted_windows(colors, weight, 2)
    assert_image_equal(colors, np.ones((9, 9, 3), np.float32))
    assert_image_equal(weight, np.full((9, 9), 0.5, np.float32))
