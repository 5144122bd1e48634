"""Words and a logo beside the product, in whatever room and contrast the picture leaves."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.typesetting import (
    BUTTON,
    BUTTON_TEXT,
    GAP,
    LEADING,
    LOGO,
    Setting,
    Words,
    check_characters,
    font,
    largest_setting,
)
from services.imaging.box import Box, clip_box, crop_to_box, find_bounding_box
from services.imaging.color import luminance_from_srgb
from services.runtime.errors import InvalidRequest, Violation

DARK, LIGHT = (24, 24, 26), (255, 255, 255)
# Least contrast of text by WCAG 2.2, less for large text, and the veil that is laid under it where
# the picture has less.
LEAST_CONTRAST, LARGE_CONTRAST, LARGE = 4.5, 3.0, 24
VEILS = (0.0, 0.25, 0.45, 0.65, 0.8)
SMOOTH = 4
VEIL_BLUR = 0.8
LARGEST, SMALLEST, READABLE = 1 / 9, 1 / 34, 9


def set_lettering(
    picture: np.ndarray, mask: np.ndarray, lettering: Lettering, font_file: str
) -> np.ndarray:
    """Sets the lettering on uint8 RGB (H, W, 3) where the product of uint8 alpha (H, W) is not.

    font_file: path of a font, empty for Lato Bold. Raises InvalidRequest when it lacks a character
    or there is no room next to the product in which the lettering can be read.
    """
    check_characters(lettering.headline, font_file, "lettering.headline")
    check_characters(lettering.button, font_file, "lettering.call_to_action")
    box, setting = _best_place(mask, lettering, font_file)
    x, y = box[0] + (box[2] - setting.width) // 2, box[1] + (box[3] - setting.height) // 2
    block = (x, y, setting.width, setting.height)
    veiled, ink = _readable(picture, mask, block, setting.size)
    canvas = Image.fromarray(veiled)
    _draw(canvas, block, setting, lettering, ink, font_file)
    # Whatever antialiasing did at the edge of its box, the product stays as it was.
    return np.where(mask[..., None] > 0, picture, np.asarray(canvas))


def words_of(lettering: Lettering) -> Words:
    """What typesetting needs to know of lettering."""
    logo = lettering.logo
    shape = 0.0 if logo is None else logo.shape[1] / logo.shape[0]
    return Words(lettering.headline, lettering.button, shape)


def _best_place(mask: np.ndarray, lettering: Lettering, font_file: str) -> tuple[Box, Setting]:
    height, width = mask.shape
    least = max(READABLE, round(SMALLEST * min(height, width)))
    most = max(least, round(LARGEST * max(min(height, width), 0.5 * max(height, width))))
    words = words_of(lettering)
    places = [
        (box, setting)
        for box in _rooms(mask, lettering.free)
        if (setting := largest_setting(words, box[2], box[3], least, most, font_file))
    ]
    if not places:
        text = "finds no room beside the product; shorten it, or make the product smaller"
        raise InvalidRequest(Violation("lettering", text))
    return max(places, key=lambda place: place[1].size)


def _rooms(mask: np.ndarray, free: tuple[float, float, float, float]) -> list[Box]:
    """The boxes above, below, left and right of the product, inside the free strips."""
    height, width = mask.shape
    top, bottom = round(free[0] * height), round((1 - free[2]) * height)
    left, right = round(free[3] * width), round((1 - free[1]) * width)
    x, y, across, down = find_bounding_box(mask)
    gap = round(0.025 * min(height, width))
    below, behind = y + down + gap, x + across + gap
    rooms = (
        (left, top, right - left, y - gap - top),
        (left, below, right - left, bottom - below),
        (left, top, x - gap - left, bottom - top),
        (behind, top, right - behind, bottom - top),
    )
    return [room for room in rooms if room[2] > 0 and room[3] > 0]


def _readable(picture: np.ndarray, mask: np.ndarray, block: Box, size: int):
    """The picture, veiled below the block as far as needed, and the ink that stands out on it."""
    least = LARGE_CONTRAST if size >= LARGE else LEAST_CONTRAST
    for strength in VEILS:
        tried = []
        for ink, veil in ((DARK, LIGHT), (LIGHT, DARK)):
            veiled = _veiled(picture, mask, block, size, veil, strength) if strength else picture
            tried.append((_worst_contrast(veiled, block, ink), veiled, ink))
        best = max(tried, key=lambda each: each[0])
        if best[0] >= least:
            break
    return best[1:]


def _veiled(picture, mask, block: Box, size: int, color, strength: float) -> np.ndarray:
    x, y, width, height = block
    shape = np.zeros(mask.shape, np.float32)
    cv2.rectangle(shape, (x - size, y - size), (x + width + size, y + height + size), strength, -1)
    shape = cv2.GaussianBlur(shape, (0, 0), VEIL_BLUR * size)[..., None]
    return np.rint(picture * (1 - shape) + np.array(color) * shape).astype(np.uint8)


def _worst_contrast(picture: np.ndarray, block: Box, ink) -> float:
    light = luminance_from_srgb(
        crop_to_box(picture, clip_box(block, *picture.shape[:2])).reshape(-1, 3)
    )
    own = float(luminance_from_srgb(np.array([ink], np.uint8))[0])
    # The few worst pixels of a grainy ground do not hide a letter.
    ground = float(np.percentile(light, 5 if own < 0.5 else 95))
    high, low = max(own, ground), min(own, ground)
    return float((high + 0.05) / (low + 0.05))


def _draw(
    canvas: Image.Image, block: Box, setting: Setting, lettering: Lettering, ink, font_file: str
) -> None:
    draw, size = ImageDraw.Draw(canvas), setting.size
    middle, y = block[0] + block[2] / 2, float(block[1])
    if lettering.logo is not None:
        y += _draw_logo(canvas, lettering.logo, middle, y, LOGO * size) + GAP * size
    face = font(font_file, size)
    for line in setting.lines:
        at = (middle, y + LEADING * size / 2)
        draw.text(at, line, fill=ink, font=face, anchor="mm")
        y += LEADING * size
    if lettering.button:
        y += GAP * size if setting.lines else 0
        face = font(font_file, max(1, round(BUTTON_TEXT * size)))
        half, down = (face.getlength(lettering.button) + size) / 2, BUTTON * size
        _draw_pill(canvas, middle, y, half, down, ink)
        paper = LIGHT if ink == DARK else DARK
        draw.text((middle, y + down / 2), lettering.button, fill=paper, font=face, anchor="mm")


def _draw_pill(canvas: Image.Image, middle: float, y: float, half: float, down: float, ink):
    """A box with round ends, `half` to each side of `middle`; smooth, as it is drawn larger."""
    x, top = round(middle - half), round(y)
    width, height = round(middle + half) - x, round(y + down) - top
    large = Image.new("L", (width * SMOOTH, height * SMOOTH))
    ends = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(ends, radius=large.height / 2, fill=255)
    canvas.paste(ink, (x, top), large.resize((width, height), Image.Resampling.BOX))


def _draw_logo(canvas: Image.Image, logo: np.ndarray, middle: float, y: float, height: float):
    width = height * logo.shape[1] / logo.shape[0]
    size = max(1, round(width)), max(1, round(height))
    small = Image.fromarray(logo).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(small, (round(middle - width / 2), round(y)), small)
    return height
