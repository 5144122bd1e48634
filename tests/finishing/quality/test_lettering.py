"""Contrast and height of text on an ad."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.fonts import open_operator_font
from services.finishing.engines.pillow.lettering import draw_lettering
from services.finishing.quality.lettering import judge_legibility, judge_text_height
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from tests.support.studio_shots import assess_shot, draw_ground, draw_mask


def write(ground, ink, scale=0.8):
    """Returns an assessed picture with a line of text on a ground, both gray levels."""
    shot = assess_shot(draw_ground(0, (ground,) * 3), draw_mask(100, 150, 30))
    lettered = shot.ad.copy()
    place = (10, 60), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(lettered, "Offer", *place, scale, (ink,) * 3, 2)
    return replace(shot, lettered=lettered)


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
    cv2.putText(lettered, "now", (10, 104), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
    assert judge_legibility(replace(shot, ad=shade, lettered=lettered)).verdict == FAIL


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
        assert judge(replace(shot, lettered=shot.ad)).verdict == PASS


def test_the_engines_own_lettering_can_be_read():
    shot = assess_shot(draw_ground(2, (235, 230, 225)), draw_mask(100, 150, 30))
    lettered = draw_lettering(
        shot.ad, shot.mask, Lettering(headline="Offer", button="Buy"), open_operator_font("")
    ).pixels
    assert judge_legibility(replace(shot, lettered=lettered)).verdict == PASS
    assert np.any(lettered != shot.ad)
