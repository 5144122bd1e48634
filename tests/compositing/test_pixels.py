from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.compositing.color_shift import color_shift
from services.compositing.engines.opencv.shadow import drop_shadow, kernel_size, shadow_offset
from services.compositing.engines.opencv.tint import tint
from services.compositing.layers import Product, Shadow, alpha_on_canvas, lay
from services.imaging.resizing import premultiply, resize_premultiplied
from services.imaging.scene import Light, Scene
from tests.support.pictures import assert_image_equal, draw_cutout


@pytest.fixture
def cutout():
    return draw_cutout()


@pytest.fixture
def canvas():
    return np.full((200, 240, 3), (90, 120, 150), np.uint8)


def paste(canvas, cutout, x, y):
    return lay(canvas, None, Product(premultiply(cutout), x, y))


def shaded(canvas, shadow, opacity=0.3):
    """Lays a shadow at 30 %, and a product that covers nothing."""
    nothing = Product(np.zeros((1, 1, 4), np.uint8), 0, 0)
    return lay(canvas, replace(shadow, opacity=opacity), nothing)


def test_opaque_pixels_are_pasted_exactly_and_clear_ones_leave_the_background(canvas, cutout):
    out = paste(canvas, cutout, 30, 40)
    placed = out[40:160, 30:110]
    opaque = cutout[..., 3] == 255
    assert_image_equal(placed[opaque], cutout[opaque][:, :3])
    clear = cutout[..., 3] == 0
    assert (placed[clear] == (90, 120, 150)).all()


def test_half_transparent_pixels_mix_half_and_half(canvas):
    half = np.full((1, 1, 4), (210, 0, 30, 128), np.uint8)
    assert np.abs(paste(canvas, half, 0, 0)[0, 0].astype(int) - (150, 60, 90)).max() <= 1


@pytest.mark.parametrize(("x", "y"), [(-20, -30), (200, 150), (-500, 0), (0, 500)])
def test_what_lies_beyond_the_canvas_is_left_out(canvas, cutout, x, y):
    wide = np.zeros((1400, 1400, 4), np.uint8)
    wide[600 + y : 720 + y, 600 + x : 680 + x] = cutout
    expected = paste(np.pad(canvas, ((600, 1000), (600, 1000), (0, 0))), wide, 0, 0)
    assert_image_equal(paste(canvas, cutout, x, y), expected[600:800, 600:840])
    alpha = alpha_on_canvas((200, 240), Product(cutout, x, y))
    assert_image_equal(alpha, wide[600:800, 600:840, 3])


def test_arguments_stay_as_they_were(canvas, cutout):
    before = canvas.copy(), cutout.copy()
    paste(canvas, cutout, 5, 5)
    tint(cutout, canvas, 0.3)
    shaded(canvas, drop_shadow(cutout[..., 3].copy(), (1, 1), 9))
    assert_image_equal(canvas, before[0])
    assert_image_equal(cutout, before[1])


@pytest.mark.parametrize("tone", [0, 255])
def test_a_rim_is_no_darker_or_lighter_than_its_product_and_its_ground(tone):
    cutout = draw_cutout(300, 200)
    cutout[..., :3] = (190, 60, 40)
    ground = np.full((200, 240, 3), tone, np.uint8)
    small = resize_premultiplied(premultiply(cutout), 111, 167)
    out = lay(ground, None, Product(small, 20, 20))
    low, high = np.minimum((190, 60, 40), tone), np.maximum((190, 60, 40), tone)
    assert (out >= low - 1).all() and (out <= high + 1).all()


def test_tint_of_zero_leaves_the_product_alone(canvas, cutout):
    assert_image_equal(tint(cutout, canvas, 0), cutout)


def test_tint_pulls_colours_towards_the_surroundings(canvas, cutout):
    product = premultiply(cutout)
    tinted = tint(product, canvas, 0.25)
    share = cutout[..., 3:] / 255
    expected = product[..., :3] * 0.75 + np.array((90, 120, 150)) * share * 0.25
    assert np.abs(tinted[..., :3] - expected).max() <= 1
    assert_image_equal(tinted[..., 3], cutout[..., 3])


@pytest.mark.parametrize(("side", "kernel"), [(1024, 75), (2048, 149), (512, 37), (64, 5)])
def test_the_blur_kernel_is_75_at_1024_and_grows_with_the_picture(side, kernel):
    assert kernel_size((side, side // 2)) == kernel


@pytest.mark.parametrize("side", [200, 1024, 1500])
def test_the_shadow_is_the_blurred_silhouette_at_30_percent(side):
    canvas = np.full((side, side, 3), (90, 200, 150), np.uint8)
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), side // 5, 255, -1)
    size = kernel_size((side, side))
    out = shaded(canvas, drop_shadow(mask, (10, 6), size))
    moved = np.roll(mask, (6, 10), (0, 1)).astype(np.float64) / 255
    soft = cv2.GaussianBlur(moved, (size, size), 0, borderType=cv2.BORDER_CONSTANT)
    expected = canvas * (1 - 0.3 * soft[..., None])
    assert np.abs(out - expected).max() <= 1.5


def test_the_shadow_has_no_hard_edge():
    canvas = np.full((1024, 1024, 3), 255, np.uint8)
    box = np.full((400, 400), 255, np.uint8)
    out = shaded(canvas, drop_shadow(box, (300, 308), 75)).astype(int)
    assert out.min() == pytest.approx(255 * 0.7, abs=1)
    assert np.abs(np.diff(out, axis=0)).max() < 4 and np.abs(np.diff(out, axis=1)).max() < 4


@pytest.mark.parametrize("color", [(0, 0, 0), (28, 28, 28), (200, 40, 90)])
def test_a_shadow_mixes_the_ground_with_its_colour(canvas, color):
    full = Shadow(np.full((200, 240), 255, np.uint8), 0, 0, color=color)
    expected = canvas * 0.6 + np.array(color) * 0.4
    assert np.abs(shaded(canvas, full, 0.4) - expected).max() <= 1


def test_no_opacity_means_no_shadow(canvas):
    shadow = drop_shadow(np.full((40, 40), 255, np.uint8), (3, 3), 15)
    assert_image_equal(shaded(canvas, shadow, 0.0), canvas)


@pytest.mark.parametrize(
    ("azimuth", "pitch", "right", "down"),
    [(90, 15, -1, 1), (270, 15, 1, 1), (0, 90, 0, -1), (180, 90, 0, 1), (90, 90, -1, 0)],
)
def test_the_shadow_falls_away_from_the_light(azimuth, pitch, right, down):
    scene = Scene(camera_pitch=pitch, light=Light(azimuth, 45, 0.5))
    offset = shadow_offset(scene, (1024, 1024))
    assert (np.sign(offset[0]), np.sign(offset[1])) == (right, down)


def test_without_a_light_the_shadow_falls_straight_down():
    assert shadow_offset(Scene(), (1024, 1024))[0] == 0
    assert shadow_offset(Scene(), (1024, 1024))[1] > 0


def test_color_shift_is_nothing_without_a_tint_and_grows_with_it():
    product = premultiply(draw_cutout())
    assert color_shift(product, product) == 0
    shifted = product.copy()
    shifted[..., 1] = cv2.add(shifted[..., 1], 20)
    assert color_shift(product, shifted) > 3
