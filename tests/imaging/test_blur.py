"""Quick wide blurs beside the full Gaussian that they stand for."""

import cv2
import numpy as np
import pytest

from services.imaging.blur import FAITHFUL, QUICK, blur_within, gaussian_blur
from tests.support.pictures import assert_image_equal


def draw_disc(side: int = 241) -> np.ndarray:
    mask = np.zeros((side, side + 10), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), side // 5, 255, -1)
    return mask


def full_blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)


@pytest.mark.parametrize("sigma", [0.6, 2.0, 4.4, 9, 17.5, 40])
@pytest.mark.parametrize(
    ("reduction", "off"), [(QUICK, 0.03), (FAITHFUL, 0.015)], ids=["quick", "faithful"]
)
def test_a_reduced_blur_is_that_of_the_full_picture(sigma, reduction, off):
    disc = draw_disc().astype(np.float32) / 255
    blurred = gaussian_blur(disc, sigma, reduction)
    assert blurred.shape == disc.shape and blurred.dtype == np.float32
    assert np.abs(blurred - full_blur(disc, sigma)).max() < off


@pytest.mark.parametrize("sigma", [8.3, 11.6, 20.3])
def test_the_faithful_reduction_is_nearer_to_the_full_blur(sigma):
    disc = draw_disc().astype(np.float32) / 255
    off = [
        np.abs(gaussian_blur(disc, sigma, reduction) - full_blur(disc, sigma)).mean()
        for reduction in (QUICK, FAITHFUL)
    ]
    assert off[1] < off[0]


@pytest.mark.parametrize("sigma", [0.8, 5, 21])
def test_a_margin_makes_room_for_what_spreads(sigma):
    disc = draw_disc(101)
    wide = gaussian_blur(disc, sigma, FAITHFUL, margin=30)
    assert wide.shape == (161, 171) and wide.dtype == np.uint8
    padded = cv2.copyMakeBorder(disc, *[30] * 4, cv2.BORDER_CONSTANT)
    assert_image_equal(wide, gaussian_blur(padded, sigma, FAITHFUL))


def test_outside_counts_as_nothing():
    white = np.ones((90, 90, 3), np.float32)
    blurred = gaussian_blur(white, 12)
    assert (blurred[0, 0] < 0.4).all() and (blurred[0, 45] < 0.65).all()
    assert blurred[45, 45] == pytest.approx([1] * 3, abs=0.01)


def test_what_counts_for_nothing_does_not_bleed_into_the_rest():
    weight = draw_disc().astype(np.float32) / 255
    colors = np.where(weight[..., None] > 0, np.float32((90, 60, 30)), np.float32((0, 255, 0)))
    blurred = blur_within(colors, weight, 9)
    assert np.abs(blurred[weight > 0] - (90, 60, 30)).max() < 0.01


def test_what_blurs_within_may_be_another_blur():
    weight = draw_disc().astype(np.float32) / 255
    colors = np.random.default_rng(0).uniform(0, 255, (*weight.shape, 3)).astype(np.float32)
    ours = blur_within(colors, weight, 4, full_blur)
    share = np.maximum(full_blur(weight, 4), 1e-3)[..., None]
    assert_image_equal(ours, full_blur(colors * weight[..., None], 4) / share)
