import numpy as np
import pytest

from services.runtime.errors import ProductNotFound
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.transparent import AlphaSegmentation, is_already_cut_out
from tests.support.pictures import assert_image_equal, draw_cutout


def draw_photo() -> np.ndarray:
    """A cut-out of 80 x 120 in a transparent photo of 200 x 160."""
    photo = np.zeros((160, 200, 4), np.uint8)
    photo[30:150, 50:130] = draw_cutout()
    return photo


def segment_photo(photo: np.ndarray, **prompt) -> SegmentationResult:
    return AlphaSegmentation().segment(photo, SegmentationPrompt(**prompt))


def test_alpha_and_colors_are_cropped_and_copied():
    photo = draw_photo()
    result = segment_photo(photo)
    x, y, width, height = result.bounds
    assert_image_equal(result.cutout, photo[y : y + height, x : x + width])
    assert result.cutout[..., 3].sum(dtype=int) == photo[..., 3].sum(dtype=int)
    assert result.cutout[0, :, 3].any() and result.cutout[:, -1, 3].any()
    assert result.confidence == 1 and result.warnings == ()
    result.cutout[:] = 0
    assert_image_equal(photo, draw_photo())


def test_max_side_shrinks_the_cutout_but_not_the_bounds():
    small, large = segment_photo(draw_photo(), max_side=64), segment_photo(draw_photo())
    assert small.bounds == large.bounds and small.cutout.shape[0] == 64
    assert small.cutout.shape[1] == pytest.approx(64 * large.bounds[2] / large.bounds[3], abs=1)
    assert small.cutout[32, 20, 3] == 255


def test_a_hairline_keeps_a_pixel_of_width():
    photo = np.zeros((1000, 40, 4), np.uint8)
    photo[:, 20] = 255
    assert segment_photo(photo, max_side=64).cutout.shape == (64, 1, 4)


def test_a_fully_transparent_photo_is_rejected():
    with pytest.raises(ProductNotFound, match="transparent"):
        segment_photo(np.zeros((30, 30, 4), np.uint8))


@pytest.mark.parametrize(
    ("share", "alpha", "expected"),
    [(0.004, 0, False), (0.006, 0, True), (0.5, 127, True), (0.5, 128, False)],
)
def test_a_photo_counts_as_cut_out_from_half_a_percent_of_transparent_pixels_on(
    share, alpha, expected
):
    photo = np.full((100, 100, 4), 255, np.uint8)
    photo.reshape(-1, 4)[: round(share * 10_000), 3] = alpha
    assert is_already_cut_out(photo) == expected


def test_a_photo_without_alpha_does_not_count_as_cut_out():
    assert not is_already_cut_out(np.zeros((10, 10, 3), np.uint8))
