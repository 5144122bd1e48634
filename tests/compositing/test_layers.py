"""Layers are painted by `over`: opaque pixels exactly, soft ones mixed, clipped at the canvas."""

import numpy as np
import pytest

from services.compositing.layers import (
    ProductLayer,
    ShadowLayer,
    paint_layers,
    render_product_mask,
    render_product_rgba,
    render_shadow_rgba,
)
from services.imaging.resizing import premultiply, resize_premultiplied
from tests.support.pictures import assert_image_equal, draw_cutout

GROUND = (90, 120, 150)
NOTHING = ProductLayer(np.zeros((1, 1, 4), np.uint8), 0, 0)


@pytest.fixture
def cutout():
    return draw_cutout()


@pytest.fixture
def canvas():
    return np.full((200, 240, 3), GROUND, np.uint8)


def paste_cutout(canvas, cutout, x, y):
    return paint_layers(canvas, None, ProductLayer(premultiply(cutout), x, y))


def test_opaque_pixels_are_pasted_exactly_and_transparent_ones_leave_the_background(canvas, cutout):
    out = paste_cutout(canvas, cutout, 30, 40)
    placed = out[40:160, 30:110]
    opaque = cutout[..., 3] == 255
    assert_image_equal(placed[opaque], cutout[opaque][:, :3])
    clear = cutout[..., 3] == 0
    assert (placed[clear] == GROUND).all()


def test_half_transparent_pixels_mix_half_and_half(canvas):
    half = np.full((1, 1, 4), (210, 0, 30, 128), np.uint8)
    assert np.abs(paste_cutout(canvas, half, 0, 0)[0, 0].astype(int) - (150, 60, 90)).max() <= 1


@pytest.mark.parametrize(("x", "y"), [(-20, -30), (200, 150), (-500, 0), (0, 500)])
def test_layers_are_clipped_at_the_canvas(canvas, cutout, x, y):
    wide = np.zeros((1400, 1400, 4), np.uint8)
    wide[600 + y : 720 + y, 600 + x : 680 + x] = cutout
    expected = paste_cutout(np.pad(canvas, ((600, 1000), (600, 1000), (0, 0))), wide, 0, 0)
    assert_image_equal(paste_cutout(canvas, cutout, x, y), expected[600:800, 600:840])
    mask = render_product_mask((200, 240), ProductLayer(cutout, x, y))
    assert_image_equal(mask, wide[600:800, 600:840, 3])
    shadow = ShadowLayer(np.ascontiguousarray(cutout[..., 3]), x, y)
    assert_image_equal(render_shadow_rgba((200, 240), shadow)[..., 3].copy(), mask)


def test_painting_does_not_change_its_arguments(canvas, cutout):
    before = canvas.copy(), cutout.copy()
    shadow = ShadowLayer(np.full((50, 50), 200, np.uint8), 3, 3, 0.5)
    paint_layers(canvas, shadow, ProductLayer(cutout, 5, 5))
    assert_image_equal(canvas, before[0])
    assert_image_equal(cutout, before[1])


@pytest.mark.parametrize("tone", [0, 255])
def test_an_edge_is_no_darker_or_lighter_than_product_and_ground(tone):
    cutout = draw_cutout(300, 200)
    cutout[..., :3] = (190, 60, 40)
    ground = np.full((200, 240, 3), tone, np.uint8)
    small = resize_premultiplied(premultiply(cutout), 111, 167)
    out = paint_layers(ground, None, ProductLayer(small, 20, 20))
    low, high = np.minimum((190, 60, 40), tone), np.maximum((190, 60, 40), tone)
    assert (out >= low - 1).all() and (out <= high + 1).all()


@pytest.mark.parametrize("opacity", [0.3, 1.0])
@pytest.mark.parametrize("color", [(0, 0, 0), (28, 28, 28), (200, 40, 90)])
def test_a_shadow_mixes_the_ground_with_its_color_in_proportion_to_its_depth(
    canvas, color, opacity
):
    depth = np.broadcast_to(np.linspace(0, 255, 240).astype(np.uint8), (200, 240)).copy()
    out = paint_layers(canvas, ShadowLayer(depth, 0, 0, opacity, color), NOTHING)
    share = depth[..., None] / 255 * opacity
    expected = canvas * (1 - share) + np.array(color) * share
    assert np.abs(out - expected).max() <= 1


def test_a_shadow_without_opacity_changes_nothing(canvas):
    shadow = ShadowLayer(np.full((40, 40), 255, np.uint8), 3, 3, 0.0)
    assert_image_equal(paint_layers(canvas, shadow, NOTHING), canvas)


def test_rendered_layers_over_the_background_are_the_composite(canvas, cutout):
    """What a picture editor shows when it opens the layers."""
    product = ProductLayer(premultiply(cutout), 30, 40)
    shadow = ShadowLayer(np.full((60, 60), 180, np.uint8), 60, 120, 0.5, (40, 20, 10))
    shown = canvas.astype(float)
    layers = render_shadow_rgba((200, 240), shadow), render_product_rgba((200, 240), product)
    for layer in layers:
        share = layer[..., 3:] / 255
        shown = shown * (1 - share) + layer[..., :3] * share
    assert np.abs(paint_layers(canvas, shadow, product) - shown).max() <= 2


def test_without_a_shadow_its_layer_is_transparent():
    assert not render_shadow_rgba((20, 30), None).any()
