import cv2
import numpy as np
import pytest

from services.runtime.errors import ProductNotFound
from services.segmentation import softening
from services.segmentation.cutout import create_cutout, create_soft_cutout
from services.segmentation.engine import SegmentationResult
from services.segmentation.scale import shrink_to_side
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    cutout_iou,
    draw_box,
    draw_disc,
    paint_product,
    paste_on_canvas,
)
from tests.support.pictures import assert_image_equal, assert_image_similar

SIZE = 300, 340
SHARE = draw_disc(160, 150, 70, size=SIZE)
TRUTH = SHARE >= 0.5
BOUNDS = (90, 80, 140, 140)
# As a network of low resolution estimates it, a pixel too far right.
PROBABILITY = cv2.GaussianBlur(draw_disc(161, 150, 70, size=SIZE), (0, 0), 2)


def cut_photo(
    photo: np.ndarray, mask: np.ndarray = TRUTH, max_side: int = 4096
) -> SegmentationResult:
    return SegmentationResult(*create_cutout(photo, mask, max_side), confidence=1)


def cut_softly(photo: np.ndarray, probability: np.ndarray, **options) -> SegmentationResult:
    return SegmentationResult(
        *create_soft_cutout(photo, probability, **{"max_side": 4096} | options), confidence=1
    )


@pytest.fixture
def photo():
    return paint_product(SHARE)


def test_the_cutout_is_rgba_cropped_to_its_bounds(photo):
    result = cut_photo(photo)
    assert result.cutout.dtype == np.uint8
    assert result.cutout.shape == (result.bounds[3], result.bounds[2], 4)
    assert result.bounds == pytest.approx(BOUNDS, abs=3)
    alpha = result.cutout[..., 3]
    assert all(edge.any() for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))


def test_alpha_is_close_to_the_products_coverage_of_each_pixel(photo):
    error = paste_on_canvas(cut_photo(photo), photo)[..., 3] / 255 - SHARE
    rim = (SHARE > 0) & (SHARE < 1)
    assert np.abs(error).mean() < 0.001
    assert np.abs(error[rim]).mean() < 0.03 and abs(error[rim].mean()) < 0.02


def test_opaque_pixels_are_the_photos_own(photo):
    canvas = paste_on_canvas(cut_photo(photo), photo)
    opaque = canvas[..., 3] == 255
    assert opaque.sum() > 0.95 * TRUTH.sum()
    assert_image_equal(canvas[opaque][:, :3], photo[opaque])


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK])
def test_the_rims_colors_are_free_of_the_photo_background(color):
    photo = paint_product(SHARE, color)
    canvas = paste_on_canvas(cut_photo(photo), photo)
    rim = (canvas[..., 3] > 32) & (canvas[..., 3] < 224)
    error, before = (np.abs(p[rim][:, :3] - np.float32(color)).mean() for p in (canvas, photo))
    assert rim.sum() > 150 and error < 0.05 * before


def test_a_coarse_mask_gets_the_photos_edge(photo):
    coarse = shrink_to_side((TRUTH * 255).astype(np.uint8), 60) >= 128
    assert cutout_iou(cut_photo(photo, coarse), photo, SHARE) >= 0.985


@pytest.mark.parametrize("max_side", [64, 100])
def test_max_side_shrinks_the_cutout_but_not_the_bounds(photo, max_side):
    result = cut_photo(photo, max_side=max_side)
    assert 0.8 * max_side <= max(result.cutout.shape[:2]) <= max_side
    assert result.bounds == pytest.approx(BOUNDS, abs=6)
    assert cutout_iou(result, photo, SHARE) >= 0.96


