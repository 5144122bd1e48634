"""What was read in a brief: the parts of the set that it asks for, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.imaging.scene import RGB
from services.imaging.view import Pose


@dataclass(frozen=True)
class LightOptions:
    """What a brief asks of the light; None where it asks nothing.

    names: of kinds of light: golden_hour, morning, window, hard, soft, bright, dark, warm, cool,
    candle, moonlight, backlit, rim, rays, dappled, palm_shadow, leaf_shadow, blinds_shadow,
    spotlight, neon, colored, overcast. The other fields follow from them and from other words.
    azimuth: degrees, as in the contract's Light.
    elevation: degrees above level.
    hard: hard (True) or soft (False) shadows.
    kelvin: color temperature.
    low: a low sun.
    gobo: pattern of shadows: palm, leaves, window or blinds.
    mood: "dark" or "bright".
    colors: sRGB of colored lamps, in the brief's order.
    """

    names: frozenset[str] = frozenset()
    azimuth: float | None = None
    elevation: float | None = None
    hard: bool | None = None
    kelvin: float | None = None
    low: bool = False
    gobo: str | None = None
    mood: str | None = None
    colors: tuple[RGB, ...] = ()


@dataclass(frozen=True)
class WantedThing:
    """A thing that is to be seen besides the product.

    name: of an entry of words/things.toml.
    words: the user's own, such as "lemon slices".
    color: sRGB that the brief gives to it; None: its usual color.
    count: how many the brief asks for; None: open. is_plural: whether it asks for several.
    position: "near", "behind", "air" (in the air) or "under" (the product is on it).
    """

    name: str
    words: str
    color: RGB | None = None
    count: int | None = None
    position: Literal["near", "behind", "air", "under"] = "near"
    is_plural: bool = False


@dataclass(frozen=True)
class LeftOut:
    """Something that the set will not show.

    words: the user's own, as typed.
    nearest: the nearest thing that the studio offers, in words; empty: there is none.
    """

    words: str
    nearest: str = ""


@dataclass(frozen=True)
class NamedPlace:
    """Words of a brief that name its place.

    words: the user's own. name: the same in English.
    place, setting: keys of words/places.toml; setting: empty without one.
    others: (place, setting) of other places in parts of the words: "beach" in "beach hut".
    is_partial: whether the place only comes near to what they name.
    """

    words: str
    name: str
    place: str
    setting: str = ""
    others: frozenset[tuple[str, str]] = frozenset()
    is_partial: bool = False


@dataclass(frozen=True)
class NamedWall:
    """Words of a brief that name a wall.

    words: the user's own, such as "terracotta plaster wall". color: its sRGB; None: open.
    material: an entry of words/surfaces.toml; empty: open.
    """

    words: str
    color: RGB | None = None
    material: str = ""


@dataclass(frozen=True)
class Brief:
    """What a brief asks of a set.

    place: kind of place, one of PLACE_NAMES; None where none was named or understood.
    setting: finer kind, such as "bakery", "windowsill" or "christmas" (an entry of
    words/places.toml); empty: no finer one than the place.
    surface: what the product is on (an entry of words/surfaces.toml); None: open.
    surface_kind: finer kind, such as "walnut" or "carrara"; empty: open.
    colors: sRGB by part: wall, surface, podium, accent; palette: all others, in order.
    gradient: two sRGB that run into each other on the wall; split: two that meet at an edge.
    air: what fills the air: fog, dust, sparkle, splash, bokeh, smoke, steam, powder, droplets,
    snowflakes, petals, bubbles, rain, sparks.
    pitch: degrees that the camera looks down; None: open.
    view_angle: degrees that it sees along the image's shorter side; None: open.
    blur_factor: of the lens aperture; 1 is as usual.
    pose: of the product; None: open.
    text_area: side that should be free for lettering: left, right, top or bottom; None: open.
    season: "autumn", or empty: open.
    style: "scandinavian", or empty: open.
    on_shelf: whether the product is on a board with a front edge: a shelf, a mantel or a sill.
    excluded: things, shadows or parts that must not be seen: keys of words/things.toml and of
    "removable" in words/parts.toml.
    product: the words that name the product; empty: none do.
    understood: the user's own words that have an effect, in order.
    left_out: what was asked for and will not be seen.
    in_part: what will be seen only in part, each with what is seen of it.
    named_places: the words for the place.
    low_suns: the words for a low sun, and whether they name the sky: ("sunset", True).
    unseen_materials: the words for materials that the product is not on, and their surfaces.
    nights, overcasts: the words for a dark hour, and for a covered sky.
    walls: the words for walls.
    language: "en", "de", "fr", "es", or "" for one that is not read.
    """

    place: str | None = None
    setting: str = ""
    surface: str | None = None
    surface_kind: str = ""
    things: tuple[WantedThing, ...] = ()
    light: LightOptions = LightOptions()
    colors: Mapping[str, RGB] = field(default_factory=dict)
    palette: tuple[RGB, ...] = ()
    gradient: tuple[RGB, RGB] | None = None
    split: tuple[RGB, RGB] | None = None
    air: frozenset[str] = frozenset()
    pitch: float | None = None
    view_angle: float | None = None
    blur_factor: float = 1.0
    pose: Pose | None = None
    text_area: str | None = None
    season: str = ""
    style: str = ""
    on_shelf: bool = False
    excluded: frozenset[str] = frozenset()
    product: str = ""
    understood: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    in_part: tuple[LeftOut, ...] = ()
    named_places: tuple[NamedPlace, ...] = ()
    low_suns: tuple[tuple[str, bool], ...] = ()
    unseen_materials: tuple[tuple[str, str], ...] = ()
    nights: tuple[str, ...] = ()
    overcasts: tuple[str, ...] = ()
    walls: tuple[NamedWall, ...] = ()
    language: str = "en"


PLACE_NAMES = (
    *("kitchen", "dining", "bathroom", "living_room", "bedroom", "nursery", "office", "gym"),
    *("cafe", "bar", "workshop", "garden", "forest", "mountain", "beach", "desert", "water"),
    *("snow", "street_day", "street_night", "studio", "podium", "tabletop", "flat_lay"),
    *("abstract", "festive"),
)
