"""Reads the colors of a brief."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from services.imaging.color import lab_from_srgb
from services.imaging.scene import RGB
from services.studio.briefs.phrases import Term
from services.studio.briefs.vocabulary import load_words
from services.studio.color import mix_colors, rgb_from_lab

# Lightness in CIE Lab that "pastel" and the like approach, and that "dark" and the like do.
LIGHT_GOAL, DARK_GOAL = 96, 8
# Distance from the gray axis of CIE Lab below which a color is a gray. Larger: paler lamps count
# as white.
MIN_CHROMA = 12
# Share of the way to white of the second color of a gradient that names only one.
FADE_TO_WHITE = 0.65
HEX_COLOR = re.compile(r"#(?:[0-9a-f]{3}){1,2}")
# Names of hues, which other names of colors may precede: "sage green".
HUES = frozenset(
    (
        "red",
        "green",
        "blue",
        "yellow",
        "orange",
        "pink",
        "purple",
        "brown",
        "gray",
        "grey",
        "white",
        "black",
        "beige",
        "violet",
        "turquoise",
        "gold",
    )
)

# Hues that are never the name of a fruit, a flower or a metal.
PLAIN_HUES = HUES - {"orange", "violet", "gold", "turquoise"}


def parse_color(text: str) -> RGB:
    """Converts #rgb or #rrggbb to sRGB."""
    digits = text.removeprefix("#")
    full = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return (int(full[:2], 16), int(full[2:4], 16), int(full[4:], 16))


def read_colors(terms: Sequence[Term], merge: bool = True) -> list[RGB]:
    """Returns the colors that terms of a noun phrase name, in order.

    merge: whether a color before the name of a hue is one color with it: "sage green".
    """
    found: list[tuple[int, bool, RGB]] = []
    shades: list[str] = []
    for i, term in enumerate(terms):
        if meaning := term.find("color"):
            color = _apply_shades(parse_color(meaning.key), shades)
            is_hue = term.text in HUES
            if found and merge and is_hue and found[-1][0] == i - 1 and not found[-1][1]:
                found[-1] = (i, True, found[-1][2])
            else:
                found.append((i, is_hue, color))
            shades = []
        elif shade := term.find("shade"):
            shades.append(shade.key)
        else:
            shades = []
    return [color for _, _, color in found]


def fade_color(color: RGB) -> RGB:
    """Returns the color that one named color runs into in a gradient."""
    return mix_colors(color, (255, 255, 255), FADE_TO_WHITE)


def is_chromatic(color: RGB) -> bool:
    """Returns whether an sRGB color is not a gray."""
    _, a, b = lab_from_srgb(np.array([[color]], np.uint8))[0, 0]
    return float(np.hypot(a, b)) >= MIN_CHROMA


def measure_lightness(color: RGB) -> float:
    """Returns the lightness of an sRGB color in CIE Lab, 0 to 100."""
    return float(lab_from_srgb(np.array([[color]], np.uint8))[0, 0, 0])


@cache
def list_pastels() -> tuple[RGB, ...]:
    """Returns the pale tones that stand for "pastel" alone."""
    return tuple(map(parse_color, load_words("colors")["pastels"]["tones"]))


def is_hex_color(word: str) -> bool:
    """Returns whether a word is #rgb or #rrggbb."""
    return bool(HEX_COLOR.fullmatch(word))


def _apply_shades(color: RGB, shades: Iterable[str]) -> RGB:
    """Lightens, darkens and saturates an sRGB color as the words before it say."""
    for shade in shades:
        share, saturation = load_words("colors")["modifiers"][shade]
        lightness, a, b = lab_from_srgb(np.array([[color]], np.uint8))[0, 0]
        goal = LIGHT_GOAL if share > 0 else DARK_GOAL
        lightness += (goal - lightness) * abs(share)
        color = rgb_from_lab(lightness, a * saturation, b * saturation)
    return color
