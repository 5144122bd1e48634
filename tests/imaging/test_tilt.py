"""Products that would stand upright report their lean; others do not."""

import numpy as np
import pytest

from services.imaging.silhouette import trace_silhouette
from services.imaging.tilt import estimate_tilt
from tests.support.product_drawings import draw_silhouette


def measure(name, turn=0.0):
    return estimate_tilt(trace_silhouette(draw_silhouette(name, turn)))


@pytest.mark.parametrize(
    ("name", "turn"),
    [*(("bottle", turn) for turn in (-24, -12, -5, 5, 12, 24)), ("handbag", -12), ("handbag", 8)],
)
def test_a_lean_is_measured_within_a_degree(name, turn):
    assert measure(name, turn) == pytest.approx(turn, abs=1)


@pytest.mark.parametrize("name", ["bottle", "wine_glass", "handbag", "box", "chair", "teapot"])
def test_an_upright_product_has_no_lean(name):
    assert measure(name) is None


@pytest.mark.parametrize("turn", [-20, -10, 10, 20])
@pytest.mark.parametrize("name", ["shoe", "hairdryer", "teapot"])
def test_products_without_an_axis_have_no_lean(name, turn):
    assert measure(name, turn) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 2)])
def test_tiny_outlines_have_no_lean(size):
    assert estimate_tilt(trace_silhouette(np.full(size, 255, np.uint8))) is None
