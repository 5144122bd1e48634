"""Pictures as sixel, the protocol of DEC's VT340: bands of six rows, a color at a time."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLORS, ROWS = 128, 6
# The character of a column without a pixel; each of its six rows adds a bit.
NOTHING = 63
# From this length on a run of equal characters is shorter as a count.
LONG = 4


def sixel(picture: "Image") -> str:
    """The escape sequence that draws an RGB picture, pixel by pixel, in 128 of its colors."""
    indexed = picture.quantize(COLORS)
    width, height = indexed.size
    levels = indexed.getpalette() or []
    palette = "".join(
        "#{};2;{};{};{}".format(at // 3, *(round(each / 2.55) for each in levels[at : at + 3]))
        for at in range(0, len(levels), 3)
    )
    bands = "-".join(_bands(indexed.tobytes(), width, height))
    return f'\033P0;1q"1;1;{width};{height}{palette}{bands}\033\\'


def _bands(pixels: bytes, width: int, height: int) -> Iterator[str]:
    for top in range(0, height, ROWS):
        drawn: dict[int, bytearray] = {}
        for row in range(min(ROWS, height - top)):
            start = (top + row) * width
            for x, color in enumerate(pixels[start : start + width]):
                drawn.setdefault(color, bytearray(width))[x] |= 1 << row
        yield "$".join(f"#{color}{_packed(bits)}" for color, bits in drawn.items())


def _packed(bits: bytearray) -> str:
    runs = ((chr(NOTHING + value), len(list(group))) for value, group in groupby(bits))
    return "".join(f"!{count}{char}" if count >= LONG else char * count for char, count in runs)
