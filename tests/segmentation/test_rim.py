"""The rim: pixels that mix product and background lose its color, and all others stay."""

import cv2
import numpy as np
import pytest

from services.segmentation.rim import clean_rim

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


def measure_rim(colors, true, alpha, product):
    """Returns the mean distance in levels of a rim's colors from the product's."""
    rim = (alpha == 1) & (true < 0.9) & (true > 0.3)
    assert rim.sum() > 200
    return np.linalg.norm(colors[rim].astype(float) - product, axis=-1).mean()


def cut_out(photo, alpha):
    return np.dstack([photo, np.rint(255 * alpha).astype(np.uint8)])


@pytest.mark.parametrize(
    ("product", "ground"), [(PRODUCT, GROUND), (GROUND, PRODUCT), ((200, 60, 40), (20, 90, 80))]
)
def test_a_rim_loses_the_color_of_the_background_and_is_no_longer_opaque(product, ground):
    photo, true = photograph_disc(product, ground)
    alpha = cut_too_wide(true)
    cutout = cut_out(photo, alpha)
    before = cutout.copy()
    cleaned = clean_rim(photo, cutout)
    left = measure_rim(cleaned[..., :3], true, alpha, product)
    assert left < 0.35 * measure_rim(photo, true, alpha, product)
    changed = (cleaned[..., :3] != photo).any(axis=2)
    assert changed.sum() > 200 and (cleaned[changed][:, 3] < 255).all()
    assert np.abs(cleaned[..., 3].astype(int) - cutout[..., 3]).max() <= 1
    np.testing.assert_array_equal(cutout, before)


def test_what_is_inside_and_outside_stays():
    photo, true = photograph_disc()
    alpha = cut_too_wide(true)
    cutout = cut_out(photo, alpha)
    cleaned = clean_rim(photo, cutout)
    stays = (cv2.erode(alpha, np.ones((9, 9), np.uint8)) > 0) | (alpha == 0)
    np.testing.assert_array_equal(cleaned[stays], cutout[stays])


def test_an_edge_of_a_color_of_its_own_stays():
    photo, true = photograph_disc()
    cv2.circle(photo, (80, 80), 49, (230, 30, 30), 3)
    cutout = cut_out(photo, (true > 0.5).astype(np.float32))
    cleaned = clean_rim(photo, cutout)
    assert (cleaned != cutout).any(axis=2)[cutout[..., 3] > 0].mean() < 0.03


def test_a_product_like_its_background_stays():
    photo, true = photograph_disc((220, 220, 215), GROUND)
    cutout = cut_out(photo, cut_too_wide(true))
    np.testing.assert_array_equal(clean_rim(photo, cutout), cutout)
