"""Contrast and height of text on an ad."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.finishing.engine import Lettering, TextLine
from services.finishing.engines.pillow.lettering import draw_lettering
from services.finishing.quality.lettering import judge_legibility, judge_text_height
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from tests.support.studio_shots import SIDE, assess_shot, draw_ground, draw_mask


def write(ground, ink, scale=0.8):
    """Returns an assessed picture with a line of text on a ground, both gray levels.

    scale: of OpenCV's font.
    """
    shot = assess_shot(draw_ground(0, (ground,) * 3), draw_mask(100, 150, 30))
    lettered = shot.ad.copy()
    line = write_line(lettered, "Offer", (10, 60), ink, scale)
    return replace(shot, lettered=lettered, text_lines=[line])


def write_line(picture, text, corner, ink, scale=0.8):
    """Writes text into a picture, at its bottom left corner (x, y)."""
    cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, (ink,) * 3, 2)
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    return TextLine((corner[0], corner[1] - height, width, height), height, (ink,) * 3)


@pytest.mark.parametrize(
    ("ground", "ink", "ratio", "verdict"),
    [
        (255, 0, 21, PASS),
        (0, 255, 21, PASS),
        # WCAG 2.2: #767676 is the lightest gray of 4.5 on white, #949494 that of 3.
        (255, 0x76, 4.54, PASS),
        (255, 0x90, 3.2, WARN),
        (255, 0xC0, 1.8, FAIL),
        (120, 110, 1.2, FAIL),
    ],
)
def test_the_contrast_ratio_is_that_of_wcag(ground, ink, ratio, verdict):
    judged = judge_legibility(write(ground, ink))
    assert judged.value == pytest.approx(ratio, rel=0.05) and judged.verdict == verdict


def test_the_worst_line_counts():
    shot = write(255, 0)
    lettered = shot.lettered.copy()
    shade = shot.ad.copy()
    shade[80:110], lettered[80:110] = 30, 30
    lines = [*shot.text_lines, write_line(lettered, "now", (10, 104), 0)]
    shaded = replace(shot, ad=shade, lettered=lettered, text_lines=lines)
    assert judge_legibility(shaded).verdict == FAIL


def test_small_text_is_warned_of():
    assert judge_text_height(write(255, 0)).verdict == PASS
    shot = write(255, 0, scale=0.5)
    large = replace(
        shot,
        ad=cv2.copyMakeBorder(shot.ad, 0, 800, 0, 800, cv2.BORDER_REPLICATE),
        lettered=cv2.copyMakeBorder(shot.lettered, 0, 800, 0, 800, cv2.BORDER_REPLICATE),
    )
    assert judge_text_height(large).verdict != PASS


def test_an_ad_without_text_passes_and_one_whose_text_is_not_known_is_unknown():
    shot, bare = assess_shot(), assess_shot(has_lettering=False)
    for judge in (judge_legibility, judge_text_height):
        assert judge(bare).verdict == PASS
        assert judge(shot).verdict == UNKNOWN
        assert judge(assess_shot(has_lettering=True)).verdict == UNKNOWN
        assert judge(replace(shot, lettered=shot.ad)).measured == "no text"


def test_the_engines_own_lettering_can_be_read():
    shot = assess_shot(draw_ground(2, (235, 230, 225)), draw_mask(100, 150, 30))
    lettered = letter(shot, Lettering(headline="Offer", button="Buy"))
    assert judge_legibility(lettered).verdict == PASS
    assert np.any(lettered.lettered != shot.ad)


def letter(shot, lettering):
    """Returns an assessed picture with lettering that the engine draws."""
    drawn = draw_lettering(shot.ad, shot.mask, lettering)
    return replace(shot, lettered=drawn.pixels, text_lines=drawn.lines)


@pytest.mark.parametrize("headline", ["Лёгкий шаг", "Đặt hàng ngay", "Fährt überall", "a-a"])
def test_accents_and_buttons_are_no_lines_of_their_own(headline):
    shot = assess_shot(draw_ground(0, (235,) * 3), draw_mask(100, 150, 30))
    plain, accented = (letter(shot, Lettering(each, size=0.08)) for each in ("Offer", headline))
    assert judge_text_height(accented).value == judge_text_height(plain).value


def test_the_smallest_text_counts_that_of_a_button_as_well():
    shot = assess_shot(draw_ground(0, (235,) * 3), draw_mask(100, 150, 30))
    bare, with_button = (letter(shot, Lettering("Offer", each, size=0.08)) for each in ("", "Buy"))
    assert judge_text_height(with_button).value < 0.7 * judge_text_height(bare).value


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("color", [None, (170, 30, 40)])
def test_the_engines_lettering_meets_the_contrast_on_mixed_grounds(seed, color):
    patches = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    ground = cv2.resize(patches, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    shot = assess_shot(ground, draw_mask(100, 150, 30))
    lettered = letter(shot, Lettering("Soft leather", "Buy", color=color))
    assert judge_legibility(lettered).verdict == PASS


def test_a_short_line_over_a_dark_spot_can_be_read():
    lettering = Lettering("Made for long days\nI")
    plain = assess_shot(draw_ground(0, (225,) * 3), draw_mask(100, 150, 30))
    x, y, width, height = letter(plain, lettering).text_lines[1].box
    plain.ad[y - 4 : y + height + 4, x - 4 : x + width + 4] = 40
    assert judge_legibility(letter(plain, lettering)).verdict == PASS


def test_ground_of_the_texts_own_color_counts():
    shot = assess_shot(draw_ground(0, (255,) * 3), draw_mask(100, 150, 30))
    shot.ad[:, 40:60] = 0
    lettered = shot.ad.copy()
    line = write_line(lettered, "Offer", (10, 60), 255)
    judged = judge_legibility(replace(shot, lettered=lettered, text_lines=[line]))
    assert judged.value == 1 and judged.verdict == FAIL
