"""Drop shadows are blurred silhouettes that move away from the light."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.compositing.engines.opencv.drop_shadow import (
    compute_drop_offset,
    compute_kernel_size,
    render_drop_shadow,
)
from services.compositing.layers import ProductLayer, paint_layers
from services.imaging.scene import Light, Scene
from tests.support.pictures import assert_image_equal


def paint_shadow(canvas, shadow):
    """Paints a shadow at an opacity of 30 %, without a product."""
    nothing = ProductLayer(np.zeros((1, 1, 4), np.uint8), 0, 0)
    return paint_layers(canvas, replace(shadow, opacity=0.3), nothing)


@pytest.mark.parametrize(("side", "kernel"), [(1024, 75), (2048, 149), (512, 37), (64, 5), (16, 3)])
def test_the_blur_kernel_is_75_at_1024_and_grows_with_the_canvas(side, kernel):
    assert compute_kernel_size((side, side // 2)) == kernel


@pytest.mark.parametrize("side", [200, 1024, 1500])
def test_the_shadow_is_the_blurred_silhouette(side):
    canvas = np.full((side, side, 3), (90, 200, 150), np.uint8)
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), side // 5, 255, -1)
    before = mask.copy()
    size = compute_kernel_size((side, side))
    out = paint_shadow(canvas, render_drop_shadow(mask, (10, 6), size))
    moved = np.roll(mask, (6, 10), (0, 1)).astype(np.float64) / 255
    soft = cv2.GaussianBlur(moved, (size, size), 0, borderType=cv2.BORDER_CONSTANT)
    expected = canvas * (1 - 0.3 * soft[..., None])
    assert np.abs(out - expected).max() <= 1.5
    assert_image_equal(mask, before)


def test_the_shadow_has_no_hard_edge():
    canvas = np.full((1024, 1024, 3), 255, np.uint8)
    box = np.full((400, 400), 255, np.uint8)
    out = paint_shadow(canvas, render_drop_shadow(box, (300, 308), 75)).astype(int)
    assert out.min() == pytest.approx(255 * 0.7, abs=1)
    assert np.abs(np.diff(out, axis=0)).max() < 4 and np.abs(np.diff(out, axis=1)).max() < 4


@pytest.mark.parametrize(
    ("azimuth", "pitch", "right", "down"),
    [(90, 15, -1, 1), (270, 15, 1, 1), (0, 90, 0, -1), (180, 90, 0, 1), (90, 90, -1, 0)],
)
def test_the_shadow_falls_away_from_the_light(azimuth, pitch, right, down):
    scene = Scene(camera_pitch=pitch, light=Light(azimuth, 45, 0.5))
    offset = compute_drop_offset(scene, (1024, 1024))
    assert (np.sign(offset[0]), np.sign(offset[1])) == (right, down)


def test_without_a_light_the_shadow_falls_straight_down():
    right, down = compute_drop_offset(Scene(), (1024, 1024))
    assert right == 0 and down > 0
