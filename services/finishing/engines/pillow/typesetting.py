"""Lays out lines of text as large as a box allows: wrapped and shrunk, never cut."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PIL import ImageFont

from services.finishing.engines.pillow.fonts import Font

# All in font sizes of the headline. Larger: more air, and a smaller headline in the same box.
LINE_HEIGHT = 1.18
# Height of a button and the size of its text.
BUTTON_HEIGHT, BUTTON_TEXT_SIZE = 1.15, 0.5
# Space between logo, headline and button.
GAP = 0.42
# Space between them where they are next to each other.
ROW_GAP = 0.8
LOGO_HEIGHT = 1.3  # a little more than a line of text


@dataclass(frozen=True)
class LayoutContent:
    """The content to lay out; logo_ratio: width / height of the logo, 0 for none."""

    headline: str = ""
    button: str = ""
    logo_ratio: float = 0.0


@dataclass(frozen=True)
class TextLayout:
    """A layout that fits: font size in pixels, the headline's lines, width and height in pixels.

    is_row: whether logo, headline and button are next to each other instead of below.
    keeps_breaks: whether the headline has no line breaks besides its own; true of one without any.
    """

    size: int
    lines: tuple[str, ...]
    width: int
    height: int
    is_row: bool = False
    keeps_breaks: bool = True


def find_largest_layout(
    content: LayoutContent,
    width: int,
    height: int,
    min_size: int,
    max_size: int,
    font: Font,
    *,
    is_row: bool = False,
) -> TextLayout | None:
    """Lays out text and logo at the largest font size that fits a box; None if none does.

    A headline with line breaks gets more only where it does not fit at any size without.

    width, height: of the box in pixels.
    min_size, max_size: the font sizes to try, in pixels, both included.
    is_row: whether the parts are next to each other.
    """
    lay_out = partial(_lay_out_row if is_row else _lay_out, content, width, font)
    sizes = min_size, max_size
    if len(content.headline.splitlines()) < 2:
        return _search_largest(partial(lay_out, wraps=True), width, height, sizes)
    kept = _search_largest(partial(lay_out, wraps=False), width, height, sizes)
    if kept:
        return kept
    wrapped = _search_largest(partial(lay_out, wraps=True), width, height, sizes)
    return wrapped and replace(wrapped, keeps_breaks=False)


def _search_largest(
    lay_out: Callable[[int], TextLayout | None], width: int, height: int, sizes: tuple[int, int]
) -> TextLayout | None:
    """Returns the layout of the largest font size that fits a box, by bisection; None if none does.

    lay_out: lays out at a font size in pixels.
    width, height: of the box in pixels.
    sizes: the smallest and the largest font size to try.
    """
    best = None
    low, high = sizes
    while low <= high:
        size = (low + high) // 2
        layout = lay_out(size)
        if layout and layout.width <= width and layout.height <= height:
            best, low = layout, size + 1
        else:
            high = size - 1
    return best


def _lay_out(
    content: LayoutContent, width: int, font: Font, size: int, *, wraps: bool
) -> TextLayout | None:
    """Lays out logo, headline and button below each other; None if a word is too wide.

    Only the headline is broken into lines; the result may still be too wide or too high.

    width: the most that a line of the headline may take, in pixels.
    size: the font size in pixels.
    wraps: whether lines of the headline may be broken further.
    """
    sized = font.at_size(size)
    lines = _break_headline(content.headline, sized, width, wraps)
    if lines is None:
        return None
    # Width and height of each, in pixels.
    parts: list[tuple[float, float]] = []
    if content.logo_ratio:
        parts.append((content.logo_ratio * LOGO_HEIGHT * size, LOGO_HEIGHT * size))
    if lines:
        longest = max(sized.getlength(line) for line in lines)
        parts.append((longest, LINE_HEIGHT * size * len(lines)))
    if content.button:
        parts.append((measure_button(content.button, size, font), BUTTON_HEIGHT * size))
    block_width = max((part_width for part_width, _ in parts), default=0.0)
    gaps = GAP * size * max(0, len(parts) - 1)
    block_height = sum(part_height for _, part_height in parts) + gaps
    return TextLayout(size, tuple(lines), round(block_width), round(block_height))


def _lay_out_row(
    content: LayoutContent, width: int, font: Font, size: int, *, wraps: bool
) -> TextLayout | None:
    """Lays out logo, headline and button next to each other; None if a word is too wide.

    width: the most that all may take, in pixels; the result may still be wider or too high.
    size: the font size in pixels.
    wraps: whether lines of the headline may be broken further.
    """
    sized, gap = font.at_size(size), ROW_GAP * size
    logo_width = content.logo_ratio * LOGO_HEIGHT * size
    button_width = measure_button(content.button, size, font) if content.button else 0.0
    others = [each for each in (logo_width, button_width) if each]
    free = width - sum(others) - gap * len(others)
    lines = _break_headline(content.headline, sized, int(free), wraps) if free > 0 else None
    if not lines:
        return None
    longest = max(sized.getlength(line) for line in lines)
    heights = [LINE_HEIGHT * len(lines), LOGO_HEIGHT if logo_width else 0, BUTTON_HEIGHT]
    row_width = longest + sum(others) + gap * len(others)
    return TextLayout(
        size, tuple(lines), math.ceil(row_width), round(max(heights) * size), is_row=True
    )


def measure_button(text: str, size: int, font: Font) -> float:
    """Returns the width in pixels of a button: that of its text, and one font size of air.

    size: the font size of the headline in pixels.
    """
    return button_font(size, font).getlength(text) + size


def button_font(size: int, font: Font) -> ImageFont.FreeTypeFont:
    """Returns the font of a button's text; size: that of the headline in pixels."""
    return font.at_size(max(1, round(BUTTON_TEXT_SIZE * size)))


def _break_headline(
    text: str, font: ImageFont.FreeTypeFont, width: int, wraps: bool
) -> Sequence[str] | None:
    """Breaks a headline into lines: where it has line breaks, and each part into as few as fit.

    Returns None if a single word is wider than `width` pixels, or a whole part where it may not be
    broken (`wraps`).
    """
    lines: list[str] = []
    for part in text.splitlines():
        broken = _break_evenly(part, font, width)
        if broken is None or (len(broken) > 1 and not wraps):
            return None
        lines += broken
    return lines


def _break_evenly(text: str, font: ImageFont.FreeTypeFont, width: int) -> Sequence[str] | None:
    """Breaks text into as few lines as fit a width, and makes those about equally long.

    Returns the lines; None if a single word is wider than `width` pixels. Finds the smallest width
    that needs no more lines, by bisection.
    """
    best = _wrap_lines(text, font, width)
    low, high = 0, width
    while best and high - low > 1:
        middle = (low + high) // 2
        narrower = _wrap_lines(text, font, middle)
        if narrower and len(narrower) == len(best):
            best, high = narrower, middle
        else:
            low = middle
    return best


def _wrap_lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> Sequence[str] | None:
    """Breaks text at spaces into lines of at most `width` pixels; None if a word is wider."""
    lines: list[str] = []
    for word in text.split():
        if font.getlength(word) > width:
            return None
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
