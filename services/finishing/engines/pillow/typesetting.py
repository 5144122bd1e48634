"""Lays out logo, headline and button at a font size, below or next to each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageFont

from services.finishing.engines.pillow.fonts import Font
from services.finishing.engines.pillow.line_breaks import Lines
from services.runtime.text_metrics import (
    BUTTON_HEIGHT,
    BUTTON_TEXT_SIZE,
    GAP,
    LINE_HEIGHT,
    LOGO_HEIGHT,
)

PartBox = tuple[float, float, float, float]
"""x, y, width and height of a part of a layout, in pixels, not rounded."""

# Space between logo, headline and button where they are next to each other, in font sizes of the
# headline. Larger: a smaller headline in banners.
ROW_GAP = 0.8
# Space left and right of a button's text, each in font sizes of that text. Larger: wider buttons.
BUTTON_PADDING = 1.25
# Largest size of a button's text in font sizes of the headline, which stays the larger one.
MAX_BUTTON_TEXT_SIZE = 0.75


@dataclass(frozen=True)
class LayoutContent:
    """The content to lay out.

    logo_ratio: width / height of the logo, 0 for none.
    min_button_size: least font size of the button's text in pixels, if the headline is larger.
    """

    headline: str = ""
    button: str = ""
    logo_ratio: float = 0.0
    min_button_size: float = 0.0

    def size_button(self, size: int) -> int:
        """Returns the font size of the button's text in pixels; size: that of the headline."""
        least = min(self.min_button_size, MAX_BUTTON_TEXT_SIZE * size)
        return max(1, round(max(BUTTON_TEXT_SIZE * size, least)))

    def measure_button(self, size: int, font: Font) -> tuple[float, float]:
        """Returns width and height of the button in pixels; size: of the headline."""
        text_size = self.size_button(size)
        width = self.button_font(size, font).getlength(self.button)
        return width + 2 * BUTTON_PADDING * text_size, text_size * BUTTON_HEIGHT / BUTTON_TEXT_SIZE

    def button_font(self, size: int, font: Font) -> ImageFont.FreeTypeFont:
        """Returns the font of the button's text; size: of the headline in pixels."""
        return font.at_size(self.size_button(size))


@dataclass(frozen=True)
class TextLayout:
    """A layout: font size in pixels, the headline's lines, width and height in pixels.

    parts: width and height of each of logo, headline and button that there is, in pixels.
    is_row: whether they are next to each other instead of below.
    """

    size: int
    lines: Lines
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


def lay_out_column(content: LayoutContent, lines: Lines, size: int, font: Font) -> TextLayout:
    """Lays out logo, headline and button below each other.

    lines: of the headline. size: its font size in pixels.
    """
    parts = _measure_parts(content, lines, size, font)
    width = max((part_width for part_width, _ in parts), default=0.0)
    gaps = GAP * size * max(0, len(parts) - 1)
    height = sum(part_height for _, part_height in parts) + gaps
    return TextLayout(size, lines, math.ceil(width), math.ceil(height), tuple(parts))


def lay_out_row(content: LayoutContent, lines: Lines, size: int, font: Font) -> TextLayout:
    """Lays out logo, headline and button from left to right.

    lines: of the headline. size: its font size in pixels.
    """
    parts = _measure_parts(content, lines, size, font)
    gaps = ROW_GAP * size * max(0, len(parts) - 1)
    width = sum(part_width for part_width, _ in parts) + gaps
    height = max((part_height for _, part_height in parts), default=0.0)
    return TextLayout(size, lines, math.ceil(width), math.ceil(height), tuple(parts), is_row=True)


def _measure_parts(
    content: LayoutContent, lines: Lines, size: int, font: Font
) -> list[tuple[float, float]]:
    """Returns width and height in pixels of each of logo, headline and button that there is."""
    parts = []
    if content.logo_ratio:
        parts.append((content.logo_ratio * LOGO_HEIGHT * size, LOGO_HEIGHT * size))
    if lines:
        sized = font.at_size(size)
        longest = max(sized.getlength(line) for line in lines)
        parts.append((longest, LINE_HEIGHT * size * len(lines)))
    if content.button:
        parts.append(content.measure_button(size, font))
    return parts
