import cv2
import numpy as np
import pytest

from services.segmentation.morphology import dilate_mask
from services.segmentation.outlines import trace_outlines
from tests.support.drawings import SIZE, draw_box, draw_disc

PRODUCT = draw_disc(120, 100, 60)
RIM = (PRODUCT > 0) & (PRODUCT < 1)


def draw_lightness(difference: np.ndarray, noise: float) -> np.ndarray:
    """A background of 90 Lab units with something on it that differs, float32 (h, w)."""
    grain = np.random.default_rng(0).normal(0, noise, difference.shape)
    return (90 + difference + grain).astype(np.float32)


def trace_difference(difference: np.ndarray, noise: float = 0.6) -> np.ndarray:
    return trace_outlines(draw_lightness(difference, noise), difference == 0)


def measure_traced_share(outlines: np.ndarray) -> float:
    """The share of the product's rim that lies on or next to a traced pixel."""
    return float(dilate_mask(outlines, 2)[RIM].mean())


@pytest.mark.parametrize(("step", "noise"), [(-40, 0.6), (-4, 0.6), (4, 0.6), (2, 0.3)])
def test_a_sharp_outline_and_nothing_else_is_traced(step, noise):
    outlines = trace_difference(step * PRODUCT, noise)
    assert outlines.dtype == bool and outlines.shape == SIZE
    assert measure_traced_share(outlines) > 0.98
    assert not (outlines & ~dilate_mask(RIM, 4)).any()


@pytest.mark.parametrize("noise", [0, 0.3, 2])
def test_noise_has_almost_no_outlines(noise):
    assert trace_difference(0 * PRODUCT, noise).mean() < 0.002


@pytest.mark.parametrize(("step", "blur"), [(-60, 5), (-60, 6), (-30, 14)])
def test_the_soft_edge_of_a_shadow_is_not_traced(step, blur):
    assert (
        measure_traced_share(trace_difference(step * cv2.GaussianBlur(PRODUCT, (0, 0), blur), 0.3))
        < 0.1
    )


def test_a_faint_line_is_traced_only_if_it_continues_a_clear_one():
    faint, clear = -1 * draw_box(60, 100, 180, 102), -6 * draw_box(60, 100, 110, 102)
    assert not trace_difference(faint).any()
    traced = trace_difference(np.minimum(faint, clear))[98:104].any(axis=0)
    assert traced[65:105].all() and traced[130:170].mean() > 0.7


def test_the_border_of_the_photo_is_not_traced():
    outlines = trace_difference(-40 * (1 - draw_box(3, 3, 237, 197)))
    assert not (outlines & (draw_box(5, 5, 235, 195) == 0)).any()


def test_a_clear_outline_is_traced_without_known_background():
    image = draw_lightness(-40 * PRODUCT, 0.6)
    assert measure_traced_share(trace_outlines(image, np.zeros(SIZE, bool))) > 0.9
    assert (image == draw_lightness(-40 * PRODUCT, 0.6)).all()
