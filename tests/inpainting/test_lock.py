"""The diffusion engine's pixel lock: restored product, matched colors, drift and growth."""

import cv2
import numpy as np
import pytest

from services.inpainting.engines.diffusion.color_match import match_ring_colors
from services.inpainting.engines.diffusion.growth import measure_product_growth
from services.inpainting.engines.diffusion.lock import measure_product_drift, restore_product
from tests.support.pictures import assert_image_equal

SIDE = 240
PRODUCT = (40, 60, 150)


def draw_composite(product=PRODUCT) -> tuple[np.ndarray, np.ndarray]:
    """A disc with a soft rim on a warm, uneven ground: RGB and alpha."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (120, 110), 60, 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    ground = np.dstack([190 + x // 8, 170 + y // 8, 140 + x // 8]).astype(float)
    weight = mask[..., None] / 255
    return np.rint(ground * (1 - weight) + np.array(product) * weight).astype(np.uint8), mask


def grow_product(composite, mask, pixels, product=PRODUCT) -> np.ndarray:
    """Returns the composite with its disc grown by some pixels."""
    size = 2 * pixels + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.where(cv2.dilate(mask, kernel)[..., None] > 0, product, composite).astype(np.uint8)


def test_the_product_is_restored_bit_equal_with_its_soft_edge():
    composite, mask = draw_composite()
    out = restore_product(np.full_like(composite, 90), composite, mask)
    assert_image_equal(out[mask > 0], composite[mask > 0])
    assert (out[:20] == 90).all()


def test_new_colors_reach_the_outline_without_a_halo_of_old_ones():
    composite, mask = draw_composite()
    drawn = np.clip(composite.astype(int) - 60, 0, 255).astype(np.uint8)
    out = restore_product(drawn, composite, mask)
    assert np.abs(out[mask == 0].astype(int) - drawn[mask == 0]).max() <= 1


@pytest.mark.parametrize(("left", "top"), [(60, 50), (0, 70)])
def test_around_the_product_the_picture_is_as_if_blended_as_a_whole(left, top):
    composite, drawn = np.random.default_rng(1).integers(0, 256, (2, 160, 150, 3), np.uint8)
    mask = np.zeros((160, 150), np.uint8)
    mask[top : top + 30, left : left + 20] = 255
    restored = restore_product(drawn, composite, mask)
    # With a faint pixel in opposite corners, all of the picture is near the product.
    mask[[0, -1], [0, -1]] = 1
    whole = restore_product(drawn, composite, mask)
    assert_image_equal(restored[30:-30], whole[30:-30])


def test_smears_across_the_outline_fade():
    composite, mask = draw_composite()
    drawn = grow_product(composite, mask, 1)
    smear = (drawn != composite).any(axis=2) & (mask == 0)
    out = restore_product(drawn, composite, mask)
    left = np.abs(out[smear].astype(int) - composite[smear]).mean()
    assert left < 0.5 * np.abs(drawn[smear].astype(int) - composite[smear]).mean()


def test_a_full_mask_locks_the_whole_picture():
    composite, mask = draw_composite()
    full = np.full_like(mask, 255)
    assert_image_equal(restore_product(np.zeros_like(composite), composite, full), composite)


def test_a_washed_out_picture_gets_its_colors_back():
    composite, mask = draw_composite()
    washed = np.clip(composite * 0.9 + 18, 0, 255).astype(np.uint8)
    before, after = (
        np.abs(each[mask == 0].astype(int) - composite[mask == 0]).mean()
        for each in (washed, match_ring_colors(washed, composite, mask))
    )
    assert after < 0.4 * before


def test_a_repainted_ground_keeps_its_new_color():
    composite, mask = draw_composite()
    dark = np.full_like(composite, 60)
    assert np.abs(match_ring_colors(dark, composite, mask).astype(int) - 60).max() <= 12


def test_an_equal_picture_is_unchanged():
    composite, mask = draw_composite()
    assert_image_equal(match_ring_colors(composite, composite, mask), composite)
    assert measure_product_growth(composite, composite, mask) == 0


def test_drift_is_measured_where_the_lock_is():
    composite, mask = draw_composite()
    drawn = composite.copy()
    drawn[mask == 0] = 0
    assert measure_product_drift(drawn, composite, mask > 0).changed == 0
    drawn[110, 100:140] += 5
    drift = measure_product_drift(drawn, composite, mask > 0)
    assert drift.changed == pytest.approx(40 / (mask > 0).sum())
    assert drift.levels == pytest.approx(5 * drift.changed)


@pytest.mark.parametrize(("pixels", "least", "most"), [(0, 0, 0), (4, 0.3, 0.9), (9, 0.9, 1)])
def test_growth_is_the_share_of_the_ring_that_became_product(pixels, least, most):
    composite, mask = draw_composite()
    grown = measure_product_growth(grow_product(composite, mask, pixels), composite, mask)
    assert least <= grown <= most


@pytest.mark.parametrize("product", [PRODUCT, (20, 20, 20)])
def test_a_contact_shadow_is_not_growth(product):
    composite, mask = draw_composite(product)
    shade = np.ones((SIDE, SIDE, 1), np.float32)
    shade[150:] = 0.5
    shaded = np.where(mask[..., None] > 0, composite, composite * shade).astype(np.uint8)
    assert measure_product_growth(shaded, composite, mask) < 0.05


def draw_ring() -> tuple[np.ndarray, np.ndarray]:
    """A product with a hole, on stripes of the product's and another color: RGB and alpha."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (120, 120), 60, 255, -1)
    cv2.circle(mask, (120, 120), 14, 0, -1)
    x = np.mgrid[0:SIDE, 0:SIDE][1]
    stripes = np.where((x // 6 % 3 == 0)[..., None], PRODUCT, (210, 200, 170))
    return np.where(mask[..., None] > 0, PRODUCT, stripes).astype(np.uint8), mask


@pytest.mark.parametrize("draw", [draw_composite, draw_ring])
@pytest.mark.parametrize("sigma", [2, 5, 9, 16])
def test_a_blurred_picture_is_not_growth(draw, sigma):
    composite, mask = draw()
    blurred = cv2.GaussianBlur(composite, (0, 0), sigma)
    assert measure_product_growth(blurred, composite, mask) < 0.04


@pytest.mark.parametrize("factor", [4, 8, 16])
def test_a_resampled_picture_is_not_growth(factor):
    composite, mask = draw_ring()
    small = cv2.resize(composite, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    assert measure_product_growth(soft, composite, mask) < 0.04


@pytest.mark.parametrize("sigma", [1, 2])
def test_a_grown_product_in_a_soft_picture_is_growth(sigma):
    composite, mask = draw_composite()
    soft = cv2.GaussianBlur(grow_product(composite, mask, 7), (0, 0), sigma)
    assert measure_product_growth(soft, composite, mask) > 0.5


def test_growth_of_a_black_product_is_not_mistaken_for_shadow():
    composite, mask = draw_composite((20, 20, 20))
    grown = grow_product(composite, mask, 9, (20, 20, 20))
    assert measure_product_growth(grown, composite, mask) > 0.9


def test_new_colors_all_around_are_not_growth():
    composite, mask = draw_composite()
    green = np.where(mask[..., None] > 0, composite, (90, 160, 90)).astype(np.uint8)
    assert measure_product_growth(green, composite, mask) < 0.05
