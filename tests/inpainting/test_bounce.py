"""Bounced light against its definition: one hue of the product, strongest at its base."""

import numpy as np
import pytest

from services.inpainting.engines.grounding.bounce import (
    BOUNCE_REACH,
    BOUNCE_STRENGTH,
    MAX_CHANNEL_RATIO,
    compute_bounce_weight,
    measure_bounce_tint,
)

SIDE, BASE, EXTENT = 200, 119, 80.0
ORANGE = (150, 100, 80)


def measure_tint(lower, upper=(0, 0, 255)):
    """The tint of a block on a gray floor whose upper half has another color."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40 : BASE + 1, 60:140] = 255
    picture = np.full((SIDE, SIDE, 3), 180, np.uint8)
    picture[40:80, 60:140] = upper
    picture[80 : BASE + 1, 60:140] = lower
    return measure_bounce_tint(picture, mask, BASE, 80)


def test_the_tint_is_that_of_the_products_lower_half():
    ratios = np.array(ORANGE) / np.mean(ORANGE)
    assert measure_tint(ORANGE) == pytest.approx(ratios - ratios.max(), abs=1e-3)


def test_a_gray_or_black_product_does_not_tint_its_ground():
    assert np.abs(measure_tint((90, 90, 90))).max() < 1e-3
    assert np.isfinite(measure_tint((0, 0, 0))).all()


def test_saturated_products_are_limited():
    assert measure_tint((255, 0, 0)).min() == pytest.approx(-MAX_CHANNEL_RATIO)


def test_the_weight_falls_from_the_edge_of_the_base_on():
    area = np.zeros((SIDE, SIDE), np.float32)
    area[:, :100] = 1
    weight = compute_bounce_weight(area, EXTENT)[100, 100:]
    assert weight[0] == pytest.approx(BOUNCE_STRENGTH, rel=0.1)
    assert (np.diff(weight) <= 1e-5).all()
    # A Gaussian leaves 0.159 of a half plane one sigma outside its edge.
    assert weight[round(BOUNCE_REACH * EXTENT)] == pytest.approx(
        2 * 0.159 * BOUNCE_STRENGTH, rel=0.2
    )
