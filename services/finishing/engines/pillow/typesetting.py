"""Sets lines of text as large as a box allows: wrapped and shrunk, never cut."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from font_lato import LatoBold
from PIL import ImageFont

from services.runtime.errors import InvalidRequest, Violation

LEADING = 1.18
# Height of a button in font sizes, and the gaps between logo, headline and button.
BUTTON, BUTTON_TEXT, GAP = 1.15, 0.5, 0.42
LOGO = 1.3


@dataclass(frozen=True)
class Words:
    """What is to be set; logo: width / height of a logo, 0 for none."""

    headline: str = ""
    button: str = ""
    logo: float = 0.0


@dataclass(frozen=True)
class Setting:
    """A setting that fits: font size in pixels, the headline's lines, and the block's size."""

    size: int
    lines: tuple[str, ...]
    width: int
    height: int


@cache
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """The font of a file at a size in pixels; Lato Bold for an empty path."""
    return ImageFont.truetype(path or LatoBold, size)


def check_characters(text: str, path: str, field: str) -> None:
    """Raises InvalidRequest when the font lacks a character of the text, or draws none of it."""
    face = font(path, 32)
    missing = bytes(face.getmask("\uffff"))
    lacking = sorted({c for c in text if not c.isspace() and bytes(face.getmask(c)) == missing})
    if lacking:
        text = f"holds {_shown(lacking)}, which the font lacks; set CYCLORAMA_FINISHING_FONT"
        raise InvalidRequest(Violation(field, f"{text} to a font file that has it"))
    if text and face.getmask(text).getbbox() is None:
        raise InvalidRequest(Violation(field, "has nothing to be seen; leave it out"))


def _shown(characters: Iterable[str]) -> str:
    """The characters, those that cannot be printed by their numbers."""
    return " ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in characters)


def largest_setting(
    words: Words, width: int, height: int, least: int, most: int, path: str
) -> Setting | None:
    """The largest setting that fits into a box, by bisection; None when none does."""
    best = None
    low, high = least, most
    while low <= high:
        size = (low + high) // 2
        tried = _set(words, width, size, path)
        if tried and tried.width <= width and tried.height <= height:
            best, low = tried, size + 1
        else:
            high = size - 1
    return best


def _set(words: Words, width: int, size: int, path: str) -> Setting | None:
    face = font(path, size)
    lines = _balanced(words.headline, face, width)
    if lines is None:
        return None
    parts = []
    if words.logo:
        parts.append((words.logo * LOGO * size, LOGO * size))
    if lines:
        parts.append((max(face.getlength(line) for line in lines), LEADING * size * len(lines)))
    if words.button:
        text = font(path, max(1, round(BUTTON_TEXT * size))).getlength(words.button)
        parts.append((text + size, BUTTON * size))
    across = max((part[0] for part in parts), default=0)
    down = sum(part[1] for part in parts) + GAP * size * max(0, len(parts) - 1)
    return Setting(size, tuple(lines), round(across), round(down))


def _balanced(text: str, face: ImageFont.FreeTypeFont, width: int) -> Sequence[str] | None:
    """Breaks into as few lines as fit, as even as they can be; None when a word does not fit."""
    best = _wrapped(text, face, width)
    low, high = 0, width
    while best and high - low > 1:
        middle = (low + high) // 2
        narrower = _wrapped(text, face, middle)
        if narrower and len(narrower) == len(best):
            best, high = narrower, middle
        else:
            low = middle
    return best


def _wrapped(text: str, face: ImageFont.FreeTypeFont, width: int) -> Sequence[str] | None:
    """Breaks at spaces so that every line fits; None when a single word does not."""
    lines: list[str] = []
    for word in text.split():
        if face.getlength(word) > width:
            return None
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
