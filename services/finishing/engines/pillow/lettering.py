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
from services.imaging.box import Box, clip_box, crop_to_box
from services.imaging.color import luminance_from_srgb
from services.imaging.product import find_product_box
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
    """Draws a headline, button and logo where they can be largest next to the product.

    Raises InvalidRequest when the font lacks a character, or when the lettering would be too small
    to read.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product, whose pixels stay bit-equal where it is above 0.
    font_file: path of a font, empty for Lato Bold.
    """
    check_characters(lettering.headline, font_file, "lettering.headline")
    check_characters(lettering.button, font_file, "lettering.call_to_action")
    (left, top, width, height), layout = _choose_place(mask, lettering, font_file)
    x, y = left + (width - layout.width) // 2, top + (height - layout.height) // 2
    block = (x, y, layout.width, layout.height)
    veiled, ink = _ensure_contrast(picture, block, layout.size)
    canvas = Image.fromarray(veiled)
    _draw_block(canvas, block, layout, lettering, ink, font_file)
    # Restores the product's pixels, onto which antialiasing may have reached from the block.
    return np.where(mask[..., None] > 0, picture, np.asarray(canvas))


def _choose_place(mask: np.ndarray, lettering: Lettering, font_file: str) -> tuple[Box, TextLayout]:
    """Chooses the free box next to the product in which the lettering can be largest.

    Returns the box (x, y, width, height) and the layout of the lettering in it. Raises
    InvalidRequest if no box leaves the lettering large enough to read.

    mask: uint8 alpha (H, W) of the product.
    font_file: path of a font, empty for Lato Bold.
    """
    height, width = mask.shape
    min_size = max(MIN_FONT_SIZE, round(MIN_FONT_SHARE * min(height, width)))
    # In very long formats the shorter side alone would make the text too small.
    reference_side = max(min(height, width), 0.5 * max(height, width))
    max_size = max(min_size, round(MAX_FONT_SHARE * reference_side))
    logo = lettering.logo
    logo_ratio = 0.0 if logo is None else logo.shape[1] / logo.shape[0]
    content = LayoutContent(lettering.headline, lettering.button, logo_ratio)
    places = []
    for box in _find_free_boxes(mask, lettering.margins):
        _, _, box_width, box_height = box
        layout = find_largest_layout(content, box_width, box_height, min_size, max_size, font_file)
        if layout:
            places.append((box, layout))
    if not places:
        problem = "finds no room next to the product; shorten it, or make the product smaller"
        raise InvalidRequest(Violation("lettering", problem))
    return max(places, key=lambda box_and_layout: box_and_layout[1].size)


def _find_free_boxes(mask: np.ndarray, margins: tuple[float, float, float, float]) -> list[Box]:
    """Returns the boxes (x, y, width, height) above, below, left and right of the product.

    Leaves out those without a pixel.

    mask: uint8 alpha (H, W) of the product.
    margins: the strips at the top, right, bottom and left that stay free, as shares of the
        picture's height (top, bottom) or width.
    """
    height, width = mask.shape
    top_margin, right_margin, bottom_margin, left_margin = margins
    top, bottom = round(top_margin * height), round((1 - bottom_margin) * height)
    left, right = round(left_margin * width), round((1 - right_margin) * width)
    x, y, product_width, product_height = find_product_box(mask)
    gap = round(PRODUCT_GAP * min(height, width))
    below, beyond = y + product_height + gap, x + product_width + gap
    boxes = (
        (left, top, right - left, y - gap - top),
        (left, below, right - left, bottom - below),
        (left, top, x - gap - left, bottom - top),
        (beyond, top, right - beyond, bottom - top),
    )
    return [
        (box_x, box_y, box_width, box_height)
        for box_x, box_y, box_width, box_height in boxes
        if box_width > 0 and box_height > 0
    ]


