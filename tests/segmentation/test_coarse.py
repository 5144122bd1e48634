"""A network's prior next to cuts by color."""

import cv2
import numpy as np
import pytest

from services.runtime.errors import ProductNotFound
from services.segmentation.coarse import COARSE_SIDE, cut_by_prior, cut_coarsely
from tests.support.drawings import BLUE, DARK, GREEN, draw_box, draw_disc, mask_iou, paint_product

PRODUCT = draw_disc(80, 100, 35)
OTHER = draw_disc(180, 100, 35)
BOX_SHARE = 0.95
# Two things in front of a plain background, of which the network expects one.
PHOTO = paint_product(
    np.maximum(PRODUCT, OTHER), np.where(PRODUCT[..., np.newaxis] > 0, GREEN, BLUE)
)


def test_a_prior_that_contradicts_a_plain_background_wins():
    without = cut_coarsely(PHOTO, BOX_SHARE)
    assert without.on_plain_background
    assert mask_iou(without.mask, PRODUCT + OTHER > 0.5) > 0.95
    cut = cut_coarsely(PHOTO, BOX_SHARE, prior=0.95 * PRODUCT)
    assert mask_iou(cut.mask, PRODUCT > 0.5) > 0.95
    assert not cut.on_plain_background and cut.confidence == pytest.approx(0.95, abs=0.05)


def test_a_prior_that_confirms_a_plain_background_changes_nothing():
    without = cut_coarsely(PHOTO, BOX_SHARE)
    cut = cut_coarsely(PHOTO, BOX_SHARE, prior=0.95 * (PRODUCT + OTHER))
    assert np.array_equal(cut.mask, without.mask) and cut.on_plain_background
    assert cut.confidence == without.confidence


@pytest.mark.parametrize("chance", [0, 0.3, 1])
def test_a_prior_without_a_product_changes_nothing(chance):
    prior = np.full(PRODUCT.shape, chance, np.float32)
    cut, without = cut_coarsely(PHOTO, BOX_SHARE, prior=prior), cut_coarsely(PHOTO, BOX_SHARE)
    assert np.array_equal(cut.mask, without.mask)
    assert (cut.confidence, cut.warnings) == (without.confidence, without.warnings)
    assert cut_by_prior(PHOTO, prior) is None


def test_a_prior_replaces_the_vote_before_any_background():
    # Halves of different colors are no plain background.
    halves = np.where(draw_box(0, 0, 120, 200)[..., np.newaxis] > 0, (200, 60, 60), (60, 60, 200))
    photo = paint_product(PRODUCT, DARK, halves)
    cut = cut_coarsely(photo, BOX_SHARE, prior=0.95 * PRODUCT)
    assert not cut.on_plain_background and mask_iou(cut.mask, PRODUCT > 0.5) > 0.95


def test_colors_give_a_soft_prior_the_exact_edge():
    prior = cv2.GaussianBlur(draw_disc(82, 100, 35), (0, 0), 3)
    cut = cut_by_prior(PHOTO, prior)
    assert mask_iou(cut.mask, PRODUCT > 0.5) > 0.97 > mask_iou(prior > 0.5, PRODUCT > 0.5)


def test_colors_that_mislead_leave_the_priors_mask():
    # A green disc in front of itself, seen at the wrong place.
    expected = draw_disc(130, 60, 30)
    photo = paint_product(draw_disc(150, 90, 60), GREEN)
    cut = cut_by_prior(photo, 0.85 * expected)
    assert np.array_equal(cut.mask, 0.85 * expected > 0.5)


@pytest.mark.parametrize(("chance", "warned"), [(0.55, True), (0.95, False)])
def test_an_uncertain_prior_warns(chance, warned):
    warnings = cut_by_prior(PHOTO, chance * PRODUCT).warnings
    assert [each.reason for each in warnings] == ["LOW_CONFIDENCE"] * warned


def test_a_large_photo_is_cut_at_the_coarse_size():
    photo = PHOTO.repeat(3, axis=0).repeat(3, axis=1)
    cut = cut_coarsely(photo, BOX_SHARE, prior=0.95 * PRODUCT)
    assert max(cut.mask.shape) == COARSE_SIDE


def test_a_flat_photo_has_no_product_whatever_its_prior_lacks():
    flat = np.full((60, 80, 3), 200, np.uint8)
    with pytest.raises(ProductNotFound):
        cut_coarsely(flat, BOX_SHARE, prior=np.zeros((60, 80), np.float32))
