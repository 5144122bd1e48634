"""Makes text readable on any picture: chooses its color, and draws a veil behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.box import Box, clip_box, crop_to_box
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
# Opacities of the veil behind the text, tried until the contrast suffices. More steps: a fainter
# veil may do. The last ones are needed for colors between dark and light.
VEIL_OPACITIES = (0.0, 0.25, 0.45, 0.65, 0.8, 0.9, 1.0)
# Sigma of the veil's edge in font sizes. Larger: softer and wider.
VEIL_BLUR = 0.8
# Percentiles of the ground's luminance that count as its darkest and its lightest part: the few
# worst pixels of a grainy ground do not hide a letter. Nearer to 0 and 100: more veils.
DARKEST_PERCENTILE, LIGHTEST_PERCENTILE = 5, 95


@dataclass(frozen=True)
class TextGround:
    """What text is drawn on.

    pixels: uint8 RGB (H, W, 3), the picture with its veil.
    ink: the color of the text.
    opacity: of the veil, 0 to 1; 0 for none.
    """

    pixels: np.ndarray
    ink: RGB
    opacity: float = 0.0


def ensure_contrast(
    picture: np.ndarray,
    block: Box,
    size: int,
    color: RGB | None,
    lines: Sequence[Box] = (),
    without_veil: bool = False,
) -> TextGround:
    """Makes text readable: chooses its color and draws a veil behind it, as faint as possible.

    The veil is a half-transparent area of black or white.

    picture: uint8 RGB (H, W, 3).
    block: the box of the text.
    size: the font size in pixels.
    color: that of the text; None to choose DARK or LIGHT.
    lines: the boxes of the lines of text, each of which is to be readable; empty for the block.
    without_veil: whether the picture stays as it is, and only the color is chosen.
    """
    colors: Sequence[RGB] = (DARK, LIGHT) if color is None else (color,)
    drawn = TextGround(picture, colors[0])
    for opacity in VEIL_OPACITIES[:1] if without_veil else VEIL_OPACITIES:
        choices = []
        for text_color in colors:
            veil_color = choose_contrasting(text_color, BLACK, WHITE)
            ground = _draw_veil(picture, block, size, veil_color, opacity) if opacity else picture
            contrast = min(
                _measure_worst_contrast(ground, line, text_color) for line in lines or (block,)
            )
            choices.append((contrast, ground, text_color))
        best_contrast, veiled, ink = max(choices, key=lambda choice: choice[0])
        drawn = TextGround(veiled, ink, opacity)
        if best_contrast >= MIN_CONTRAST:
            break
    return drawn


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


def _measure_luminance(color: RGB) -> float:
    return float(luminance_from_srgb(np.array([color], np.uint8))[0])


def _compute_ratio(first: float, second: float) -> float:
    """Returns the contrast ratio of two luminances, 0 to 1."""
    return (max(first, second) + FLARE) / (min(first, second) + FLARE)


def _draw_veil(
    picture: np.ndarray, block: Box, size: int, color: RGB, opacity: float
) -> np.ndarray:
    """Covers a block of text and `size` pixels around it with a soft-edged color.

    picture: uint8 RGB (H, W, 3); the result is a copy.
    block: the box of the text.
    size: the font size in pixels.
    opacity: of the color, 0 to 1.
    """
    x, y, width, height = block
    top_left, bottom_right = (x - size, y - size), (x + width + size, y + height + size)
    area = np.zeros(picture.shape[:2], np.float32)
    cv2.rectangle(area, top_left, bottom_right, opacity, thickness=cv2.FILLED)
    veil = cv2.GaussianBlur(area, (0, 0), VEIL_BLUR * size)[..., None]
    return np.rint(picture * (1 - veil) + np.array(color) * veil).astype(np.uint8)


def _measure_worst_contrast(picture: np.ndarray, block: Box, ink: RGB) -> float:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of text where it is hardest to read.

    That is where the luminance of the ground is nearest to that of the text.

    picture: uint8 RGB (H, W, 3), before the text is drawn.
    block: the box of the text, or of a line of it.
    ink: the color of the text.
    """
    ground = crop_to_box(picture, clip_box(block, *picture.shape[:2]))
    return float(measure_contrasts(np.array([ink], np.uint8), ground)[0])


def measure_contrasts(colors: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns the contrast ratio of WCAG 2.2, 1 to 21, of colors to the nearest part of a ground.

    colors: uint8 RGB (n, 3); the result is float (n,). ground: uint8 RGB (h, w, 3).
    """
    luminances = luminance_from_srgb(ground.reshape(-1, 3))
    darkest, lightest = np.percentile(luminances, (DARKEST_PERCENTILE, LIGHTEST_PERCENTILE))
    inks = luminance_from_srgb(colors)
    nearest = np.clip(inks, darkest, lightest)
    return (np.maximum(inks, nearest) + FLARE) / (np.minimum(inks, nearest) + FLARE)
