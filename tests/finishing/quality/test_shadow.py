"""The side on which the shadow lies, with and without the picture before the shadow."""

import pytest

from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN
from services.finishing.quality.shadow import judge_shadow_side, measure_shadow_lean
from tests.support.lit_ads import GRAY, assess, describe_light, draw_background, paste_color


def draw_shadow(offset: int):
    """The ad with a shadow on the table, `offset` pixels right of the product's middle."""
    background = draw_background()
    background[142:158, 75 + offset : 125 + offset] //= 2
    return paste_color(background, GRAY)


@pytest.mark.parametrize("knows_composite", [True, False])
@pytest.mark.parametrize(("azimuth", "verdict"), [(60, PASS), (300, FAIL), (0, PASS), (180, PASS)])
def test_a_shadow_falls_away_from_the_light(azimuth, verdict, knows_composite):
    composite = paste_color(draw_background(), GRAY) if knows_composite else None
    ad = assess(draw_shadow(-30), composite, **describe_light(azimuth))
    assert judge_shadow_side(ad).verdict == verdict


@pytest.mark.parametrize("knows_composite", [True, False])
def test_ground_without_a_shadow_shows_no_side(knows_composite):
    plain = paste_color(draw_background(), GRAY)
    ad = assess(plain, plain if knows_composite else None, **describe_light(60))
    assert judge_shadow_side(ad).verdict == UNKNOWN


def test_uneven_ground_shows_no_shadow():
    ad = draw_shadow(-30)
    ad[120::4] = 60
    assert measure_shadow_lean(assess(ad)) is None
