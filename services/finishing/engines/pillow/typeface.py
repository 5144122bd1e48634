"""Text of one font and spacing: how wide it is, and how it is drawn."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

from services.finishing.engine import TextLine
from services.finishing.engines.pillow.fonts import Font
from services.imaging.scene import RGB

# Characters that spacing takes apart or capitals change: Greek loses its accents in capitals, and
# Turkish has an i of its own. Scripts beyond the Cyrillic block join letters, or have no capitals.
LAST_SPACED, VIETNAMESE, PUNCTUATION = 0x52F, range(0x1E00, 0x1F00), range(0x2000, 0x2200)
GREEK, TURKISH = range(0x370, 0x400), frozenset("ıİğĞ")


@dataclass(frozen=True)
class Typeface:
    """A font, as text is set in it.

    tracking: space that is added between letters, in font sizes.
    has_capitals: whether all letters become capitals, where the script has them.
    """

    font: Font
    tracking: float = 0.0
    has_capitals: bool = False

    def set_case(self, text: str) -> str:
        """Returns a text in the typeface's letters: as it is, or in capitals."""
        is_kept = any(ord(letter) in GREEK or letter in TURKISH for letter in text)
        return text.upper() if self.has_capitals and not is_kept else text

    def measure(self, text: str, size: int) -> float:
        """Returns the width of a line in pixels; size: of the font in pixels."""
        added = self.tracking * size * max(0, len(text) - 1) if self._is_spaced(text) else 0.0
        return self.font.at_size(size).getlength(text) + added

    def draw_line(
        self,
        canvas: Image.Image,
        position: tuple[float, float],
        text: str,
        size: int,
        color: RGB,
        align: float = 0.5,
    ) -> TextLine:
        """Draws a line, and returns it.

        position: (x, y) in pixels: its left end, middle or right end by `align`, 0, 0.5 or 1, and
            the middle of its height.
        """
        font, draw = self.font.at_size(size), ImageDraw.Draw(canvas)
        left, y = position[0] - align * self.measure(text, size), position[1]
        boxes = []
        for x, part in self._place_letters(text, size):
            draw.text((left + x, y), part, fill=color, font=font, anchor="lm")
            boxes.append(draw.textbbox((left + x, y), part, font, "lm"))
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        x, y = math.floor(min(lefts)), math.floor(min(tops))
        _, capital_top, _, _ = font.getbbox("H", anchor="ls")
        box = (x, y, math.ceil(max(rights)) - x, math.ceil(max(bottoms)) - y)
        return TextLine(box, round(-capital_top), color)

    def _is_spaced(self, text: str) -> bool:
        """Whether letters may stand apart: not in scripts that join them."""
        codes = [ord(letter) for letter in text]
        return bool(self.tracking) and all(
            code <= LAST_SPACED or code in VIETNAMESE or code in PUNCTUATION for code in codes
        )

    def _place_letters(self, text: str, size: int) -> Iterator[tuple[float, str]]:
        """Yields the x of each letter, in pixels from the left, with kerning; or the whole text."""
        if not self._is_spaced(text):
            yield 0.0, text
            return
        font = self.font.at_size(size)
        for index, letter in enumerate(text):
            kerned = font.getlength(text[: index + 1]) - font.getlength(letter)
            if not letter.isspace():
                yield kerned + index * self.tracking * size, letter


@dataclass(frozen=True)
class TypefacePair:
    """The typefaces of a style: of the headline, and of offer and button."""

    headline: Typeface
    small: Typeface
