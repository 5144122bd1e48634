import cv2
import numpy as np
import pytest

from services.segmentation.consensus import compute_iou
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.glass import show_background_through
from services.segmentation.glass_walls import find_walls
from tests.support.jars import SIDE, draw_ground, fill_outline, render_line

# Rows of the middle of rim and foot, and their half widths.
RIM, FOOT = (90, 80), (290, 55)
MIDDLE = 205


def draw_ellipse(row: int, half: int) -> np.ndarray:
    """Returns the outline of an ellipse: float32 (n, 2), x and y in pixels."""
    angles = np.deg2rad(np.linspace(0, 360, 121))
    return np.float32(
        np.stack([MIDDLE + half * np.cos(angles), row + 0.3 * half * np.sin(angles)], axis=1)
    )


def find_ends() -> np.ndarray:
    """Returns what an engine finds of the glass, its rim and foot: bool (h, w)."""
    return fill_outline(draw_ellipse(*RIM)) | fill_outline(draw_ellipse(*FOOT))


def fill_glass() -> np.ndarray:
    """Returns where the whole glass is: bool (h, w)."""
    hull = cv2.convexHull(np.concatenate([draw_ellipse(*RIM), draw_ellipse(*FOOT)]))[:, 0]
    return fill_outline(hull)


def photograph_tumbler(levels: float, sides: tuple[int, ...] = (-1, 1)) -> np.ndarray:
    """Returns a tumbler whose walls are darker by some levels than the ground: uint8 RGB."""
    lines = [render_line(draw_ellipse(*RIM)), render_line(draw_ellipse(*FOOT))]
    ends = 14 * np.maximum(*lines)
    walls = [
        render_line(np.float32([(MIDDLE + side * half, row) for row, half in (RIM, FOOT)]))
        for side in sides
    ]
    dark = np.maximum.reduce([ends, *(levels * each for each in walls)])
    return np.rint(draw_ground() - dark[..., None]).astype(np.uint8)


def cut_out(photo: np.ndarray, mask: np.ndarray) -> SegmentationResult:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    cutout = np.dstack([photo, mask.astype(np.uint8) * 255])[y : y + height, x : x + width]
    return SegmentationResult(np.ascontiguousarray(cutout), (x, y, width, height), 0.95)


def separate(photo: np.ndarray, mask: np.ndarray, **prompt) -> SegmentationResult:
    return show_background_through(photo, cut_out(photo, mask), SegmentationPrompt(**prompt))


@pytest.mark.parametrize("product", ["", "glass tumbler"])
def test_rim_and_foot_are_joined_by_the_walls_between(product):
    result = separate(photograph_tumbler(3), find_ends(), product=product)
    assert [warning.reason for warning in result.warnings] == ["TRANSPARENT"]
    alpha = np.zeros((SIDE, SIDE), bool)
    x, y, width, height = result.bounds
    alpha[y : y + height, x : x + width] = result.cutout[..., 3] > 20
    assert compute_iou(alpha, fill_glass()) > 0.97
    assert result.cutout[100, 80, 3] < 60


@pytest.mark.parametrize("product", ["", "glass tumbler"])
@pytest.mark.parametrize("sides", [(), (1,)])
def test_clear_parts_without_walls_between_are_doubted(sides, product):
    result = separate(photograph_tumbler(6, sides), find_ends(), product=product)
    warning = next(each for each in result.warnings if each.reason == "LOW_CONFIDENCE")
    assert result.confidence < 0.5 and warning.box is not None


def test_opaque_products_one_above_the_other_stay_as_they_are():
    photo = photograph_tumbler(0)
    photo[find_ends()] = (150, 90, 50)
    result = separate(photo, find_ends())
    assert np.array_equal(result.cutout, cut_out(photo, find_ends()).cutout)
    assert not result.warnings and result.confidence == 0.95


def test_products_in_a_row_have_no_walls_between():
    photo = photograph_tumbler(6)
    turned, ends = (np.ascontiguousarray(np.rot90(each)) for each in (photo, find_ends()))
    assert find_walls(photo, cut_out(photo, find_ends())) is not None
    assert find_walls(turned, cut_out(turned, ends)) is None
    aside = fill_outline(draw_ellipse(*RIM)) | np.roll(fill_outline(draw_ellipse(*FOOT)), 140, 1)
    assert find_walls(photo, cut_out(photo, aside)) is None
