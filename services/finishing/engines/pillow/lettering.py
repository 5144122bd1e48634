"""Draws text and a logo next to the product, at a contrast that can be read."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.typesetting import (
    BUTTON_HEIGHT,
    BUTTON_TEXT_SIZE,
    GAP,
    LINE_HEIGHT,
    LOGO_HEIGHT,
    LayoutContent,
    TextLayout,
    check_characters,
    find_largest_layout,
    load_font,
)
from services.imaging.box import Box, clip_box, crop_to_box, find_bounding_box
from services.imaging.color import luminance_from_srgb
from services.imaging.scene import RGB
from services.runtime.errors import InvalidRequest, Violation

# The two colors of text and veil, near-black and white. A lighter dark one needs more veils.
DARK, LIGHT = (24, 24, 26), (255, 255, 255)
# Least contrast of text, and of large text (WCAG 2.2, success criterion 1.4.3).
MIN_CONTRAST, MIN_LARGE_CONTRAST = 4.5, 3.0
# Font size in pixels from which text counts as large: 18 points at 96 dpi (WCAG 2.2).
LARGE_TEXT = 24
# What WCAG 2.2 adds to both luminances in its contrast ratio, for light that the screen reflects.
FLARE = 0.05
# Opacities of the veil behind the text, tried until the contrast suffices. More steps: a fainter
# veil may do.
VEIL_OPACITIES = (0.0, 0.25, 0.45, 0.65, 0.8)
# Sigma of the veil's edge in font sizes. Larger: softer and wider.
VEIL_BLUR = 0.8
# Percentiles of the ground's luminance that count as its darkest and its lightest part: the few
# worst pixels of a grainy ground do not hide a letter. Nearer to 0 and 100: more veils.
DARKEST_PERCENTILE, LIGHTEST_PERCENTILE = 5, 95
# How many times larger a button is drawn before it is reduced, for smooth ends. Larger: smoother.
SUPERSAMPLING = 4
# Largest and smallest font size as shares of the picture's shorter side. A larger smallest size
# refuses longer texts.
MAX_FONT_SHARE, MIN_FONT_SHARE = 1 / 9, 1 / 34
# Smallest font size in pixels; smaller letters run together.
MIN_FONT_SIZE = 9
# Space between product and lettering as a share of the picture's shorter side. Larger: more air.
PRODUCT_GAP = 0.025


def draw_lettering(
    picture: np.ndarray, mask: np.ndarray, lettering: Lettering, font_file: str
) -> np.ndarray:
    """Draws the lettering where it can be largest next to the product.

    Raises InvalidRequest when the font lacks a character, or when the lettering would be too small
    to read.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product, whose pixels stay bit-equal where it is above 0.
    font_file: path of a font, empty for Lato Bold.
    """
    check_characters(lettering.headline, font_file, "lettering.headline")
    check_characters(lettering.button, font_file, "lettering.call_to_action")
    box, layout = _choose_place(mask, lettering, font_file)
    x, y = box[0] + (box[2] - layout.width) // 2, box[1] + (box[3] - layout.height) // 2
    block = (x, y, layout.width, layout.height)
    veiled, ink = _ensure_contrast(picture, mask, block, layout.size)
    canvas = Image.fromarray(veiled)
    _draw_block(canvas, block, layout, lettering, ink, font_file)
    # Antialiasing may reach beyond the block, onto the product.
    return np.where(mask[..., None] > 0, picture, np.asarray(canvas))


def _choose_place(mask: np.ndarray, lettering: Lettering, font_file: str) -> tuple[Box, TextLayout]:
    """Returns the free box with the largest layout; raises InvalidRequest if none is readable."""
    height, width = mask.shape
    min_size = max(MIN_FONT_SIZE, round(MIN_FONT_SHARE * min(height, width)))
    # In very long formats the shorter side alone would make the text too small.
    reference = max(min(height, width), 0.5 * max(height, width))
    max_size = max(min_size, round(MAX_FONT_SHARE * reference))
    logo = lettering.logo
    ratio = 0.0 if logo is None else logo.shape[1] / logo.shape[0]
    content = LayoutContent(lettering.headline, lettering.button, ratio)
    places = [
        (box, layout)
        for box in _find_free_boxes(mask, lettering.margins)
        if (layout := find_largest_layout(content, *box[2:], min_size, max_size, font_file))
    ]
    if not places:
        text = "finds no room next to the product; shorten it, or make the product smaller"
        raise InvalidRequest(Violation("lettering", text))
    return max(places, key=lambda place: place[1].size)


def _find_free_boxes(mask: np.ndarray, margins: tuple[float, float, float, float]) -> list[Box]:
    """Returns the boxes above, below, left and right of the product, inside the margins."""
    height, width = mask.shape
    top, bottom = round(margins[0] * height), round((1 - margins[2]) * height)
    left, right = round(margins[3] * width), round((1 - margins[1]) * width)
    x, y, across, down = find_bounding_box(mask)
    gap = round(PRODUCT_GAP * min(height, width))
    below, behind = y + down + gap, x + across + gap
    boxes = (
        (left, top, right - left, y - gap - top),
        (left, below, right - left, bottom - below),
        (left, top, x - gap - left, bottom - top),
        (behind, top, right - behind, bottom - top),
    )
    return [box for box in boxes if box[2] > 0 and box[3] > 0]


def _ensure_contrast(
    picture: np.ndarray, mask: np.ndarray, block: Box, size: int
) -> tuple[np.ndarray, RGB]:
    """Returns the picture, veiled behind the block as far as needed, and the color of the text."""
    least = MIN_LARGE_CONTRAST if size >= LARGE_TEXT else MIN_CONTRAST
    best = (0.0, picture, DARK)
    for opacity in VEIL_OPACITIES:
        choices = []
        for ink, veil in ((DARK, LIGHT), (LIGHT, DARK)):
            veiled = _draw_veil(picture, block, size, veil, opacity) if opacity else picture
            choices.append((_measure_worst_contrast(veiled, block, ink), veiled, ink))
        best = max(choices, key=lambda choice: choice[0])
        if best[0] >= least:
            break
    return best[1:]


def _draw_veil(
    picture: np.ndarray, block: Box, size: int, color: RGB, opacity: float
) -> np.ndarray:
    """Covers the ground around a block of text with a soft-edged, half-transparent color."""
    x, y, width, height = block
    shape = np.zeros(picture.shape[:2], np.float32)
    cv2.rectangle(shape, (x - size, y - size), (x + width + size, y + height + size), opacity, -1)
    veil = cv2.GaussianBlur(shape, (0, 0), VEIL_BLUR * size)[..., None]
    return np.rint(picture * (1 - veil) + np.array(color) * veil).astype(np.uint8)


def _measure_worst_contrast(picture: np.ndarray, block: Box, ink: RGB) -> float:
    """Returns the contrast ratio of WCAG 2.2 between a text color and the ground next to it."""
    part = crop_to_box(picture, clip_box(block, *picture.shape[:2]))
    text = float(luminance_from_srgb(np.array([ink], np.uint8))[0])
    percentile = DARKEST_PERCENTILE if text < 0.5 else LIGHTEST_PERCENTILE
    ground = float(np.percentile(luminance_from_srgb(part.reshape(-1, 3)), percentile))
    high, low = max(text, ground), min(text, ground)
    return float((high + FLARE) / (low + FLARE))


def _draw_block(
    canvas: Image.Image,
    block: Box,
    layout: TextLayout,
    lettering: Lettering,
    ink: RGB,
    font_file: str,
) -> None:
    """Draws logo, headline and button from the top of the block down."""
    draw, size = ImageDraw.Draw(canvas), layout.size
    middle, y = block[0] + block[2] / 2, float(block[1])
    if lettering.logo is not None:
        _draw_logo(canvas, lettering.logo, middle, y, LOGO_HEIGHT * size)
        y += LOGO_HEIGHT * size + GAP * size
    font = load_font(font_file, size)
    for line in layout.lines:
        center = (middle, y + LINE_HEIGHT * size / 2)
        draw.text(center, line, fill=ink, font=font, anchor="mm")
        y += LINE_HEIGHT * size
    if lettering.button:
        y += GAP * size if layout.lines else 0
        font = load_font(font_file, max(1, round(BUTTON_TEXT_SIZE * size)))
        half_width = (font.getlength(lettering.button) + size) / 2
        height = BUTTON_HEIGHT * size
        _draw_pill(canvas, middle, y, half_width, height, ink)
        text_color = LIGHT if ink == DARK else DARK
        center = (middle, y + height / 2)
        draw.text(center, lettering.button, fill=text_color, font=font, anchor="mm")


def _draw_pill(
    canvas: Image.Image, middle: float, y: float, half_width: float, height: float, color: RGB
) -> None:
    """Draws a box with round ends, centered at `middle`."""
    x, top = round(middle - half_width), round(y)
    columns, rows = round(middle + half_width) - x, round(y + height) - top
    large = Image.new("L", (columns * SUPERSAMPLING, rows * SUPERSAMPLING))
    ends = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(ends, radius=large.height / 2, fill=255)
    canvas.paste(color, (x, top), large.resize((columns, rows), Image.Resampling.BOX))


def _draw_logo(
    canvas: Image.Image, logo: np.ndarray, middle: float, y: float, height: float
) -> None:
    """Draws uint8 RGBA (h, w, 4) at a height in pixels, centered at `middle`."""
    width = height * logo.shape[1] / logo.shape[0]
    size = max(1, round(width)), max(1, round(height))
    small = Image.fromarray(logo).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(small, (round(middle - width / 2), round(y)), small)
