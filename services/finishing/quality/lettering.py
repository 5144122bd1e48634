"""Judges whether text on the ad can be read: its contrast and its size."""

import cv2
import numpy as np

from services.finishing.engine import TextLine
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import crop_to_box, widen_box
from services.imaging.color import luminance_from_srgb

# Contrast ratios that WCAG 2.2, success criterion 1.4.3, asks of text and of large text.
LEGIBILITY = JudgingScale(
    "legibility",
    best=7.0,
    good=4.5,
    bad=3.0,
    unit="",
    note="Contrast ratio of the text and what is behind it, of the worst line.",
    remedy="Set lettering.top, right, bottom or left so that the text moves to a calmer part.",
)
# Shares of the picture's shorter side. On a phone 375 points wide, 0.02 of it is 7 points, about
# the height of capitals in its smallest captions. Larger: more warnings.
TEXT_HEIGHT = JudgingScale(
    "text_height",
    best=0.04,
    good=0.02,
    bad=0.012,
    unit="",
    note="Height of the smallest text's capitals, as a share of the picture's shorter side.",
    remedy="Shorten the text, or make the product smaller, so that the text has more room.",
)
# What WCAG 2.2 adds to both luminances in its contrast ratio, for light that the screen reflects.
FLARE = 0.05
# Percentiles of the ground's luminance that count as its darkest and its lightest part: what lies
# behind few letters leaves a line readable. Nearer to 0 and 100: lower contrasts.
DARKEST_PERCENTILE, LIGHTEST_PERCENTILE = 25, 75
# Pixels around a letter that are neither text nor ground, as antialiasing mixes them.
SOFT_EDGE = 1


def judge_legibility(picture: AssessedPicture) -> AdMeasurement:
    """Judges the contrast of the text and the ground around its letters; passes ads without."""
    if picture.lettered is None:
        return _judge_without_text(picture, LEGIBILITY)
    if not picture.text_lines:
        return LEGIBILITY.pass_over("no text")
    contrasts = [
        measure_contrast(picture.ad, picture.lettered, line) for line in picture.text_lines
    ]
    return LEGIBILITY.judge(min(contrasts))


def judge_text_height(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the smallest text is high enough to be read; passes ads without."""
    if picture.lettered is None:
        return _judge_without_text(picture, TEXT_HEIGHT)
    if not picture.text_lines:
        return TEXT_HEIGHT.pass_over("no text")
    lowest = min(line.capital_height for line in picture.text_lines)
    return TEXT_HEIGHT.judge(lowest / min(picture.ad.shape[:2]))


def _judge_without_text(picture: AssessedPicture, scale: JudgingScale) -> AdMeasurement:
    """Returns the measurement of an ad whose text is not known apart from the picture under it."""
    known = picture.circumstances
    if known.HasField("has_lettering") and not known.has_lettering:
        return scale.pass_over("no text")
    return scale.skip("not known", "Read the text, if there is any.")


def measure_contrast(ad: np.ndarray, lettered: np.ndarray, line: TextLine) -> float:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of a line and its least different ground.

    1 where nothing around it has another color. Letters are pixels that were changed to its color.

    ad, lettered: uint8 RGB (H, W, 3), without and with the text.
    """
    margin = SOFT_EDGE + max(1, line.box[3] // 8)
    around = widen_box(line.box, margin, *ad.shape[:2])
    colors = crop_to_box(lettered, around)
    changed = (colors != crop_to_box(ad, around)).any(axis=2)
    letters = changed & (colors == np.array(line.color, np.uint8)).all(axis=2)
    side = 2 * SOFT_EDGE + 1
    near = cv2.dilate(letters.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    if near.all():
        near = letters
    if near.all():
        return 1.0
    text = float(luminance_from_srgb(np.array([line.color], np.uint8))[0])
    ground = luminance_from_srgb(colors[~near])
    darkest, lightest = np.percentile(ground, (DARKEST_PERCENTILE, LIGHTEST_PERCENTILE))
    nearest = float(np.clip(text, darkest, lightest))
    return (max(text, nearest) + FLARE) / (min(text, nearest) + FLARE)


MEASUREMENTS = (judge_legibility, judge_text_height)
