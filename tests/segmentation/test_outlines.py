import cv2
import numpy as np
import pytest

from services.segmentation.morphology import grow
from services.segmentation.outlines import trace_outlines
from tests.support.drawings import SIZE, block, disc

PRODUCT = disc(120, 100, 60)
RIM = (PRODUCT > 0) & (PRODUCT < 1)


def lightness(difference: np.ndarray, noise: float) -> np.ndarray:
    """A backdrop of 90 Lab units with something on it that differs, float32 (h, w)."""
    grain = np.random.default_rng(0).normal(0, noise, difference.shape)
    return (90 + difference + grain).astype(np.float32)


def trace(difference: np.ndarray, noise: float = 0.6) -> np.ndarray:
    return trace_outlines(lightness(difference, noise), difference == 0)


def share_found(outlines: np.ndarray) -> float:
    """How much of the product's rim lies on or beside a traced pixel."""
    return float(grow(outlines, 2)[RIM].mean())


@pytest.mark.parametrize(("step", "noise"), [(-40, 0.6), (-4, 0.6), (4, 0.6), (2, 0.3)])
def test_a_sharp_outline_is_traced_all_around_and_nothing_else(step, noise):
    outlines = trace(step * PRODUCT, noise)
    assert outlines.dtype == bool and outlines.shape == SIZE
    assert share_found(outlines) > 0.98
    assert not (outlines & ~grow(RIM, 4)).any()


@pytest.mark.parametrize("noise", [0, 0.3, 2])
def test_noise_alone_has_next_to_no_outlines(noise):
    assert trace(0 * PRODUCT, noise).mean() < 0.002


@pytest.mark.parametrize(("step", "blur"), [(-60, 5), (-60, 6), (-30, 14)])
def test_the_wide_edge_of_a_shadow_is_no_outline(step, blur):
    assert share_found(trace(step * cv2.GaussianBlur(PRODUCT, (0, 0), blur), 0.3)) < 0.1


def test_a_line_as_faint_as_noise_counts_only_where_it_goes_on_from_a_clear_one():
    faint, clear = -1 * block(60, 100, 180, 102), -6 * block(60, 100, 110, 102)
    assert not trace(faint).any()
    followed = trace(np.minimum(faint, clear))[98:104].any(axis=0)
    assert followed[65:105].all() and followed[130:170].mean() > 0.7


def test_the_frame_of_the_photo_is_no_outline():
    outlines = trace(-40 * (1 - block(3, 3, 237, 197)))
    assert not (outlines & (block(5, 5, 235, 195) == 0)).any()


def test_without_a_quiet_place_a_clear_outline_is_still_traced():
    picture = lightness(-40 * PRODUCT, 0.6)
    assert share_found(trace_outlines(picture, np.zeros(SIZE, bool))) > 0.9
    assert (picture == lightness(-40 * PRODUCT, 0.6)).all()
