"""Derives the light of a set from the kinds of light that a brief names."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.imaging.scene import RGB
from services.studio.briefs.brief import LightOptions
from services.studio.briefs.vocabulary import load_words

# Kinds of light in light.toml that a brief does not report by that name, but by others.
UNREPORTED = frozenset(("dusk", "midday", "afternoon"))
# Degrees of the key light's azimuth and elevation by the side that a brief names.
SIDE_AZIMUTHS = {"left": 300.0, "right": 60.0, "behind": 180.0, "side": 285.0}
TOP_ELEVATION = 80.0
# Kinds of which the later one in this order decides about a field that both set.
PRIORITY = (
    *("bright", "soft", "hard", "afternoon", "morning", "window", "warm", "cool", "overcast"),
    *("golden_hour", "dusk", "midday", "backlit", "rim", "rays", "dappled", "leaf_shadow"),
    *("palm_shadow", "blinds_shadow", "neon", "colored", "spotlight", "moonlight", "candle"),
    "dark",
)
FIELDS = ("azimuth", "elevation", "hard", "kelvin", "low", "gobo", "mood")


def create_light_options(
    kinds: Collection[str], sides: Sequence[str], colors: Sequence[RGB]
) -> LightOptions:
    """Creates the light that fits all kinds and sides that a brief names.

    kinds: keys of light.toml. sides: left, right, behind, side or top. colors: of lamps.
    """
    table = load_words("light")
    chosen: dict[str, Any] = {}
    for kind in sorted(kinds, key=PRIORITY.index):
        chosen |= {field: table[kind][field] for field in FIELDS if field in table[kind]}
    for side in sides:
        if side == "top":
            chosen["elevation"] = TOP_ELEVATION
        else:
            chosen["azimuth"] = SIDE_AZIMUTHS[side]
    names = _report_names(kinds, table, colors)
    return LightOptions(names=names, colors=tuple(colors), **chosen)


def _report_names(
    kinds: Collection[str], table: Mapping[str, Any], colors: Sequence[RGB]
) -> frozenset[str]:
    """Returns the names of the kinds and of those that they include."""
    included = {name for kind in kinds for name in table[kind].get("also", ())}
    colored = {"colored"} if colors else set()
    return frozenset((set(kinds) | included | colored) - UNREPORTED)
