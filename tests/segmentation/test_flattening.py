import numpy as np

from services.segmentation.engine import SegmentationResult
from services.segmentation.flattening import flatten_photo, keep_clear
from tests.support.cutouts import draw_bottle, draw_rounded_corners, paint_backdrop


def draw_rounded_photo() -> np.ndarray:
    """A photo with rounded corners under which garish colors hide."""
    photo = paint_backdrop(draw_bottle())
    photo[..., 3] = draw_rounded_corners(480, 400, 60)
    photo[photo[..., 3] == 0, :3] = (255, 0, 255)
    return photo


def test_clear_corners_continue_the_backdrop_and_not_what_hides_there():
    expected = paint_backdrop(draw_bottle())[..., :3]
    flat = flatten_photo(draw_rounded_photo(), is_cut_out=False)
    difference = np.abs(flat.pixels.astype(int) - expected)
    assert difference[draw_rounded_photo()[..., 3] == 0].mean() < 4
    assert flat.frame == (0, 0, 400, 480) and flat.clear is not None


def test_bars_lie_outside_the_frame():
    photo = paint_backdrop(draw_bottle())
    photo[:50, :, 3] = photo[-30:, :, 3] = 0
    assert flatten_photo(photo, is_cut_out=False).frame == (0, 50, 400, 400)


def test_an_opaque_photo_keeps_its_colors():
    photo = paint_backdrop(draw_bottle())
    photo[..., 3] = 254
    flat = flatten_photo(photo, is_cut_out=False)
    assert (flat.pixels == photo[..., :3]).all() and flat.clear is None


def test_a_cutout_is_put_before_a_gray_that_it_does_not_have():
    for level, gray in ((250, 0), (10, 255)):
        bottle = draw_bottle()
        bottle[..., :3] = level
        flat = flatten_photo(bottle, is_cut_out=True)
        assert (flat.pixels[0, 0] == gray).all() and (flat.pixels[240, 200] == level).all()


def test_no_clear_pixel_becomes_product():
    flat = flatten_photo(draw_rounded_photo(), is_cut_out=False)
    whole = np.full((240, 200, 4), 255, np.uint8)
    result = keep_clear(SegmentationResult(whole, (0, 0, 400, 480), 0.9), flat)
    assert not result.cutout[:8, :8, 3].any() and result.cutout[120, 100, 3] == 255
    assert (whole[..., 3] == 255).all()
    opaque = flatten_photo(paint_backdrop(draw_bottle()), is_cut_out=False)
    unchanged = SegmentationResult(whole, (0, 0, 400, 480), 0.9)
    assert keep_clear(unchanged, opaque) is unchanged
