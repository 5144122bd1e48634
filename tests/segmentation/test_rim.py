"""The rim: pixels that mix product and background turn soft, and all others stay."""

import cv2
import numpy as np
import pytest

from services.segmentation.rim import soften_rim

PRODUCT, GROUND = (40, 44, 52), (235, 236, 230)


def photograph_disc(product=PRODUCT, ground=GROUND):
    """A disc whose edge is spread over two pixels: RGB (160, 160, 3), and its true alpha."""
    true = np.zeros((160, 160), np.float32)
    cv2.circle(true, (80, 80), 50, 1, -1, cv2.LINE_AA)
    true = cv2.GaussianBlur(true, (0, 0), 0.9)
    photo = true[..., None] * np.float32(product) + (1 - true[..., None]) * np.float32(ground)
    return np.rint(photo).astype(np.uint8), true


def cut_too_wide(true):
    """Alpha whose edge lies a pixel outside of the true one: float32 (160, 160)."""
    return (cv2.dilate(true, np.ones((3, 3), np.uint8)) > 0.5).astype(np.float32)


@pytest.mark.parametrize(
    ("product", "ground"), [(PRODUCT, GROUND), (GROUND, PRODUCT), ((200, 60, 40), (20, 90, 80))]
)
def test_a_rim_of_the_background_turns_as_soft_as_it_is(product, ground):
    photo, true = photograph_disc(product, ground)
    alpha = cut_too_wide(true)
    softened = soften_rim(photo, alpha)
    rim = (alpha == 1) & (true < 0.9) & (true > 0.3)
    assert rim.sum() > 200
    assert np.abs(softened - true)[rim].mean() < 0.12 < np.abs(alpha - true)[rim].mean()
    assert (softened <= alpha).all()


def test_what_is_inside_and_outside_stays():
    photo, true = photograph_disc()
    alpha = cut_too_wide(true)
    softened = soften_rim(photo, alpha)
    inside = cv2.erode(alpha, np.ones((9, 9), np.uint8)) > 0
    assert (softened[inside] == 1).all() and (softened[alpha == 0] == 0).all()


def test_an_edge_of_a_color_of_its_own_stays():
    photo, true = photograph_disc()
    cv2.circle(photo, (80, 80), 49, (230, 30, 30), 3)
    alpha = (true > 0.5).astype(np.float32)
    assert np.mean(soften_rim(photo, alpha)[alpha > 0] > 0.95) > 0.97


def test_a_product_like_its_background_stays():
    photo, true = photograph_disc((220, 220, 215), GROUND)
    alpha = cut_too_wide(true)
    np.testing.assert_array_equal(soften_rim(photo, alpha), alpha)
