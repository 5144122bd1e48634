import cv2
import numpy as np
import pytest

from services.imaging.box import slices_from_box
from services.segmentation.consensus import compute_iou
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.glass import show_background_through
from services.segmentation.transmission import LEAST_OPACITY
from tests.support.jars import (
    LID_COLOR,
    SIDE,
    cut_out_lid,
    draw_body,
    draw_ground,
    draw_lid,
    fill_outline,
    photograph_jar,
    photograph_lid,
    render_line,
)

JAR = photograph_jar(8)
TRUTH = draw_lid() | fill_outline(draw_body())


def separate(photo: np.ndarray, **prompt) -> SegmentationResult:
    return show_background_through(photo, cut_out_lid(photo), SegmentationPrompt(**prompt))


def list_reasons(result: SegmentationResult) -> list[str]:
    return [warning.reason for warning in result.warnings]


def spread_alpha(result: SegmentationResult) -> np.ndarray:
    """Returns the alpha of a cut-out at its place in the photo: uint8 (h, w)."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    size = result.bounds[2:]
    alpha[slices_from_box(result.bounds)] = cv2.resize(result.cutout[..., 3], size)
    return alpha


def photograph_shaded_body() -> np.ndarray:
    """Returns a lid on a white body whose sides are dark, as those of china are."""
    across = np.abs(np.arange(SIDE) - 205) / 80
    shading = 1 - 0.3 * np.clip(across, 0, 1) ** 2
    body = fill_outline(draw_body())[..., None]
    shaded = np.where(body, draw_ground() * shading[None, :, None], draw_ground())
    return photograph_lid(shaded - 25 * render_line(draw_body())[..., None])


@pytest.fixture(scope="module")
def vessel() -> SegmentationResult:
    return separate(JAR)


def test_the_glass_below_a_lid_is_added_and_clear(vessel):
    alpha = spread_alpha(vessel)
    assert compute_iou(alpha > 20, TRUTH) > 0.95
    assert alpha[200:250, 180:230].max() < 60
    assert list_reasons(vessel) == ["TRANSPARENT"]
    assert vessel.transparent_share > 0.5 <= vessel.confidence < 0.95


def test_the_lid_keeps_its_pixels(vessel):
    part = cut_out_lid(JAR)
    x, y, width, height = part.bounds
    same = (x - vessel.bounds[0], y - vessel.bounds[1], width, height)
    lid = vessel.cutout[slices_from_box(same)]
    solid = part.cutout[..., 3] == 255
    assert np.array_equal(lid[solid], part.cutout[solid])


def test_on_a_dark_scene_no_edge_of_the_photos_ground_surrounds_the_lid(vessel):
    over_black = vessel.cutout[..., :3] * (vessel.cutout[..., 3:] / 255.0)
    veil = 255 * LEAST_OPACITY
    assert (over_black <= np.array(LID_COLOR) + veil).all()


def test_a_body_that_is_shaded_is_doubted_and_not_added():
    photo = photograph_shaded_body()
    result = separate(photo)
    assert np.array_equal(result.cutout, cut_out_lid(photo).cutout)
    assert list_reasons(result) == ["LOW_CONFIDENCE"] and result.confidence < 0.5
    x, y, width, height = result.warnings[0].box
    assert compute_iou(fill_box(x, y, width, height), fill_outline(draw_body())) > 0.75


def fill_box(x: int, y: int, width: int, height: int) -> np.ndarray:
    box = np.zeros((SIDE, SIDE), bool)
    box[y : y + height, x : x + width] = True
    return box


def test_faint_lines_are_doubted():
    result = separate(photograph_jar(3))
    assert list_reasons(result) == ["LOW_CONFIDENCE"] and result.confidence < 0.5
    assert result.transparent_share == 0


def test_an_opaque_product_gets_the_body_with_the_photos_pixels():
    result = separate(JAR, opaque=True)
    assert compute_iou(spread_alpha(result) > 127, TRUTH) > 0.95
    assert result.transparent_share == 0 and not result.warnings


@pytest.mark.parametrize("prompt", [{"mask": draw_lid()}, {"points": ((205.0, 80.0, True),)}])
def test_who_marks_the_product_gets_nothing_else(prompt):
    result = separate(JAR, **prompt)
    assert np.array_equal(result.cutout, cut_out_lid(JAR).cutout) and not result.warnings


def test_a_small_cutout_stays_small():
    part = cut_out_lid(JAR)
    small = cv2.resize(part.cutout, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    result = show_background_through(
        JAR, SegmentationResult(small, part.bounds, 0.95), SegmentationPrompt()
    )
    assert max(result.cutout.shape) == max(small.shape)
    assert compute_iou(spread_alpha(result) > 20, TRUTH) > 0.93


def test_a_lid_alone_stays_as_it_is():
    photo = photograph_lid(draw_ground())
    result = separate(photo)
    assert np.array_equal(result.cutout, cut_out_lid(photo).cutout)
    assert result.confidence == 0.95 and not result.warnings
