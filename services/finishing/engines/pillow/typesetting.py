"""Lays out logo, headline, offer and button at a font size, below or next to each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.finishing.engines.pillow.line_breaks import Lines, fit_lines
from services.finishing.engines.pillow.text_styles import TextStyle
from services.finishing.engines.pillow.typeface import Typeface, TypefacePair
from services.runtime.text_metrics import (
    BUTTON_HEIGHT,
    GAP,
    LINE_HEIGHT,
    LOGO_HEIGHT,
)

PartBox = tuple[float, float, float, float]
"""x, y, width and height of a part of a layout, in pixels, not rounded."""

# Space between logo, headline and button where they are next to each other, in font sizes of the
# headline. Larger: a smaller headline in banners.
ROW_GAP = 0.8
# Size of an offer in font sizes of the headline, distance of its lines in font sizes of its own,
# and the space above it in those of the headline. Larger: an offer that competes with the claim.
OFFER_SIZE, OFFER_LEADING, OFFER_GAP = 0.46, 1.3, 0.28
# Height of a link and space left and right of a button's text, by its shape, in font sizes of that
# text. Larger: larger buttons.
BUTTON_PADDINGS = {"pill": 1.15, "square": 0.95, "outline": 1.05, "link": 0.0}
LINK_HEIGHT = 1.5
# Space before a link's arrow and its length, in font sizes of its text.
ARROW_GAP, ARROW_LENGTH = 0.5, 1.0
# Largest size of a button's text in font sizes of the headline, which stays the larger one.
MAX_BUTTON_TEXT_SIZE = 0.75


@dataclass(frozen=True)
class LayoutContent:
    """The content to lay out.

    style, faces: how text is set.
    offer: set smaller, below the headline.
    button_face: the typeface of the button's text; None for the small one.
    logo_ratio: width / height of the logo, 0 for none.
    button_size: font size of the button's text in pixels, if the headline is larger. The button is
        as large next to every headline.
    least_size: font size in pixels that text smaller than the headline has at least.
    """

    style: TextStyle
    faces: TypefacePair
    headline: str = ""
    offer: str = ""
    button: str = ""
    logo_ratio: float = 0.0
    button_size: float = 0.0
    least_size: float = 0.0
    button_face: Typeface | None = None

    def size_button(self, size: int) -> int:
        """Returns the font size of the button's text in pixels; size: that of the headline."""
        return max(1, round(min(self.button_size, MAX_BUTTON_TEXT_SIZE * size)))

    def measure_button(self, text_size: int) -> tuple[float, float]:
        """Returns width and height of the button in pixels; text_size: of its text."""
        width = (self.button_face or self.faces.small).measure(self.button, text_size)
        if self.style.button == "link":
            return width + (ARROW_GAP + ARROW_LENGTH) * text_size, LINK_HEIGHT * text_size
        padding = BUTTON_PADDINGS[self.style.button] * text_size
        return width + 2 * padding, BUTTON_HEIGHT * text_size

    def size_offer(self, size: int) -> int:
        """Returns the font size of the offer in pixels; size: that of the headline."""
        least = min(self.least_size, MAX_BUTTON_TEXT_SIZE * size)
        return max(1, round(max(OFFER_SIZE * size, least)))

    def break_offer(self, size: int, width: float) -> Lines:
        """Returns the lines of the offer, about as wide as the headline at most.

        size: of the headline. width: its width, both in pixels.
        """
        if not self.offer:
            return ()
        return fit_lines(self.offer.split(), width, self.size_offer(size), self.faces.small)


@dataclass(frozen=True)
class TextLayout:
    """A layout: font size in pixels, lines of headline and offer, width and height in pixels.

    parts: width and height of each of logo, headline with offer, and button that there is, in
        pixels.
    is_row: whether they are next to each other instead of below.
    """

    size: int
    lines: Lines
    offer: Lines
    width: int
    height: int
    parts: tuple[tuple[float, float], ...]
    is_row: bool = False

    def place_parts(self, x: float, y: float, align: float) -> Sequence[PartBox]:
        """Returns the box of each part of a layout whose top left corner is at (x, y).

        align: share of the free width that is left of each, where they are below each other.
        """
        boxes = []
        for width, height in self.parts:
            if self.is_row:
                boxes.append((x, y + (self.height - height) / 2, width, height))
                x += width + ROW_GAP * self.size
            else:
                boxes.append((x + align * (self.width - width), y, width, height))
                y += height + GAP * self.size
        return boxes


def lay_out_column(content: LayoutContent, lines: Lines, size: int) -> TextLayout:
    """Lays out logo, headline and button below each other.

    lines: of the headline. size: its font size in pixels.
    """
    offer, parts = _measure_parts(content, lines, size)
    width = max((part_width for part_width, _ in parts), default=0.0)
    gaps = GAP * size * max(0, len(parts) - 1)
    height = sum(part_height for _, part_height in parts) + gaps
    return TextLayout(size, lines, offer, math.ceil(width), math.ceil(height), tuple(parts))


def lay_out_row(content: LayoutContent, lines: Lines, size: int) -> TextLayout:
    """Lays out logo, headline and button from left to right.

    lines: of the headline. size: its font size in pixels.
    """
    offer, parts = _measure_parts(content, lines, size)
    gaps = ROW_GAP * size * max(0, len(parts) - 1)
    width = sum(part_width for part_width, _ in parts) + gaps
    height = max((part_height for _, part_height in parts), default=0.0)
    return TextLayout(
        size, lines, offer, math.ceil(width), math.ceil(height), tuple(parts), is_row=True
    )


def _measure_parts(
    content: LayoutContent, lines: Lines, size: int
) -> tuple[Lines, list[tuple[float, float]]]:
    """Returns the lines of the offer, and width and height of each part that there is, in pixels.

    Parts are logo, headline with offer, and button. lines: of the headline. size: its font size.
    """
    offer: Lines = ()
    parts = []
    if content.logo_ratio:
        parts.append((content.logo_ratio * LOGO_HEIGHT * size, LOGO_HEIGHT * size))
    if lines:
        longest = max(content.faces.headline.measure(line, size) for line in lines)
        offer = content.break_offer(size, longest)
        small = content.size_offer(size)
        widths = [content.faces.small.measure(line, small) for line in offer]
        parts.append(
            (max(longest, *widths, 0.0), measure_words(content, len(lines), len(offer), size))
        )
    if content.button:
        parts.append(content.measure_button(content.size_button(size)))
    return offer, parts


def measure_words(content: LayoutContent, lines: int, offers: int, size: int) -> float:
    """Returns the height of headline and offer in pixels.

    lines, offers: numbers of their lines. size: font size of the headline.
    """
    height = LINE_HEIGHT * content.style.leading * size * lines
    if not offers:
        return height
    return height + OFFER_GAP * size + OFFER_LEADING * content.size_offer(size) * offers