def _ensure_contrast(picture: np.ndarray, block: Box, size: int) -> tuple[np.ndarray, RGB]:
    """Makes text readable: chooses its color and draws a veil behind it, as faint as possible.

    The veil is a half-transparent area of the other color. Returns the picture with it, uint8 RGB
    (H, W, 3), and the color of the text. The last opacity is used even if it does not suffice.

    picture: uint8 RGB (H, W, 3).
    block: the box of the text.
    size: the font size in pixels.
    """
    min_contrast = MIN_LARGE_CONTRAST if size >= LARGE_TEXT else MIN_CONTRAST
    veiled, ink = picture, DARK
    for opacity in VEIL_OPACITIES:
        # Dark text on a light veil, and light text on a dark one, with the contrast of each.
        choices = []
        for text_color, veil_color in ((DARK, LIGHT), (LIGHT, DARK)):
            ground = _draw_veil(picture, block, size, veil_color, opacity) if opacity else picture
            contrast = _measure_worst_contrast(ground, block, text_color)
            choices.append((contrast, ground, text_color))
        best_contrast, veiled, ink = max(choices, key=lambda choice: choice[0])
        if best_contrast >= min_contrast:
            break
    return veiled, ink


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

    That is on the darkest part of the ground for dark text, on the lightest for light text.

    picture: uint8 RGB (H, W, 3), before the text is drawn.
    block: the box of the text.
    ink: the color of the text.
    """
    ground = crop_to_box(picture, clip_box(block, *picture.shape[:2]))
    text_luminance = float(luminance_from_srgb(np.array([ink], np.uint8))[0])
    percentile = DARKEST_PERCENTILE if text_luminance < 0.5 else LIGHTEST_PERCENTILE
    ground_luminances = luminance_from_srgb(ground.reshape(-1, 3))
    ground_luminance = float(np.percentile(ground_luminances, percentile))
    high, low = max(text_luminance, ground_luminance), min(text_luminance, ground_luminance)
    return float((high + FLARE) / (low + FLARE))


def _draw_block(
    canvas: Image.Image,
    block: Box,
    layout: TextLayout,
    lettering: Lettering,
    ink: RGB,
    font_file: str,
) -> None:
    """Draws logo, headline and button onto the canvas, from the top of a block down.

    block: the box that they fill, as wide and high as the layout.
    ink: the color of the headline and the button; the button's text gets the opposite one.
    font_file: path of a font, empty for Lato Bold.
    """
    draw, size = ImageDraw.Draw(canvas), layout.size
    left, top, width, _ = block
    middle, y = left + width / 2, float(top)
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
        # One font size of air in all, left and right of the text.
        half_width = (font.getlength(lettering.button) + size) / 2
        height = BUTTON_HEIGHT * size
        _draw_pill(canvas, middle, y, half_width, height, color=ink)
        text_color = LIGHT if ink == DARK else DARK
        center = (middle, y + height / 2)
        draw.text(center, lettering.button, fill=text_color, font=font, anchor="mm")


def _draw_pill(
    canvas: Image.Image, middle: float, y: float, half_width: float, height: float, color: RGB
) -> None:
    """Draws the filled shape of a button, a box with round ends, onto the canvas.

    middle, y: the column of its center and the row of its top, in pixels.
    half_width, height: its size in pixels.
    """
    left, top = round(middle - half_width), round(y)
    columns, rows = round(middle + half_width) - left, round(y + height) - top
    # Drawn larger and reduced, which smooths the ends.
    large = Image.new("L", (columns * SUPERSAMPLING, rows * SUPERSAMPLING))
    corners = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(corners, radius=large.height / 2, fill=255)
    coverage = large.resize((columns, rows), Image.Resampling.BOX)
    canvas.paste(color, (left, top), coverage)


def _draw_logo(
    canvas: Image.Image, logo: np.ndarray, middle: float, y: float, height: float
) -> None:
    """Draws a logo, resized to a height in pixels, onto the canvas.

    logo: uint8 RGBA (h, w, 4).
    middle, y: the column of its center and the row of its top, in pixels.
    """
    width = height * logo.shape[1] / logo.shape[0]
    size = max(1, round(width)), max(1, round(height))
    resized = Image.fromarray(logo).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(resized, (round(middle - width / 2), round(y)), mask=resized)
