"""The looks of lettering: for each its fonts, size, letter spacing, alignment and button."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ButtonShape = Literal["pill", "square", "outline", "link"]


@dataclass(frozen=True)
class TextStyle:
    """How text is set.

    font, small_font: names of the fonts of the headline, and of offer and button.
    scale: the largest font size, as a multiple of the default one.
    tracking, small_tracking: space between letters, in font sizes; less than 0 sets them tighter.
    has_capitals: whether all letters are capitals.
    leading: the distance of the headline's lines, as a multiple of the default one.
    is_flush_left: whether text is at the left rather than in the middle, where it may be either.
    button: what a button looks like.
    """

    font: str
    small_font: str
    scale: float = 1.0
    tracking: float = 0.0
    small_tracking: float = 0.0
    has_capitals: bool = False
    leading: float = 1.0
    is_flush_left: bool = False
    button: ButtonShape = "pill"


# The styles by the words of the contract's TextLook. Large letters are set tighter, and capitals
# wider, as foundries advise; a light font is smaller, as its capitals are wide.
TEXT_STYLES: Mapping[str, TextStyle] = {
    "modern": TextStyle("inter-semibold", "inter-medium", tracking=-0.018),
    "editorial": TextStyle(
        "noto-serif-display",
        "inter-medium",
        scale=1.1,
        tracking=-0.01,
        leading=1.02,
        is_flush_left=True,
        button="link",
    ),
    "light": TextStyle(
        "commissioner-light",
        "commissioner-light",
        scale=0.8,
        tracking=0.14,
        small_tracking=0.12,
        has_capitals=True,
        leading=1.18,
        button="outline",
    ),
    "poster": TextStyle(
        "fira-condensed",
        "fira-condensed",
        scale=1.5,
        small_tracking=0.03,
        has_capitals=True,
        leading=0.92,
        is_flush_left=True,
        button="square",
    ),
}
DEFAULT_LOOK = "modern"


def find_text_style(look: str) -> TextStyle:
    """Returns the style of a look; that of the default one for an empty name."""
    return TEXT_STYLES[look or DEFAULT_LOOK]
