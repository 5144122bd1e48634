"""Judges whether text on the ad can be read: its contrast and its size."""

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.color import luminance_from_srgb
from services.imaging.scene import RGB

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
    note="Height of the lowest line of text, as a share of the picture's shorter side.",
    remedy="Shorten the text, or make the product smaller, so that the text has more room.",
)
# What WCAG 2.2 adds to both luminances in its contrast ratio, for light that the screen reflects.
FLARE = 0.05
# Percentiles of the ground's luminance that count as its darkest and its lightest part: what lies
# behind few letters leaves a line readable. Nearer to 0 and 100: lower contrasts.
DARKEST_PERCENTILE, LIGHTEST_PERCENTILE = 25, 75
# Pixels around a letter that are neither text nor ground, as antialiasing mixes them.
SOFT_EDGE = 1
# Rows of the text's color that make a line. Larger: accents and hyphens are no lines.
MIN_LINE_ROWS = 4


def judge_legibility(picture: AssessedPicture) -> AdMeasurement:
    """Judges the contrast of the text and the ground around its letters; passes ads without."""
    if picture.lettered is None:
        return _judge_without_text(picture, LEGIBILITY)
    ink = find_ink(picture.ad, picture.lettered, picture.ink)
    lines = list(_find_lines(ink))
    if not lines:
        return LEGIBILITY.pass_over("no text")
    return LEGIBILITY.judge(min(measure_contrast(picture.lettered, ink, line) for line in lines))


def judge_text_height(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the lowest line of text is high enough to be read; passes ads without."""
    if picture.lettered is None:
        return _judge_without_text(picture, TEXT_HEIGHT)
    lines = list(_find_lines(find_ink(picture.ad, picture.lettered, picture.ink)))
    if not lines:
        return TEXT_HEIGHT.pass_over("no text")
    shorter_side = min(picture.ad.shape[:2])
    return TEXT_HEIGHT.judge(min(height for _, _, _, height in lines) / shorter_side)


def _judge_without_text(picture: AssessedPicture, scale: JudgingScale) -> AdMeasurement:
    """Returns the measurement of an ad whose text is not known apart from the picture under it."""
    known = picture.circumstances
    if known.HasField("has_lettering") and not known.has_lettering:
        return scale.pass_over("no text")
    return scale.skip("not known", "Read the text, if there is any.")


def find_ink(ad: np.ndarray, lettered: np.ndarray, ink: RGB | None = None) -> np.ndarray:
    """Returns where the text is, bool (H, W): the pixels of its color.

    Letters have one color throughout; a veil behind them, a logo and soft edges have many.

    ad, lettered: uint8 RGB (H, W, 3), without and with the text.
    ink: its color; None for the color that was drawn most.
    """
    packed = lettered.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    changed = (ad != lettered).any(axis=2)
    if ink is not None:
        return changed & (lettered == np.array(ink, np.uint8)).all(axis=2)
    if not changed.any():
        return changed
    colors, counts = np.unique(packed[changed], return_counts=True)
    return changed & (packed == colors[counts.argmax()])


def measure_contrast(lettered: np.ndarray, ink: np.ndarray, line: Box) -> float:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of a line and its least different ground.

    1 where nothing around it has another color.

    lettered: uint8 RGB (H, W, 3), with the text.
    ink: bool (H, W), where the text is.
    line: the box of the line.
    """
    margin = SOFT_EDGE + max(1, line[3] // 8)
    around = widen_box(line, margin, *ink.shape)
    letters, colors = crop_to_box(ink, around), crop_to_box(lettered, around)
    side = 2 * SOFT_EDGE + 1
    near = cv2.dilate(letters.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    if near.all():
        near = letters
    if near.all():
        return 1.0
    text = float(luminance_from_srgb(colors[letters][:1])[0])
    ground = luminance_from_srgb(colors[~near])
    darkest, lightest = np.percentile(ground, (DARKEST_PERCENTILE, LIGHTEST_PERCENTILE))
    nearest = float(np.clip(text, darkest, lightest))
    return (max(text, nearest) + FLARE) / (min(text, nearest) + FLARE)


def _find_lines(ink: np.ndarray) -> Iterator[Box]:
    """Yields the boxes of lines of text: runs of rows that have any.

    ink: bool (H, W), where the text is.
    """
    has_ink = np.concatenate(([False], ink.any(axis=1), [False]))
    for top, bottom in list(pairwise(np.flatnonzero(np.diff(has_ink))))[::2]:
        if bottom - top >= MIN_LINE_ROWS:
            x, _, width, height = find_bounding_box(ink[top:bottom])
            yield x, int(top), width, height


MEASUREMENTS = (judge_legibility, judge_text_height)
