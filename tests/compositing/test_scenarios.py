"""Composites that an art director checks first: colored rims, standing in a given scene."""

import cv2
import numpy as np
import pytest

from services.compositing.engine import CompositeOptions
from services.compositing.engines import CompositingSettings, open_engine
from services.imaging.delta_e import delta_e
from services.imaging.scene import Light, Scene
from services.segmentation.engine import SegmentationPrompt
from services.segmentation.engines import SegmentationSettings
from services.segmentation.engines import open_engine as open_segmentation
from tests.support.pictures import assert_image_equal, draw_cutout

RED, GREEN = (196, 34, 40), (40, 190, 60)
RIM = 3


@pytest.fixture(scope="module")
def red_on_green():
    """The cut-out of a red bottle that was photographed on saturated green."""
    photo = np.full((480, 400, 3), GREEN, np.uint8)
    cv2.ellipse(photo, (200, 260), (90, 150), 0, 0, 360, RED, -1, cv2.LINE_AA)
    cv2.rectangle(photo, (175, 60), (225, 160), RED, -1)
    photo = cv2.GaussianBlur(photo, (3, 3), 0)
    noise = np.random.default_rng(0).integers(-3, 4, photo.shape)
    photo = np.clip(photo + noise, 0, 255).astype(np.uint8)
    engine = open_segmentation("classic", SegmentationSettings())
    return engine.segment(photo, SegmentationPrompt()).cutout


@pytest.mark.parametrize("ground", [255, 0])
def test_a_red_product_from_a_green_photo_has_no_green_edge(red_on_green, ground):
    canvas = np.full((600, 600, 3), ground, np.uint8)
    options = CompositeOptions(tint=0, shadow="none")
    result = open_engine("opencv", CompositingSettings()).composite(
        red_on_green, canvas, Scene(), [], options
    )
    solid = (result.mask > 0).astype(np.uint8)
    rim = (solid > 0) & (cv2.erode(solid, np.ones((2 * RIM + 1,) * 2, np.uint8)) == 0)
    share = result.mask[rim][:, None] / 255
    clean = np.rint(np.array(RED) * share + ground * (1 - share)).astype(np.uint8)
    assert delta_e(result.pixels[rim], clean).mean() < 6
    greener = result.pixels[rim].astype(int)[:, 1] - result.pixels[rim].astype(int)[:, 0]
    assert np.percentile(greener, 99) < 20


@pytest.fixture
def table():
    """A photo of a light table in front of a wall, with grain."""
    rows = np.linspace(200, 235, 1024)[:, None, None]
    noise = np.random.default_rng(1).integers(-4, 5, (1024, 1024, 3))
    return np.clip(rows + noise, 0, 255).astype(np.uint8)


LIT_FROM_THE_LEFT = Scene(ground_line=0.83, light=Light(285, 35, 0.4), camera_pitch=25)


@pytest.mark.parametrize("shadow", ["drop", "cast"])
def test_on_a_callers_background_the_product_stands_and_its_shadow_falls_right(table, shadow):
    options = CompositeOptions(tint=0, shadow=shadow, height_share=0.5)
    engine = open_engine("opencv", CompositingSettings())
    result = engine.composite(draw_cutout(900, 500), table, LIT_FROM_THE_LEFT, [], options)
    foot = np.flatnonzero((result.mask >= 128).any(axis=1))[-1] + 1
    assert abs(foot - 0.83 * 1024) <= 2
    at, depth = result.shadow, result.shadow.depth.astype(float)
    assert at.opacity == pytest.approx(0.3)
    middle = at.x + (depth.sum(axis=0) * np.arange(depth.shape[1])).sum() / depth.sum()
    assert middle > result.placement.x + result.placement.width / 2 + 2
    steps = [np.abs(np.diff(depth * at.opacity, axis=axis)).max() for axis in (0, 1)]
    assert max(steps) < 4 or shadow == "cast"
    darker = table.astype(int) - result.pixels
    reach = np.zeros(result.mask.shape, np.uint8)
    rows = slice(max(0, at.y), at.y + depth.shape[0])
    columns = slice(max(0, at.x), at.x + depth.shape[1])
    reach[rows, columns] = 1
    untouched = (reach == 0) & (result.mask == 0)
    assert untouched.sum() > 100_000 and not darker[untouched].any()


def test_a_cast_shadow_softens_with_distance(table):
    options = CompositeOptions(tint=0, shadow="cast", height_share=0.5)
    engine = open_engine("opencv", CompositingSettings())
    result = engine.composite(draw_cutout(900, 500), table, LIT_FROM_THE_LEFT, [], options)
    depth = result.shadow.depth.astype(float)
    profile = depth.max(axis=1)
    steps = np.abs(np.diff(depth, axis=0)).max(axis=1)
    dark = np.flatnonzero(profile > 40)
    foot, far = dark[-1], dark[0]
    assert steps[far : far + 40].max() < steps[foot - 40 : foot].max()


def test_a_locked_product_is_bit_equal_to_the_resized_cutout(table):
    engine = open_engine("opencv", CompositingSettings())
    result = engine.composite(
        draw_cutout(900, 500), table, LIT_FROM_THE_LEFT, [], CompositeOptions(tint=0, locked=True)
    )
    at = result.placement
    part = result.pixels[at.y : at.y + at.height, at.x : at.x + at.width]
    locked = result.untinted[..., 3] == 255
    assert_image_equal(part[locked], np.ascontiguousarray(result.untinted[..., :3])[locked])
