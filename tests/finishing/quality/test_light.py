"""The side, color and brightness of the light on the product against the scene's."""

import numpy as np
import pytest

from cyclorama.v1 import scene_pb2
from services.finishing.quality.light import judge_light_agreement, judge_light_side
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from tests.support.lit_ads import SIDE, assess, describe_light, draw_background, paste_color

WARM = (255, 215, 150)


@pytest.mark.parametrize(
    ("photo", "scene", "verdict"),
    [(60, 60, PASS), (300, 300, PASS), (60, 0, PASS), (60, 120, PASS), (60, 300, WARN)],
)
def test_the_photos_light_comes_from_the_scenes_side(photo, scene, verdict):
    ad = paste_color(draw_background(), (120, 120, 120))
    view = scene_pb2.View(light_azimuth=photo)
    judged = judge_light_side(assess(ad, view=view, **describe_light(scene)))
    assert judged.verdict == verdict


def test_without_a_view_the_products_shading_shows_its_light():
    # A cylinder with light and a highlight on the right.
    across = np.linspace(-1, 1, SIDE) * 100 / 30
    levels = np.clip(110 + 80 * across, 20, 220)[np.newaxis, :, np.newaxis]
    shaded = np.broadcast_to(levels, (SIDE, SIDE, 3)).copy()
    shaded[70:100, 115:118] = 255
    ad = paste_color(draw_background(), shaded)
    assert judge_light_side(assess(ad, **describe_light(60))).value == 0
    assert judge_light_side(assess(ad, **describe_light(300))).value == pytest.approx(120)


def test_soft_light_and_flat_products_have_no_wrong_side():
    ad = paste_color(draw_background(), (120, 120, 120))
    view = scene_pb2.View(light_azimuth=60)
    soft = describe_light(300, softness=1.0)
    assert judge_light_side(assess(ad, view=view, **soft)).verdict == PASS
    assert judge_light_side(assess(ad, **describe_light(300))).verdict == PASS


def test_an_unknown_light_has_no_side():
    assert judge_light_side(assess(draw_background())).verdict == UNKNOWN


def test_a_white_product_in_its_scenes_light_agrees():
    ad = paste_color(draw_background(), (200, 200, 200))
    assert judge_light_agreement(assess(ad, **describe_light())).verdict == PASS
    warm = paste_color(draw_background(wall=(200, 160, 110)), (200, 168, 118))
    assert judge_light_agreement(assess(warm, **describe_light(color=WARM))).verdict == PASS


def test_a_cold_product_in_warm_light_is_warned_of():
    ad = paste_color(draw_background(wall=(200, 160, 110)), (180, 200, 225))
    assert judge_light_agreement(assess(ad, **describe_light(color=WARM))).verdict == WARN


@pytest.mark.parametrize("share", [0.12, -0.12])
def test_a_cast_is_worse_the_stronger_it_is(share):
    values = [
        judge_light_agreement(assess(paste_color(draw_background(), color), **describe_light()))
        for color in ((220 * (1 + s), 220, 220 * (1 - s)) for s in (0, share / 2, share))
    ]
    assert values[0].value < values[1].value < values[2].value
    assert values[0].verdict == PASS and values[2].verdict == WARN


@pytest.mark.parametrize(
    "color", [(40, 80, 190), (225, 180, 60), (170, 120, 80), (60, 150, 80), (200, 60, 50)]
)
def test_a_colored_product_has_no_cast(color):
    ad = paste_color(draw_background(wall=(200, 160, 110)), color)
    assert judge_light_agreement(assess(ad, **describe_light(color=WARM))).verdict == PASS
    assert judge_light_agreement(assess(ad, **describe_light())).verdict == PASS


def test_a_product_that_outshines_a_dark_scene_fails():
    dark = draw_background(wall=(40, 36, 34), table=(30, 28, 26))
    values = [
        judge_light_agreement(assess(paste_color(dark, (level,) * 3), **describe_light())).value
        for level in (60, 140, 240)
    ]
    assert values == sorted(values)
    bright = judge_light_agreement(assess(paste_color(dark, (240, 240, 240))))
    assert bright.verdict == FAIL
