"""Bounced light against its definition: the product's hue, strongest at the line of contact."""

import numpy as np
import pytest

from services.inpainting.engines.grounding.bounce import (
    BOUNCE_REACH,
    BOUNCE_STRENGTH,
    MAX_CHANNEL_RATIO,
    compute_bounce_factors,
)
from services.inpainting.engines.grounding.contour import LowerContour

SIDE, BASE, EXTENT = 200, 119, 80.0
ORANGE = (150, 100, 80)


def compute_factors(color, touching=slice(60, 140)):
    """The factors around a block of one color on a gray floor."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40 : BASE + 1, 60:140] = 255
    picture = np.full((SIDE, SIDE, 3), 180, np.uint8)
    picture[mask > 0] = color
    weight = np.zeros(SIDE, np.float32)
    weight[touching] = 1
    lowest = np.where(mask.any(axis=0), BASE, -1)
    return compute_bounce_factors(picture, mask, LowerContour(lowest, weight, BASE), EXTENT)


def test_the_tint_at_the_contact_is_that_of_the_product():
    factors = compute_factors(ORANGE)
    assert factors.shape == (SIDE, SIDE, 3) and factors.dtype == np.float32
    expected = 1 + BOUNCE_STRENGTH * (np.array(ORANGE) / np.mean(ORANGE) - 1)
    assert factors[BASE + 1, 100] == pytest.approx(expected, abs=0.02)


def test_the_tint_does_not_change_how_light_the_ground_is():
    # Half a percent is about one level of white.
    assert np.abs(compute_factors(ORANGE).mean(axis=2) - 1).max() < 0.005


def test_a_gray_product_does_not_tint():
    assert np.abs(compute_factors((90, 90, 90)) - 1).max() < 0.005


def test_the_tint_decays_with_the_distance_from_the_contact():
    red, reach = compute_factors(ORANGE)[BASE + 2 :, 100, 0] - 1, round(BOUNCE_REACH * EXTENT)
    assert (np.diff(red[: 2 * reach]) <= 1e-4).all()
    assert red[reach] == pytest.approx(red[0] / np.e, rel=0.15)
    assert np.abs(red[4 * reach :]).max() < 0.005


def test_saturated_products_are_limited():
    factors = compute_factors((255, 0, 0))
    assert factors.max() <= 1 + BOUNCE_STRENGTH * (MAX_CHANNEL_RATIO - 1) + 1e-4
    assert factors.min() >= 1 - BOUNCE_STRENGTH - 1e-4


def test_a_symmetric_product_tints_symmetrically():
    factors = compute_factors(ORANGE)
    assert np.abs(factors - factors[:, ::-1]).max() < 0.01


def test_a_product_that_touches_nowhere_does_not_tint():
    assert np.abs(compute_factors(ORANGE, touching=slice(0, 0)) - 1).max() < 1e-6
