"""Draws text and a logo next to the product, at a contrast that can be read."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.finishing.engine import Lettering, TextLine
from services.finishing.engines.pillow.fonts import (
    Font,
    check_characters,
    is_embedding_restricted,
    open_named_font,
    read_font_file,
)
from services.finishing.engines.pillow.logo_plate import GroundedLogo, ground_logo
from services.finishing.engines.pillow.text_contrast import (
    DARK,
    LIGHT,
    choose_text_color,
)
from services.finishing.engines.pillow.text_places import TextPlace, choose_place
from services.finishing.engines.pillow.text_veil import TextGround, VeiledText, ensure_contrast
from services.finishing.engines.pillow.typesetting import PartBox
from services.imaging.scene import RGB
from services.runtime.engines import EngineWarning
from services.runtime.text_metrics import LINE_HEIGHT

DrawPart = Callable[[Image.Image, PartBox], list[TextLine]]
"""Draws a part of a block onto a canvas, into a box; returns the lines of text in it."""

# How many times larger a button is drawn before it is reduced, for smooth ends. Larger: smoother.
SUPERSAMPLING = 4
# Characters of Pillow's anchors for lines that are flush left, centered and flush right.
LINE_ANCHORS = {0.0: "l", 0.5: "m", 1.0: "r"}


@dataclass(frozen=True)
class LetteredPicture:
    """A picture with its lettering.

    pixels: uint8 RGB (H, W, 3).
    lines: of text, from the top down.
    place: where the lettering is.
    font: the name of its font.
    veil: the opacity of what is drawn behind it, 0 to 1; 0 for nothing.
    warnings: about the font's license, a size that did not fit, a veil, a plate and a faint logo.
    """

    pixels: np.ndarray
    lines: tuple[TextLine, ...]
    place: TextPlace
    font: str
    veil: float = 0.0
    warnings: tuple[EngineWarning, ...] = ()


def choose_font(lettering: Lettering, default: Font) -> Font:
    """Returns the font of lettering: the caller's file, one by name, or the default.

    Raises InvalidRequest when there is no font of the name, or the file is none.
    """
    if lettering.font_file:
        return read_font_file(lettering.font_file)
    return open_named_font(lettering.font) if lettering.font else default


def draw_lettering(
    picture: np.ndarray, mask: np.ndarray, lettering: Lettering, default: Font
) -> LetteredPicture:
    """Draws a headline, button and logo in a calm part next to the product.

    Raises InvalidRequest when the font lacks a character or cannot be read, or when the lettering
    would be too small to read.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product, whose pixels stay bit-equal where it is above 0.
    default: the font of lettering that names none.
    """
    font = choose_font(lettering, default)
    check_characters(lettering.headline, font, "lettering.headline")
    check_characters(lettering.button, font, "lettering.call_to_action")
    place = choose_place(picture, mask, lettering, font)
    ground = _ground_text(picture, mask, place, lettering, font)
    grounded = _ground_logo(ground.pixels, place, lettering)
    if grounded:
        lettering = replace(lettering, logo=grounded.pixels)
    canvas = Image.fromarray(ground.pixels)
    button_color = lettering.button_color or ground.ink
    drawn = _draw_block(canvas, place, lettering, ground.ink, button_color, font)
    # Restores the product's pixels, onto which antialiasing may have reached from the block.
    pixels = np.where(mask[..., None] > 0, ground.pixels, np.asarray(canvas))
    warnings = _list_warnings(lettering, place, ground.opacity) + _list_logo_warnings(grounded)
    return LetteredPicture(pixels, tuple(drawn), place, font.name, ground.opacity, tuple(warnings))


def _ground_text(
    picture: np.ndarray, mask: np.ndarray, place: TextPlace, lettering: Lettering, font: Font
) -> TextGround:
    """Returns what the text is drawn on, and in which color.

    The button's own text is on the button; that the button can be seen depends on the ground too.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    """
    blank = Image.new("RGB", (mask.shape[1], mask.shape[0]))
    drawn = _draw_block(blank, place, lettering, DARK, LIGHT, font)
    lines = [line.box for line in drawn[: len(place.layout.lines)]] or [place.box]
    text = VeiledText(lines, place.layout.size, place.anchor, place.detail, lettering.color)
    has_words = bool(lettering.headline or lettering.button)
    return ensure_contrast(picture, mask, text, lettering.without_veil or not has_words)


def _ground_logo(
    picture: np.ndarray, place: TextPlace, lettering: Lettering
) -> GroundedLogo | None:
    """Returns the logo as it is to be drawn on a picture, uint8 RGB (H, W, 3); None without one."""
    if lettering.logo is None:
        return None
    left, top, _, _ = place.box
    # The logo is the first part of the block.
    x, y, width, height = place.layout.place_parts(left, top, place.align)[0]
    box = round(x), round(y), max(1, round(width)), max(1, round(height))
    return ground_logo(picture, box, lettering.logo, lettering.without_veil)


def _list_logo_warnings(logo: GroundedLogo | None) -> list[EngineWarning]:
    """Returns warnings about a logo's plate, and about one that has too little contrast."""
    warnings = []
    if logo and logo.is_plated:
        plated = "a plate is behind the logo, which lacks contrast to the picture"
        warnings.append(EngineWarning("LOGO_PLATED", f"{plated}; set lettering.without_veil"))
    if logo and not logo.is_readable:
        faint = f"the logo has a contrast of {logo.contrast:.1f} to what is behind it"
        warnings.append(
            EngineWarning("LOGO_FAINT", f"{faint}; send it in a lighter or darker color")
        )
    return warnings


