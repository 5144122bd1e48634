"""Compares composites with the usual recipe for pasted products.

The usual recipe: paste a binary cut-out at the middle, tint it with a constant color, and darken
the ground by a blurred rectangle that is cut off at the product's mask.
"""

import cv2
import numpy as np
import pytest

from services.compositing.engine import CompositeOptions
from services.compositing.engines import CompositingSettings, open_engine
from services.finishing.quality.halo import measure_halo
from services.imaging.delta_e import delta_e
from services.imaging.scene import Light, Scene

SIDE = 1024
SCENE = Scene(ground_line=0.82, light=Light(300, 45, 0.5))
RED = (200, 40, 50)


@pytest.fixture
def engine():
    return open_engine("opencv", CompositingSettings())


@pytest.fixture
def white():
    return np.full((SIDE, SIDE, 3), 255, np.uint8)


def draw_disc(hidden=RED) -> np.ndarray:
    """A red disc of RGBA (600, 600) with a soft edge over hidden colors."""
    alpha = np.zeros((600, 600), np.uint8)
    cv2.circle(alpha, (300, 300), 280, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (5, 5), 0)
    cutout = np.dstack([np.full((600, 600, 3), RED, np.uint8), alpha])
    cutout[alpha == 0, :3] = hidden
    return cutout


def find_largest_step(layer: np.ndarray) -> int:
    whole = layer.astype(int)
    return max(np.abs(np.diff(whole, axis=axis)).max() for axis in (0, 1))


def test_the_shadow_has_no_visible_edge(engine, white):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (512, 560), 280, 255, -1)
    box = np.zeros_like(mask)
    box[280:840, 232:792] = 255
    soft = cv2.GaussianBlur(box, (75, 75), 0) / 255 * 0.3
    usual = np.where(mask > 0, 255 * (1 - soft), 255)
    assert find_largest_step(usual) > 40
    result = engine.composite(draw_disc(), white, SCENE, [], CompositeOptions())
    behind = np.full((SIDE, SIDE), 255, np.uint8)
    depth, at = result.shadow.depth, result.shadow
    rows = slice(at.y, at.y + depth.shape[0])
    columns = slice(at.x, at.x + depth.shape[1])
    shaded = np.rint(255 * (1 - depth / 255 * at.opacity))
    behind[rows, columns] = shaded[: SIDE - at.y, : SIDE - at.x]
    assert find_largest_step(behind) < 4
    assert 1 - behind.min() / 255 == pytest.approx(0.3, abs=0.02)


def test_the_mask_follows_the_silhouette(engine, white):
    result = engine.composite(draw_disc(), white, SCENE, [], CompositeOptions())
    x, y, width, height = cv2.boundingRect(result.mask)
    rectangle = width * height
    assert (result.mask == 255).sum() < 0.8 * rectangle
    corner = result.mask[y : y + height // 8, x : x + width // 8]
    assert not corner.any()


def test_a_locked_product_keeps_its_colors(engine, white):
    usual = cv2.addWeighted(np.full((9, 9, 3), RED, np.uint8), 0.95, white[:9, :9] // 10, 0.05, 0)
    assert delta_e(usual, np.full_like(usual, RED)).mean() > 1
    result = engine.composite(draw_disc(), white, SCENE, [], CompositeOptions(tint=0, locked=True))
    product = result.pixels[result.mask == 255]
    assert delta_e(product, np.full_like(product, RED)).max() < 0.5


def test_the_tint_follows_the_background(engine):
    tinted = []
    for ground in ((0, 0, 255), (0, 255, 0)):
        canvas = np.full((256, 256, 3), ground, np.uint8)
        result = engine.composite(draw_disc(), canvas, SCENE, [], CompositeOptions(tint=0.2))
        tinted.append(result.pixels[result.mask == 255].mean(axis=0))
    assert tinted[0][2] > tinted[1][2] + 30 and tinted[1][1] > tinted[0][1] + 30


def test_the_product_stands_on_the_ground_line(engine, white):
    result = engine.composite(draw_disc(), white, SCENE, [], CompositeOptions())
    foot = np.flatnonzero((result.mask >= 128).any(axis=1))[-1] + 1
    assert abs(foot - 0.82 * SIDE) <= 2
    usual = (SIDE + result.placement.height) // 2
    assert abs(usual - 0.82 * SIDE) > 10


def test_edges_are_antialiased(engine, white):
    result = engine.composite(draw_disc(), white, SCENE, [], CompositeOptions())
    half = (result.mask > 16) & (result.mask < 240)
    outline = cv2.arcLength(
        cv2.findContours((result.mask > 127).astype(np.uint8), 0, cv2.CHAIN_APPROX_NONE)[0][0], True
    )
    assert half.sum() > 0.8 * outline


@pytest.mark.parametrize(
    ("ground", "hidden"), [(255, (0, 0, 0)), (255, (0, 255, 0)), (0, (255, 255, 255))]
)
def test_hidden_colors_leave_no_rim_when_resized(engine, ground, hidden):
    cutout, canvas = draw_disc(hidden), np.full((SIDE, SIDE, 3), ground, np.uint8)
    clear = cutout[..., 3] < 128
    cutout[clear] = (*hidden, 0)
    cutout[~clear, 3] = 255
    straight = cv2.resize(cutout, (300, 300), interpolation=cv2.INTER_AREA)
    share = straight[..., 3:] / 255
    usual = np.rint(straight[..., :3] * share + ground * (1 - share)).astype(np.uint8)
    result = engine.composite(
        cutout, canvas, SCENE, [], CompositeOptions(tint=0, shadow="none", width_share=0.3)
    )
    ours, theirs = measure_halo(result.pixels, result.mask), measure_halo(usual, straight[..., 3])
    assert ours < 1 and theirs > 5 * ours and theirs > 2


def test_a_hidden_green_leaves_no_rim_on_white_or_black(engine):
    """Resizing does not bring back the color that was removed from a cut-out's edge."""
    cutout = draw_disc(hidden=(0, 255, 0))
    for ground in (255, 0):
        canvas = np.full((512, 512, 3), ground, np.uint8)
        result = engine.composite(
            cutout, canvas, SCENE, [], CompositeOptions(tint=0, shadow="none")
        )
        rim = (result.mask > 0) & (result.mask < 255)
        share = result.mask[rim][:, None] / 255
        clean = np.rint(np.array(RED) * share + ground * (1 - share)).astype(np.uint8)
        assert delta_e(result.pixels[rim], clean).mean() < 1
