import cv2
import numpy as np
import pytest

from services.compositing.paste import alpha_on_canvas, paste
from services.compositing.shadow import drop_shadow, kernel_size, shadow_offset
from services.compositing.tint import tint
from services.runtime.resizing import resize_rgba
from services.runtime.scene import Light, Scene
from tests.pictures import assert_image_equal, draw_cutout


@pytest.fixture
def cutout():
    return draw_cutout()


@pytest.fixture
def canvas():
    return np.full((200, 240, 3), (90, 120, 150), np.uint8)


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
    assert_image_equal(alpha_on_canvas((200, 240), cutout, x, y), wide[600:800, 600:840, 3])


def test_arguments_stay_as_they_were(canvas, cutout):
    before = canvas.copy(), cutout.copy()
    paste(canvas, cutout, 5, 5)
    tint(cutout, canvas, 0.3)
    drop_shadow(canvas, canvas[..., 0], (1, 1), 0.3)
    assert_image_equal(canvas, before[0])
    assert_image_equal(cutout, before[1])


def test_shrinking_does_not_bleed_colours_that_alpha_hides(cutout):
    cutout[cutout[..., 3] == 0, :3] = (0, 255, 0)
    solid = np.full(3, (190, 60, 40))
    small = resize_rgba(cutout, 20, 30)
    lower = small[20:]
    rim = lower[(lower[..., 3] > 8) & (lower[..., 3] < 250)]
    assert len(rim) and np.abs(rim[:, :3].astype(int) - solid).max() <= 3


def test_the_same_size_gives_the_same_pixels(cutout):
    assert_image_equal(resize_rgba(cutout, 80, 120), cutout)


def test_enlarging_keeps_flat_colours_flat(cutout):
    large = resize_rgba(cutout, 320, 480)
    assert (large[440, 100:200, :3] == (190, 60, 40)).all() and large.shape == (480, 320, 4)


def test_tint_of_zero_leaves_the_product_alone(canvas, cutout):
    assert_image_equal(tint(cutout, canvas, 0), cutout)


def test_tint_pulls_colours_towards_the_surroundings(canvas, cutout):
    tinted = tint(cutout, canvas, 0.25)
    expected = cutout[..., :3] * 0.75 + np.array((90, 120, 150)) * 0.25
    assert np.abs(tinted[..., :3] - expected).max() <= 1
    assert_image_equal(tinted[..., 3], cutout[..., 3])


@pytest.mark.parametrize(("side", "kernel"), [(1024, 75), (2048, 149), (512, 37), (64, 5)])
def test_the_blur_kernel_is_75_at_1024_and_grows_with_the_picture(side, kernel):
    assert kernel_size((side, side // 2)) == kernel


def test_the_shadow_is_the_blurred_silhouette_at_30_percent(canvas):
    mask = np.zeros((200, 240), np.uint8)
    cv2.circle(mask, (120, 100), 40, 255, -1)
    out = drop_shadow(canvas, mask, (10, 6), 0.3)
    size = kernel_size((200, 240))
    moved = np.roll(mask, (6, 10), (0, 1)).astype(np.float64) / 255
    weight = 0.3 * cv2.GaussianBlur(moved, (size, size), 0)[..., None]
    expected = canvas * (1 - weight) + 28 * weight
    assert np.abs(out - expected).max() <= 1.5


def test_the_shadow_has_no_hard_edge(canvas):
    large = cv2.resize(canvas, (1024, 1024))
    mask = np.zeros((1024, 1024), np.uint8)
    mask[300:700, 300:700] = 255
    out = drop_shadow(large, mask, (0, 8), 0.3).astype(int)
    assert np.abs(np.diff(out, axis=0)).max() < 4 and np.abs(np.diff(out, axis=1)).max() < 4


def test_no_opacity_means_no_shadow(canvas):
    assert_image_equal(drop_shadow(canvas, canvas[..., 0], (3, 3), 0.0), canvas)


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