def _list_warnings(lettering: Lettering, place: TextPlace, veil: float) -> list[EngineWarning]:
    """Returns warnings about a font's license, a font size that is smaller than requested, a veil.

    veil: its opacity, 0 to 1.
    """
    warnings = []
    if is_embedding_restricted(lettering.font_file):
        license_text = "the font file restricts embedding; check its license before you publish"
        warnings.append(EngineWarning("FONT_RESTRICTED", license_text))
    if lettering.size and place.layout.size < place.wanted_size:
        sizes = f"{place.layout.size} pixels high instead of {place.wanted_size}"
        reduced = f"the headline is {sizes}, as no larger text fits next to the product"
        warnings.append(EngineWarning("LETTERING_REDUCED", reduced))
    if veil:
        why = "which needs more contrast or less detail"
        veiled = f"the picture is covered by {veil:.0%} behind the text, {why}"
        warnings.append(EngineWarning("LETTERING_VEILED", f"{veiled}; set lettering.without_veil"))
    return warnings


def _draw_block(
    canvas: Image.Image,
    place: TextPlace,
    lettering: Lettering,
    ink: RGB,
    button_color: RGB,
    font: Font,
) -> list[TextLine]:
    """Draws logo, headline and button onto the canvas: below each other, or from left to right.

    Returns the lines of text.

    place: the box that they fill, as wide and high as the layout.
    ink: the color of the headline.
    button_color: that of the button, whose text gets the dark or the light one.
    """
    left, top, _, _ = place.box
    boxes = place.layout.place_parts(left, top, place.align)
    draws = _list_drawing(place, lettering, ink, button_color, font)
    return [line for draw, box in zip(draws, boxes, strict=True) for line in draw(canvas, box)]


def _list_drawing(
    place: TextPlace, lettering: Lettering, ink: RGB, button_color: RGB, font: Font
) -> Iterator[DrawPart]:
    """Yields what draws each part of lettering, in order; arguments: as of _draw_block."""
    size = place.layout.size
    if lettering.logo is not None:
        yield partial(_draw_logo, logo=lettering.logo)
    if place.layout.lines:
        yield partial(_draw_headline, place=place, ink=ink, font=font.at_size(size))
    if lettering.button:
        button_font = place.content.button_font(size, font)
        yield partial(_draw_button, text=lettering.button, color=button_color, font=button_font)


def _draw_headline(
    canvas: Image.Image, box: PartBox, place: TextPlace, ink: RGB, font: ImageFont.FreeTypeFont
) -> list[TextLine]:
    """Draws the lines of a headline, aligned within its box."""
    (x, y, width, _), height = box, LINE_HEIGHT * place.layout.size
    anchor, left = f"{LINE_ANCHORS[place.align]}m", x + place.align * width
    return [
        _draw_line(canvas, (left, y + (index + 0.5) * height), line, ink, font, anchor)
        for index, line in enumerate(place.layout.lines)
    ]


def _draw_line(
    canvas: Image.Image,
    position: tuple[float, float],
    text: str,
    color: RGB,
    font: ImageFont.FreeTypeFont,
    anchor: str,
) -> TextLine:
    """Draws a line of text; position: (x, y) in pixels of Pillow's anchor."""
    draw = ImageDraw.Draw(canvas)
    draw.text(position, text, fill=color, font=font, anchor=anchor)
    left, top, right, bottom = draw.textbbox(position, text, font, anchor)
    x, y = math.floor(left), math.floor(top)
    box = (x, y, math.ceil(right) - x, math.ceil(bottom) - y)
    _, capital_top, _, _ = font.getbbox("H", anchor="ls")
    return TextLine(box, round(-capital_top), color)


def _draw_button(
    canvas: Image.Image, box: PartBox, text: str, color: RGB, font: ImageFont.FreeTypeFont
) -> list[TextLine]:
    """Draws a button with its text, which fills its box."""
    x, y, width, height = box
    _draw_pill(canvas, x, y, width, height, color)
    center = (x + width / 2, y + height / 2)
    return [_draw_line(canvas, center, text, choose_text_color(color), font, "mm")]


def _draw_pill(
    canvas: Image.Image, x: float, y: float, width: float, height: float, color: RGB
) -> None:
    """Draws the filled shape of a button, a box with round ends, onto the canvas.

    x, y, width, height: its box in pixels.
    """
    left, top = round(x), round(y)
    columns, rows = round(x + width) - left, round(y + height) - top
    # Drawn larger and reduced, which smooths the ends.
    large = Image.new("L", (columns * SUPERSAMPLING, rows * SUPERSAMPLING))
    corners = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(corners, radius=large.height / 2, fill=255)
    coverage = large.resize((columns, rows), Image.Resampling.BOX)
    canvas.paste(color, (left, top), coverage)


def _draw_logo(canvas: Image.Image, box: PartBox, logo: np.ndarray) -> list[TextLine]:
    """Draws a logo, uint8 RGBA (h, w, 4), resized to its box; it has no lines of text."""
    x, y, width, height = box
    size = max(1, round(width)), max(1, round(height))
    resized = Image.fromarray(logo).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(resized, (round(x), round(y)), mask=resized)
    return []
