"""Chooses colors of text by their contrast to what is behind it."""

from functools import lru_cache

import numpy as np

from services.imaging.color import luminance_from_srgb
from services.imaging.scene import RGB

# The two colors of text where the caller sets none, near-black and white. A lighter dark one needs
# more veils.
DARK, LIGHT = (24, 24, 26), (255, 255, 255)
# The two colors of veils. Any text color has a contrast of 4.5 to one of them.
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# Least contrast of text (WCAG 2.2, success criterion 1.4.3). It asks less of large text, but ads
# are shown far smaller than they are drawn, so that no number of pixels makes text large.
MIN_CONTRAST = 4.5
# What WCAG 2.2 adds to both luminances in its contrast ratio, for light that the screen reflects.
FLARE = 0.05
# Percentiles of the ground's luminance that count as its darkest and its lightest part: the few
# worst pixels of a grainy ground do not hide a letter. Nearer to 0 and 100: more veils.
DARKEST_PERCENTILE, LIGHTEST_PERCENTILE = 5, 95


# Standard deviations from the mean luminance that stand for these percentiles (of a normal
# distribution, Φ⁻¹(0.95)).
EXTREME_DEVIATIONS = 1.645


def list_inks(color: RGB | None) -> tuple[RGB, ...]:
    """Returns the colors that text may have: the caller's, or DARK and LIGHT."""
    return (DARK, LIGHT) if color is None else (color,)


def rate_inks(mean: float, deviation: float, color: RGB | None) -> float:
    """Estimates the contrast, 1 to 21, of text to its ground in the best of list_inks.

    mean, deviation: of the ground's luminance, 0 to 1.
    """
    reach = EXTREME_DEVIATIONS * deviation
    darkest, lightest = max(0.0, mean - reach), min(1.0, mean + reach)
    inks = [_measure_luminance(ink) for ink in list_inks(color)]
    return max(_compute_ratio(ink, min(max(ink, darkest), lightest)) for ink in inks)


def choose_contrasting(color: RGB, dark: RGB = DARK, light: RGB = LIGHT) -> RGB:
    """Returns the one of two colors that contrasts more with a color."""
    return max(dark, light, key=lambda other: compute_contrast(color, other))


def choose_text_color(ground: RGB) -> RGB:
    """Returns the color of text on an even ground: DARK or LIGHT, or black or white if need be."""
    color = choose_contrasting(ground)
    if compute_contrast(color, ground) >= MIN_CONTRAST:
        return color
    return choose_contrasting(ground, BLACK, WHITE)


def compute_contrast(first: RGB, second: RGB) -> float:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of two colors."""
    return _compute_ratio(*(_measure_luminance(color) for color in (first, second)))


# Few colors: a bound keeps those of many callers from adding up.
@lru_cache(maxsize=64)
def _measure_luminance(color: RGB) -> float:
    return float(luminance_from_srgb(np.array([color], np.uint8))[0])


def _compute_ratio(first: float, second: float) -> float:
    """Returns the contrast ratio of two luminances, 0 to 1."""
    return (max(first, second) + FLARE) / (min(first, second) + FLARE)


def measure_contrasts(colors: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of colors to the nearest part of a ground.

    colors: uint8 RGB (n, 3); the result is float (n,). ground: uint8 RGB (h, w, 3).
    """
    luminances = luminance_from_srgb(ground.reshape(-1, 3))
    darkest, lightest = np.percentile(luminances, (DARKEST_PERCENTILE, LIGHTEST_PERCENTILE))
    inks = luminance_from_srgb(colors)
    nearest = np.clip(inks, darkest, lightest)
    return (np.maximum(inks, nearest) + FLARE) / (np.minimum(inks, nearest) + FLARE)
