"""Clipped tones and lifted blacks of the product."""

import numpy as np
import pytest

from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.tones import judge_clipping, judge_lifted_blacks
from tests.support.lit_ads import assess, draw_background, paste_color

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@pytest.mark.parametrize(
    ("color", "wall", "verdict"),
    [
        (WHITE, (120, 120, 120), FAIL),
        (BLACK, (120, 120, 120), FAIL),
        (WHITE, WHITE, PASS),
        (BLACK, BLACK, PASS),
        ((120, 120, 120), WHITE, PASS),
        ((120, 120, 120), (90, 90, 90), PASS),
    ],
)
def test_clipped_products_fail_unless_the_backdrop_is_clipped_too(color, wall, verdict):
    ad = paste_color(draw_background(wall, wall), color)
    assert judge_clipping(assess(ad)).verdict == verdict


def test_blown_out_surroundings_are_warned_of():
    background = draw_background()
    background[:, 132:] = 255
    assert judge_clipping(assess(paste_color(background, (90, 90, 90)))).verdict == WARN


@pytest.mark.parametrize(("lift", "verdict"), [(0, PASS), (6, PASS), (20, WARN), (50, FAIL)])
def test_a_black_product_is_milky_once_its_black_is_lifted(lift, verdict):
    dark = draw_background(table=(10, 10, 10))
    judged = judge_lifted_blacks(assess(paste_color(dark, (12 + lift,) * 3)))
    assert judged.verdict == verdict and judged.value == pytest.approx(2 + lift, abs=2)


@pytest.mark.parametrize("color", [(200, 200, 200), (80, 80, 80), (20, 40, 120), (30, 48, 40)])
def test_bright_and_colored_products_have_no_black_to_lift(color):
    assert judge_lifted_blacks(assess(paste_color(draw_background(), color))).verdict == PASS


def test_a_gray_product_with_darker_creases_is_no_faded_black_one():
    gray = np.full((200, 200, 3), 60, np.uint8)
    gray[100, 80:120] = 45
    assert judge_lifted_blacks(assess(paste_color(draw_background(), gray))).verdict == PASS


@pytest.mark.parametrize(("columns", "verdict"), [(2, PASS), (8, WARN), (30, FAIL)])
def test_a_product_may_have_reflexes_but_no_white_parts_without_detail(columns, verdict):
    product = np.full((200, 200, 3), 120, np.uint8)
    product[:, 90 : 90 + columns] = 255
    assert judge_clipping(assess(paste_color(draw_background(), product))).verdict == verdict


def test_without_a_product_no_tones_are_known():
    nothing = AssessedPicture(np.zeros((50, 50, 3), np.uint8))
    assert judge_clipping(nothing).verdict == judge_lifted_blacks(nothing).verdict == UNKNOWN
