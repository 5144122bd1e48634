"""Draws text and a logo next to the product, at a contrast that can be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from services.finishing.engine import Lettering, TextLine
from services.finishing.engines.pillow.button_color import choose_button_color
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
from services.finishing.engines.pillow.text_places import (
    TextPlace,
    choose_place,
    read_content,
)
from services.finishing.engines.pillow.text_styles import ButtonShape, find_text_style
from services.finishing.engines.pillow.text_veil import TextGround, VeiledText, ensure_contrast
from services.finishing.engines.pillow.typeface import Typeface, TypefacePair
from services.finishing.engines.pillow.typesetting import (
    ARROW_GAP,
    ARROW_LENGTH,
    OFFER_GAP,
    OFFER_LEADING,
    PartBox,
)
from services.imaging.box import clip_box, crop_to_box
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import RGB
from services.runtime.engines import EngineWarning
from services.runtime.text_metrics import LINE_HEIGHT

DrawPart = Callable[[Image.Image, PartBox], list[TextLine]]
"""Draws a part of a block onto a canvas, into a box; returns the lines of text in it."""

# How many times larger a button is drawn before it is reduced, for smooth ends. Larger: smoother.
SUPERSAMPLING = 4
# Of small ads in which no text of a button is large enough to read.
NO_BUTTON = EngineWarning(
    "BUTTON_LEFT_OUT", "the button is left out, as its text would be too small to read"
)
# Radius of a square button's corners, width of outlines and underlines, and half the height of an
# arrow's head, in font sizes of the button's text. Larger: rounder, and heavier lines.
CORNER_RADIUS, LINE_WIDTH, ARROW_HEAD = 0.16, 0.075, 0.28


@dataclass(frozen=True)
class LetteredPicture:
    """A picture with its lettering.

    pixels: uint8 RGB (H, W, 3).
    lines: of text, from the top down.
    place: where the lettering is.
    font: the name of its font.
    veil: the opacity of what is drawn behind it, 0 to 1; 0 for nothing.
    warnings: about the font's license, a size that did not fit, a veil, a plate and a faint logo,
        and a button that is left out.
    """

    pixels: np.ndarray
    lines: tuple[TextLine, ...]
    place: TextPlace
    font: str
    veil: float = 0.0
    warnings: tuple[EngineWarning, ...] = ()


def choose_typefaces(lettering: Lettering, operator_font: Font | None) -> TypefacePair:
    """Returns the typefaces of lettering: of the caller's file or font, the operator's, the look's.

    Raises InvalidRequest when there is no font of the name, or the file is none.
    """
    style = find_text_style(lettering.look)
    own = operator_font
    if lettering.font_file:
        own = read_font_file(lettering.font_file)
    elif lettering.font:
        own = open_named_font(lettering.font)
    headline, small = own or open_named_font(style.font), own or open_named_font(style.small_font)
    return TypefacePair(
        Typeface(headline, style.tracking, style.has_capitals),
        Typeface(small, style.small_tracking, style.has_capitals),
    )


def draw_lettering(
    picture: np.ndarray, mask: np.ndarray, lettering: Lettering, operator_font: Font | None = None
) -> LetteredPicture:
    """Draws a headline, button and logo in a calm part next to the product.

    Raises InvalidRequest when the font lacks a character or cannot be read, or when the lettering
    would be too small to read.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product, whose pixels stay bit-equal where it is above 0.
    operator_font: that of lettering that names none, in place of its look's.
    """
    faces = choose_typefaces(lettering, operator_font)
    place = choose_place(picture, mask, _check_texts(lettering, faces, mask.shape), faces)
    has_button = bool(place.content.button)
    warnings = [] if has_button or not lettering.button else [NO_BUTTON]
    lettering = lettering if has_button else replace(lettering, button="")
    ground = _ground_text(picture, mask, place, lettering)
    grounded = _ground_logo(ground.pixels, place, lettering)
    if grounded:
        lettering = replace(lettering, logo=grounded.pixels)
    canvas = Image.fromarray(ground.pixels)
    fill = _choose_fill(ground, mask, place, lettering)
    drawn = _draw_block(canvas, place, lettering, ground.ink, fill)
    # Restores the product's pixels, onto which antialiasing may have reached from the block.
    pixels = np.where(mask[..., None] > 0, ground.pixels, np.asarray(canvas))
    warnings += _list_warnings(lettering, place, ground.opacity) + _list_logo_warnings(grounded)
    name = faces.headline.font.name
    return LetteredPicture(pixels, tuple(drawn), place, name, ground.opacity, tuple(warnings))


def _check_texts(lettering: Lettering, faces: TypefacePair, shape: tuple[int, ...]) -> Lettering:
    """Returns lettering whose fonts have all of its characters; raises InvalidRequest otherwise.

    shape: (H, W) of the picture.
    """
    content = read_content(lettering, faces, *shape)
    check_characters(content.headline, faces.headline.font, "lettering.headline")
    check_characters(content.offer, faces.small.font, "lettering.headline")
    check_characters(content.button, faces.small.font, "lettering.call_to_action")
    return lettering


def _find_shape(place: TextPlace, lettering: Lettering) -> ButtonShape:
    """Returns the shape of a button: the style's, or a filled one for a color of the caller's."""
    shape = place.content.style.button
    return "square" if lettering.button_color and shape in ("outline", "link") else shape


def _choose_fill(
    ground: TextGround, mask: np.ndarray, place: TextPlace, lettering: Lettering
) -> RGB:
    """Returns the color of a button: the caller's, that of the text, or one of product or scene.

    mask: uint8 alpha (H, W) of the product.
    """
    if lettering.button_color or not lettering.button:
        return lettering.button_color or ground.ink
    if place.content.style.button in ("outline", "link"):
        return ground.ink
    x, y, width, height = place.layout.place_parts(*place.box[:2], place.align)[-1]
    box = clip_box((round(x), round(y), round(width), round(height)), *mask.shape)
    behind = crop_to_box(ground.pixels, box)
    return choose_button_color(ground.pixels, mask, behind, ground.ink)


def _ground_text(
    picture: np.ndarray, mask: np.ndarray, place: TextPlace, lettering: Lettering
) -> TextGround:
    """Returns what the text is drawn on, and in which color.

    The text of a filled button is on the button; that the button can be seen depends on the ground
    too.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    """
    blank = Image.new("RGB", (mask.shape[1], mask.shape[0]))
    drawn = _draw_block(blank, place, lettering, DARK, LIGHT)
    is_filled = _find_shape(place, lettering) in ("pill", "square")
    count = len(place.layout.lines) + len(place.layout.offer) if is_filled else len(drawn)
    lines = [line.box for line in drawn[:count]] or [place.box]
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
    canvas: Image.Image, place: TextPlace, lettering: Lettering, ink: RGB, fill: RGB
) -> list[TextLine]:
    """Draws logo, headline and button onto the canvas: below each other, or from left to right.

    Returns the lines of text.

    place: the box that they fill, as wide and high as the layout.
    ink: the color of the headline.
    fill: that of the button, whose text gets the dark or the light one where it is filled.
    """
    left, top, _, _ = place.box
    boxes = place.layout.place_parts(left, top, place.align)
    draws = _list_drawing(place, lettering, ink, fill)
    return [line for draw, box in zip(draws, boxes, strict=True) for line in draw(canvas, box)]


def _list_drawing(
    place: TextPlace, lettering: Lettering, ink: RGB, fill: RGB
) -> Iterator[DrawPart]:
    """Yields what draws each part of lettering, in order; arguments: as of _draw_block."""
    if lettering.logo is not None:
        yield partial(_draw_logo, logo=lettering.logo)
    if place.layout.lines:
        yield partial(_draw_words, place=place, ink=ink)
    if lettering.button:
        shape = _find_shape(place, lettering)
        yield partial(_draw_button, place=place, shape=shape, color=fill)


def _draw_words(canvas: Image.Image, box: PartBox, place: TextPlace, ink: RGB) -> list[TextLine]:
    """Draws the lines of a headline and of its offer, aligned within their box."""
    (x, y, width, _), align, size = box, place.align, place.layout.size
    faces, left = place.content.faces, x + place.align * width
    height = LINE_HEIGHT * place.content.style.leading * size
    drawn = []
    for line in place.layout.lines:
        center = left, y + height / 2
        drawn.append(faces.headline.draw_line(canvas, center, line, size, ink, align))
        y += height
    y, small = y + OFFER_GAP * size, place.content.size_offer(size)
    for line in place.layout.offer:
        center = left, y + OFFER_LEADING * small / 2
        drawn.append(faces.small.draw_line(canvas, center, line, small, ink, align))
        y += OFFER_LEADING * small
    return drawn


def _draw_button(
    canvas: Image.Image, box: PartBox, place: TextPlace, shape: ButtonShape, color: RGB
) -> list[TextLine]:
    """Draws a button with its text, which fills its box; one without a filling in `color` alone."""
    x, y, width, height = box
    content = place.content
    face = content.button_face or content.faces.small
    size, middle = content.size_button(place.layout.size), y + height / 2
    if shape == "link":
        _draw_link(canvas, box, size, color)
        return [face.draw_line(canvas, (x, middle), content.button, size, color, align=0.0)]
    radius = CORNER_RADIUS * size if shape == "square" else height / 2
    _draw_plate(canvas, box, radius, color, LINE_WIDTH * size if shape == "outline" else 0.0)
    ink = color if shape == "outline" else choose_text_color(color)
    center = x + width / 2, middle
    return [face.draw_line(canvas, center, content.button, size, ink)]


def _draw_link(canvas: Image.Image, box: PartBox, size: int, color: RGB) -> None:
    """Draws the line under a link and the arrow after it; size: font size of its text."""
    x, y, width, height = box
    draw, line = ImageDraw.Draw(canvas), max(1, round(LINE_WIDTH * size))
    bottom, middle, head = round(y + height), round(y + height / 2), round(ARROW_HEAD * size)
    end, start = round(x + width), round(x + width - ARROW_LENGTH * size)
    words_end = round(x + width - (ARROW_GAP + ARROW_LENGTH) * size)
    draw.line((round(x), bottom, words_end, bottom), fill=color, width=line)
    draw.line((start, middle, end, middle), fill=color, width=line)
    points = [(end - head, middle - head), (end, middle), (end - head, middle + head)]
    draw.line(points, fill=color, width=line, joint="curve")


def _draw_plate(
    canvas: Image.Image, box: PartBox, radius: float, color: RGB, outline: float
) -> None:
    """Draws the shape of a button onto the canvas, a box with round corners.

    radius: of the corners in pixels. outline: width of the outline in pixels; 0 fills the shape.
    """
    x, y, width, height = box
    left, top = round(x), round(y)
    columns, rows = max(1, round(x + width) - left), max(1, round(y + height) - top)
    # Drawn larger and reduced, which smooths the corners.
    large = Image.new("L", (columns * SUPERSAMPLING, rows * SUPERSAMPLING))
    corners = (0, 0, large.width - 1, large.height - 1)
    line = max(SUPERSAMPLING, round(outline * SUPERSAMPLING)) if outline else 0
    ImageDraw.Draw(large).rounded_rectangle(
        corners,
        radius=radius * SUPERSAMPLING,
        fill=0 if outline else OPAQUE_ALPHA,
        outline=OPAQUE_ALPHA,
        width=line,
    )
    coverage = large.resize((columns, rows), Image.Resampling.BOX)
    canvas.paste(color, (left, top), coverage)


def _draw_logo(canvas: Image.Image, box: PartBox, logo: np.ndarray) -> list[TextLine]:
    """Draws a logo, uint8 RGBA (h, w, 4), resized to its box; it has no lines of text."""
    x, y, width, height = box
    size = max(1, round(width)), max(1, round(height))
    resized = Image.fromarray(logo).resize(size, Image.Resampling.LANCZOS)
    canvas.paste(resized, (round(x), round(y)), mask=resized)
    return []
