import cv2
import numpy as np
import pytest

from services.segmentation.clear_body import find_clear_body
from services.segmentation.consensus import compute_iou
from tests.support.jars import (
    FOOT_HALF,
    FOOT_ROW,
    LID_BOTTOM,
    LID_HALF,
    MIDDLE,
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


def find_body(photo: np.ndarray):
    return find_clear_body(photo, cut_out_lid(photo))


@pytest.mark.parametrize(("levels", "flatness"), [(4, 0.08), (4, 0.6), (-4, 0.25), (20, 0.4)])
def test_a_body_is_found_by_lines_of_a_few_levels(levels, flatness):
    body = find_body(photograph_jar(levels, flatness))
    assert body is not None and body.is_certain
    alpha = body.render_alpha((0, 0, SIDE, SIDE))
    truth = fill_outline(draw_body(flatness)) & ~draw_lid()
    assert compute_iou((alpha > 127) & ~draw_lid(), truth) > 0.94


def test_the_box_of_a_body_is_that_of_its_outline():
    x, y, width, height = find_body(photograph_jar(8)).bounds
    assert (x, x + width) == pytest.approx((MIDDLE - LID_HALF + 6, MIDDLE + LID_HALF - 6), abs=5)
    assert y <= LID_BOTTOM and y + height == pytest.approx(FOOT_ROW + 0.4 * FOOT_HALF, abs=4)


def test_a_body_of_a_large_photo_is_found_in_its_pixels():
    photo = cv2.resize(photograph_jar(8, noise=0), None, fx=3, fy=3)
    lid = cut_out_lid(photograph_jar(8))
    box = tuple(3 * each for each in lid.bounds)
    large = type(lid)(cv2.resize(lid.cutout, box[2:]), box, lid.confidence)
    body = find_clear_body(photo, large)
    assert body is not None
    assert body.outline[:, 1].max() / 3 == pytest.approx(FOOT_ROW + 0.4 * FOOT_HALF, abs=3)


def draw_without_body() -> np.ndarray:
    return draw_ground()


def draw_soft_shadow() -> np.ndarray:
    shadow = fill_outline(draw_body()).astype(np.float32)
    return draw_ground() - 25 * cv2.GaussianBlur(shadow, (0, 0), 9)[..., None]


def draw_hard_shadow() -> np.ndarray:
    """One side of the shadow is hidden, as is that of a slanted one."""
    corners = [(150, 100), (285, 100), (390, 250), (240, 260)]
    shadow = fill_outline(np.float32(corners)).astype(np.float32)
    return draw_ground() - 30 * cv2.GaussianBlur(shadow, (0, 0), 1)[..., None]


def draw_plate() -> np.ndarray:
    angles = np.deg2rad(np.linspace(0, 360, 121))
    rim = np.stack([MIDDLE + 150 * np.cos(angles), 110 + 60 * np.sin(angles)], axis=1)
    return draw_ground() - 12 * render_line(rim)[..., None]


def draw_table_edges() -> np.ndarray:
    across = render_line(np.float32([(0, 250), (SIDE, 252)]))
    down = render_line(np.float32([(150, 0), (152, SIDE)]))
    return draw_ground() - 12 * np.maximum(across, down)[..., None]


def draw_single_wall() -> np.ndarray:
    return draw_ground() - 12 * render_line(draw_body()[:30])[..., None]


def draw_small_foot() -> np.ndarray:
    """A ring on the ground that no walls lead to."""
    return draw_ground() - 12 * render_line(draw_body()[1:-1])[..., None]


@pytest.mark.parametrize(
    "draw",
    [
        draw_without_body,
        draw_soft_shadow,
        draw_hard_shadow,
        draw_plate,
        draw_table_edges,
        draw_single_wall,
        draw_small_foot,
    ],
)
def test_what_is_no_body_is_not_found(draw):
    body = find_body(photograph_lid(draw()))
    assert body is None or not body.is_certain
