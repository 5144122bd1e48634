"""Distances from a product and rings around it."""

import numpy as np
import pytest

from services.inpainting.engines.diffusion.ring import measure_distance_outside, select_ring


@pytest.fixture
def mask():
    """Alpha (60, 80) with a soft pixel at the corner of a box."""
    mask = np.zeros((60, 80), np.uint8)
    mask[20:40, 30:50] = 255
    mask[19, 29] = 1
    return mask


def test_distances_are_those_to_the_nearest_product_pixel(mask):
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    nearest = np.full(mask.shape, np.inf)
    for row, column in zip(rows, columns, strict=True):
        nearest = np.minimum(nearest, np.hypot(y - row, x - column))
    # OpenCV's 5 x 5 mask approximates Euclidean distances to about 2 %.
    assert np.abs(measure_distance_outside(mask) - nearest).max() <= 0.03 * nearest.max()
    assert (measure_distance_outside(mask)[mask > 0] == 0).all()


def test_a_ring_excludes_its_inner_and_includes_its_outer_distance(mask):
    ring = select_ring(mask, 2, 5)
    row = ring[30]
    assert np.flatnonzero(row[50:]).tolist() == [2, 3, 4]
    assert not ring[mask > 0].any()