@pytest.mark.parametrize(("rows", "columns"), [(16, 512), (50, 40)])
def test_tiles_leave_no_seam(photo, monkeypatch, rows, columns):
    whole = cut_photo(photo)
    monkeypatch.setattr(softening, "STRIP_ROWS", rows)
    monkeypatch.setattr(softening, "TILE_COLUMNS", columns)
    in_tiles = cut_photo(photo)
    assert in_tiles.bounds == whole.bounds
    assert_image_similar(in_tiles.cutout, whole.cutout, mean_abs=0.05)
    assert np.abs(in_tiles.cutout[..., 3].astype(int) - whole.cutout[..., 3]).max() <= 8


def test_tiles_without_an_edge_are_the_same_without_its_computation(photo, monkeypatch):
    """They are most of a large photo."""
    monkeypatch.setattr(softening, "STRIP_ROWS", 32)
    monkeypatch.setattr(softening, "TILE_COLUMNS", 32)
    solved = []
    solve = softening._solve_band
    monkeypatch.setattr(softening, "_solve_band", lambda *a: solved.append(a) or solve(*a))
    quick = softening.soften_cutout(photo, photo, TRUTH.astype(np.float32))
    quick_count = len(solved)
    # No tile counts as without an edge.
    monkeypatch.setattr(softening, "PLAIN", -1.0)
    slow = softening.soften_cutout(photo, photo, TRUTH.astype(np.float32))
    assert quick_count < (len(solved) - quick_count) / 2
    assert np.abs(quick.astype(int) - slow).max() <= 1


@pytest.mark.parametrize("box", [(100, 120, 200, 300), (0, 200, 340, 300)])
def test_a_product_cut_off_by_the_photo_is_opaque_up_to_its_edge(box):
    share = draw_box(*box, size=SIZE)
    result = cut_photo(paint_product(share), share >= 0.5)
    assert result.bounds == pytest.approx((box[0], box[1], box[2] - box[0], box[3] - box[1]), abs=1)
    assert (result.cutout[-1, 8:-8, 3] == 255).all()


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("shape", [SIZE, (75, 85)])
def test_a_soft_cutout_has_the_products_edge_and_bounds(photo, fine, shape):
    result = cut_softly(photo, cv2.resize(PROBABILITY, shape[::-1]), fine=fine)
    assert result.cutout.dtype == np.uint8
    assert result.cutout.shape == (result.bounds[3], result.bounds[2], 4)
    assert result.bounds == pytest.approx(BOUNDS, abs=10)
    assert cutout_iou(result, photo, SHARE) > 0.98
    alpha = result.cutout[..., 3]
    assert all(edge.any() for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))


def test_opaque_pixels_of_a_soft_cutout_are_the_photos_own(photo):
    canvas = paste_on_canvas(cut_softly(photo, PROBABILITY), photo)
    opaque = canvas[..., 3] == 255
    assert opaque.sum() > 0.85 * TRUTH.sum()
    assert_image_equal(canvas[opaque][:, :3], photo[opaque])


@pytest.mark.parametrize("max_side", [64, 100])
def test_max_side_shrinks_a_soft_cutout_but_not_its_bounds(photo, max_side):
    result = cut_softly(photo, PROBABILITY, max_side=max_side)
    assert 0.8 * max_side <= max(result.cutout.shape[:2]) <= max_side
    assert result.bounds == pytest.approx(BOUNDS, abs=12)


def test_a_product_without_solid_pixels_is_not_found(photo):
    with pytest.raises(ProductNotFound, match="too faint or too thin"):
        cut_softly(photo, 0.52 * draw_box(0, 0, 3, 3, SIZE))


def test_the_edge_of_a_noisy_photo_has_no_steps(photo):
    noise = np.random.default_rng(5).normal(0, 40, photo.shape)
    noisy = np.clip(photo + noise, 0, 255).astype(np.uint8)
    alpha = paste_on_canvas(cut_softly(noisy, PROBABILITY), noisy)[..., 3]
    smooth = cv2.GaussianBlur(alpha, (0, 0), 2.5)
    beyond = np.count_nonzero((alpha > 127) != (smooth > 127))
    assert beyond < 50
