"""Reads styles of rooms that sets show by their wood, walls and light: Scandinavian ones."""

from services.imaging.scene import RGB
from services.studio.briefs.places import ROOMS
from services.studio.briefs.reading import Reading

# Words for light wood, white walls and bright light.
SCANDINAVIAN = frozenset(("scandinavian", "scandi", "nordic", "japandi"))
# The wood that furniture has, unless the brief names another; kinds that it stands for; and sRGB of
# the walls.
LIGHT_WOOD, PLAIN_WOODS = "light oak", frozenset(("", "oak"))
WHITE_WALL: RGB = (243, 242, 238)
# Places without walls or furniture.
OUTDOORS = frozenset(
    (
        *("garden", "forest", "mountain", "beach", "desert", "water", "snow", "street_day"),
        *("street_night", "festive"),
    )
)


def read_style(reading: Reading, place: str | None, surface: str | None) -> str:
    """Returns "scandinavian" where a brief asks for it in a room or on wood, else ""; colors walls.

    place, surface: of the brief.
    """
    terms = [
        term
        for phrase in reading.phrases
        if not phrase.negated and phrase not in reading.products
        for term in phrase.terms
        if term.text in SCANDINAVIAN and term.find("look")
    ]
    if not terms or place in OUTDOORS or (place not in ROOMS and surface not in (None, "wood")):
        return ""
    reading.report.use(*terms)
    reading.colors.setdefault("wall", WHITE_WALL)
    if not {"dark", "candle", "moonlight", "neon"} & reading.lights.keys():
        reading.lights.setdefault("bright")
    return "scandinavian"


def choose_light_wood(style: str, surface: str | None, kind: str) -> tuple[str | None, str]:
    """Returns the surface and its kind: light wood in Scandinavian rooms where no other is named.

    style: as read_style returns it.
    """
    is_open = surface is None or (surface == "wood" and kind in PLAIN_WOODS)
    return ("wood", LIGHT_WOOD) if style and is_open else (surface, kind)
