import numpy as np
import pytest

from services.runtime.errors import EngineNotReady, ProductNotFound
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.transparent import AlphaSegmentation, clear_haze
from tests.support.cutouts import draw_bottle, draw_shadow, put_behind
from tests.support.pictures import assert_image_equal, draw_cutout


def segment_photo(photo: np.ndarray, **prompt) -> SegmentationResult:
    return AlphaSegmentation().segment(photo, SegmentationPrompt(**prompt))


def test_alpha_and_colors_are_cropped_and_copied():
    photo = draw_bottle()
    result = segment_photo(photo)
    x, y, width, height = result.bounds
    assert_image_equal(result.cutout, photo[y : y + height, x : x + width])
    assert result.cutout[..., 3].sum(dtype=int) == photo[..., 3].sum(dtype=int)
    assert result.cutout[0, :, 3].any() and result.cutout[:, -1, 3].any()
    assert result.confidence == 1 and result.warnings == ()
    result.cutout[:] = 0
    assert_image_equal(photo, draw_bottle())


def test_max_side_shrinks_the_cutout_but_not_the_bounds():
    small, large = segment_photo(draw_bottle(), max_side=64), segment_photo(draw_bottle())
    assert small.bounds == large.bounds and small.cutout.shape[0] == 64
    assert small.cutout.shape[1] == pytest.approx(64 * large.bounds[2] / large.bounds[3], abs=1)
    assert small.cutout[32, 10, 3] == 255


def test_a_hairline_keeps_a_pixel_of_width():
    photo = np.zeros((1000, 40, 4), np.uint8)
    photo[:, 20] = 255
    assert segment_photo(photo, max_side=64).cutout.shape == (64, 1, 4)


def test_a_fully_transparent_photo_is_rejected():
    with pytest.raises(ProductNotFound, match="transparent"):
        segment_photo(np.zeros((30, 30, 4), np.uint8))


@pytest.mark.parametrize("channels", [3, 4])
def test_an_opaque_photo_is_rejected(channels):
    with pytest.raises(EngineNotReady, match="opaque; name another engine"):
        segment_photo(np.full((30, 30, channels), 254, np.uint8))


def draw_faint_pixels(photo: np.ndarray) -> None:
    photo[0, 0, 3], photo[-1, -1, 3], photo[0, -1, 3] = 1, 2, 255


def draw_haze(photo: np.ndarray) -> None:
    haze = np.random.default_rng(0).integers(0, 13, photo.shape[:2], np.uint8)
    photo[..., 3] = np.maximum(photo[..., 3], haze)


def draw_dense_haze(photo: np.ndarray) -> None:
    photo[..., 3] = np.maximum(photo[..., 3], 35)


def draw_frame(photo: np.ndarray) -> None:
    photo[:2, :, 3] = photo[-2:, :, 3] = photo[:, :2, 3] = photo[:, -2:, 3] = 60


@pytest.mark.parametrize("dirty", [draw_faint_pixels, draw_haze, draw_dense_haze, draw_frame])
def test_what_is_hardly_seen_does_not_widen_the_bounds(dirty):
    photo = draw_bottle()
    dirty(photo)
    x, y, width, height = segment_photo(photo).bounds
    left, top, across, down = segment_photo(draw_bottle()).bounds
    # A rim as wide as a soft edge may stay.
    assert abs(x - left) <= 6 and abs(y - top) <= 6
    assert abs(width - across) <= 12 and abs(height - down) <= 12


def test_soft_strands_and_glass_stay():
    photo = draw_bottle()
    photo[100:104, 260:330, 3] = 40
    photo[..., 3] = np.where(photo[..., 3] == 255, 70, photo[..., 3])
    photo[300:320, 180:220, 3] = 255
    assert_image_equal(clear_haze(photo), photo)


def test_a_shadow_is_removed_or_kept_by_option():
    photo = put_behind(draw_bottle(), draw_shadow(draw_bottle(), 10, 16, 8))
    removed, kept = segment_photo(photo), segment_photo(photo, photo_shadow="keep")
    clean = segment_photo(draw_bottle())
    assert np.abs(np.subtract(removed.bounds, clean.bounds)).max() <= 2
    assert kept.bounds[3] > clean.bounds[3] + 20
    assert np.abs(np.subtract(kept.product_box, clean.product_box)).max() <= 2
    assert [warning.reason for warning in removed.warnings] == ["SHADOW_REMOVED"]
    assert [warning.reason for warning in kept.warnings] == ["SHADOW_KEPT"]


def test_a_rectangle_may_be_a_whole_picture():
    photo = np.zeros((160, 200, 4), np.uint8)
    photo[30:150, 50:130] = draw_cutout()
    result = segment_photo(photo)
    assert result.confidence == 0.5
    assert [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]
