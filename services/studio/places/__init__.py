"""The places that sets can be in: one entry each in PLACES, found by setting or by place."""

import numpy as np

from services.studio.backdrops.autumn import paint_autumn
from services.studio.backdrops.festoon import paint_festoon
from services.studio.backdrops.forest import paint_forest
from services.studio.backdrops.garden import paint_garden
from services.studio.backdrops.gradient import paint_gradient
from services.studio.backdrops.lights import paint_skyline, paint_street, paint_tree_lights
from services.studio.backdrops.pool import paint_pool
from services.studio.backdrops.ranges import (
    DUNE_TONES,
    MOUNTAIN_TONES,
    SNOW_TONES,
    paint_ranges,
)
from services.studio.backdrops.rooftops import paint_rooftops
from services.studio.backdrops.sea import paint_sea
from services.studio.backdrops.trees import plant_firs, plant_palms, plant_trunks
from services.studio.backdrops.tubes import paint_neon_tubes
from services.studio.briefs.brief import Brief
from services.studio.color import mix_colors
from services.studio.places.lit import NEON
from services.studio.places.place import Place, PlaceLight
from services.studio.places.podium import build_podium
from services.studio.places.scenic import build_before, find_half_width, find_hour
from services.studio.places.studio import build_studio, build_sweep
from services.studio.sets import SetPlan
from services.studio.tables import backdrop_height_at_row, find_painted_horizon

# sRGB of water and sky where the brief names no color, and of the room behind a holiday's lights.
WATER_BLUE = (136, 186, 214)
HOLIDAY_ROOM = (40, 20, 18)
FAIRY_TINTS = ((255, 196, 110), (255, 170, 80), (255, 96, 60))
# For each holiday, sRGB of the wall behind it and of the lights on it.
PARTY_WALLS = {
    "": ((96, 58, 44), FAIRY_TINTS),
    "halloween": ((64, 34, 20), ((255, 140, 50), (255, 170, 80))),
    "lunar_new_year": ((120, 16, 20), FAIRY_TINTS),
    "valentine": ((224, 150, 160), ((255, 220, 220), (255, 190, 190))),
    "diwali": ((70, 30, 58), FAIRY_TINTS),
}

# Units that far land begins above the ground's edge, which lies higher than it, and that mountains
# and dunes rise above that.
FALLING_GROUND, MOUNTAIN_PEAK, DUNE_PEAK, SHORE_PEAK = 0.05, 0.34, 0.16, 0.2
# Units of a pool's water that are seen beyond the ground's edge.
POOL_HEIGHT = 0.17
# Units that it begins below the camera's horizon at most. Larger: steeper views show more sky.
VALLEY_DEPTH = 0.5
# Units that the horizon of a street is above the ground's far edge at most. Larger: steeper views
# show less of its buildings.
STREET_HORIZON = 0.12

# Light of the open air, of a low room in the evening, of a studio, of a forest, of snow, and of a
# dark street.
DAYLIGHT = PlaceLight(
    azimuths=(62, 100), elevation=40, angle=2.5, strength=1.25, kelvin=5600, dome=0.27
)
EVENING = PlaceLight(azimuths=(50, 70), angle=12, strength=0.72, kelvin=4300, dome=0.13)
STUDIO_LIGHT = PlaceLight(
    azimuths=(36, 52), elevation=42, angle=17, strength=0.95, kelvin=6400, dome_kelvin=6500
)
FOREST_LIGHT = PlaceLight(azimuths=(70, 115), elevation=48, angle=5, strength=0.9, dome=0.25)
SNOW_LIGHT = PlaceLight(
    azimuths=(72, 98), elevation=32, angle=8, kelvin=6600, dome=0.27, dome_kelvin=7800
)
NIGHT = PlaceLight(azimuths=(70, 110), angle=14, strength=0.5, kelvin=5000, dome=0.09)


def _paint_sea(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints the sea: linear light, float32 RGB (h, w, 3); arguments as in scenic.Painter."""
    horizon = find_painted_horizon(plan.camera, level)
    return paint_sea(size, shore=level, horizon=horizon, hour=find_hour(plan), seed=plan.variation)


def _paint_pool(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a swimming pool beyond its edge: linear light, float32 RGB (h, w, 3), as Painter."""
    height = 0.0 if plan.surface.name == "water" else POOL_HEIGHT
    return paint_pool(size, level, height, find_hour(plan), plan.variation)


def _paint_rooftops(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a city seen from a roof: linear light, float32 RGB (h, w, 3), as Painter."""
    return paint_rooftops(size, level, find_hour(plan), plan.variation)


def _paint_garden(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints greenery, or trees in autumn: linear light, float32 RGB (h, w, 3), as Painter."""
    if plan.brief.season == "autumn":
        return paint_autumn(size, level, plan.light_side, plan.variation)
    warmth = 0.35 if find_hour(plan) == "day" else 1.0
    return paint_garden(size, sun=plan.light_side, warmth=warmth, seed=plan.variation)


def _paint_wood(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints trunks before sunlit leaves: linear light, float32 RGB (h, w, 3)."""
    leaves, half_width = _paint_garden(plan, size, level), find_half_width(plan)
    return plant_trunks(leaves, level - 0.1, half_width, find_hour(plan), plan.variation)


def _paint_forest(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a winter forest: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    flakes = "snowflakes" in plan.brief.air
    return paint_forest(
        size, ground=level + 0.03, hour=find_hour(plan), flakes=flakes, seed=plan.variation
    )


def _paint_gradient(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a plain backdrop: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    tone = plan.brief.colors.get("wall") or plan.brief.colors.get("surface") or WATER_BLUE
    if find_hour(plan) == "dark":
        tone = mix_colors(tone, (6, 8, 12), share=0.8)
    low, high = (mix_colors(tone, (255, 255, 255), share=share) for share in (0.22, 0.04))
    return paint_gradient(size, level=level, low=low, high=high)


def _paint_night_street(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints lights of a street or a skyline: linear light, float32 RGB (h, w, 3)."""
    horizon = min(find_painted_horizon(plan.camera, level), level + STREET_HORIZON)
    colors = plan.brief.light.colors or plan.brief.palette
    if "neon" in plan.brief.light.names and plan.seed_choice(2):
        one, other = (*colors, *NEON)[:2]
        return paint_neon_tubes(size, level, one, other, plan.variation)
    paint = paint_skyline if plan.brief.setting == "rooftop_night" else paint_street
    return paint(size, level, horizon, plan.variation)


def _paint_mountains(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints mountain ranges in haze: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    return paint_ranges(
        size,
        _find_far_land(plan, level),
        MOUNTAIN_TONES[find_hour(plan)],
        plan.variation,
        peak=MOUNTAIN_PEAK,
    )


def _paint_peaks(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints mountains under snow behind firs: linear light, float32 RGB (h, w, 3)."""
    tones = SNOW_TONES[find_hour(plan)]
    return paint_ranges(size, _find_far_land(plan, level), tones, plan.variation, MOUNTAIN_PEAK)


def _paint_far_shore(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints hills and firs on the far side of a lake: linear light, float32 RGB (h, w, 3)."""
    hour = find_hour(plan)
    hills = paint_ranges(size, level, MOUNTAIN_TONES[hour], plan.variation, SHORE_PEAK)
    return plant_firs(hills, level, find_half_width(plan), hour, plan.variation)


def _paint_dunes(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints dunes to the horizon: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    tones = DUNE_TONES[find_hour(plan)]
    return paint_ranges(size, _find_far_land(plan, level), tones, plan.variation, peak=DUNE_PEAK)


def _find_far_land(plan: SetPlan, level: float) -> float:
    """Returns the height at which far land begins, in units above the painting's center.

    level: height of the ground's far edge, in the same units.
    """
    highest = find_painted_horizon(plan.camera, level)
    horizon = backdrop_height_at_row(plan.camera, plan.camera.horizon_row())
    return min(max(level + FALLING_GROUND, horizon - VALLEY_DEPTH), highest)


def _paint_party(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a wall with strings of lights: linear light, float32 RGB (h, w, 3)."""
    wall, tints = PARTY_WALLS.get(plan.brief.setting, PARTY_WALLS[""])
    named = plan.brief.colors.get("wall") or (plan.brief.palette or (wall,))[0]
    return paint_festoon(size, level, named, tints, plan.variation)


def _paint_tree(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a holiday's lights: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    return paint_tree_lights(size, level, HOLIDAY_ROOM, FAIRY_TINTS, plan.variation)


# Surfaces by (name, kind, color), as in Place.
OAK, WALNUT, PALE_WOOD = ("wood", "oak", None), ("wood", "walnut", None), ("wood", "pine", None)
RUSTIC = ("wood", "rustic", None)
MARBLE, BLACK_MARBLE = ("marble", "carrara", None), ("marble", "nero", None)
STONE, CONCRETE, LINEN = ("stone", "", None), ("concrete", "", None), ("linen", "", None)
WHITE_TOP = ("plain", "", (242, 241, 238))

# Trees that places show where a brief names them.
FIRS = {"pine_trees": plant_firs, "trees": plant_firs}
PALMS_ONLY = {"palm_trees": plant_palms}
PALMS = {**PALMS_ONLY, "trees": plant_palms}

# By setting or place (see briefs/words/places.toml).
PLACES: dict[str, Place] = {
    "studio": Place(
        build_studio,
        surfaces=(("plain", "", None),),
        pitch=14,
        view_angle=22,
        ground_line=0.8,
        light=STUDIO_LIGHT,
        pattern="window",
        is_seamless=True,
    ),
    "podium": Place(
        build_podium, pitch=16, view_angle=22, ground_line=0.8, light=STUDIO_LIGHT, is_seamless=True
    ),
    "abstract": Place(
        build_sweep, pitch=9, view_angle=22, ground_line=0.8, light=STUDIO_LIGHT, is_seamless=True
    ),
    "bokeh": Place(
        build_before(_paint_party, shown=("bokeh", "fairy_lights"), exposure=1.25),
        surfaces=(WALNUT, BLACK_MARBLE),
        light=EVENING,
    ),
    "tabletop": Place(
        build_studio,
        surfaces=(STONE, OAK, LINEN),
        pitch=15,
        view_angle=24,
        light=PlaceLight(azimuths=(50, 75), elevation=36, angle=12, strength=0.95),
        pattern="window",
    ),
    "kitchen": Place(
        build_before(_paint_garden, room="kitchen"),
        surfaces=(OAK, MARBLE),
        dressing=(
            ("lemon", "herbs"),
            ("cutting_board", "tomato"),
            ("plant",),
            ("bowl", "jar"),
            ("napkin",),
        ),
        pattern="window",
    ),
    "dining": Place(
        build_before(_paint_garden, room="dining"),
        surfaces=(WALNUT, LINEN),
        dressing=(("wine_glass", "candle"), ("plate", "cutlery"), ("vase",), ("candle",)),
        pattern="window",
    ),
    "bathroom": Place(
        build_before(_paint_gradient, room="bathroom"),
        surfaces=(MARBLE, STONE, OAK),
        dressing=(("eucalyptus",), ("stones", "candle"), ("soap", "eucalyptus")),
        pattern="window",
    ),
    "living_room": Place(
        build_before(_paint_garden, room="living_room"),
        surfaces=(OAK, WALNUT),
        dressing=(("books", "vase"), ("candle", "books"), ("plant",)),
        pattern="window",
    ),
    "bedroom": Place(
        build_before(_paint_gradient, room="bedroom"),
        surfaces=(OAK, WALNUT),
        dressing=(("lamp", "books"), ("vase",), ("cup", "open_book")),
        pattern="window",
    ),
    "nursery": Place(
        build_before(_paint_gradient, room="nursery"),
        surfaces=(PALE_WOOD,),
        dressing=(("toy_blocks",), ("teddy_bear",)),
        pattern="window",
    ),
    "office": Place(
        build_before(_paint_gradient, room="office"),
        surfaces=(OAK, WHITE_TOP),
        dressing=(("laptop", "notebook"), ("keyboard", "plant"), ("books", "pen")),
        pattern="window",
    ),
    "gym": Place(
        build_before(_paint_gradient, room="gym"),
        surfaces=(("rubber", "", None), OAK),
        dressing=(("dumbbell",), ("kettlebell",), ("towel_roll", "dumbbell")),
        pattern="blinds",
    ),
    "cafe": Place(
        build_before(_paint_gradient, room="cafe"),
        surfaces=(WALNUT, MARBLE),
        dressing=(("cup", "croissant"), ("cup",), ("coffee_beans",), ("cup", "cookie"), ("plant",)),
        pattern="window",
    ),
    "bar": Place(
        build_before(_paint_gradient, room="bar"),
        surfaces=(WALNUT, BLACK_MARBLE),
        dressing=(("cocktail_glass",), ("glass", "citrus_slice"), ()),
        light=EVENING,
    ),
    "workshop": Place(
        build_before(_paint_gradient, room="workshop"),
        surfaces=(RUSTIC,),
        dressing=(("tools",), ("screws",), ()),
        pattern="window",
    ),
    "garden": Place(
        build_before(_paint_garden, shown=("trees", "garden"), planted=PALMS_ONLY),
        surfaces=(OAK, STONE),
        dressing=(("pots",), ("lavender",), ()),
        pitch=13,
        view_angle=30,
        light=DAYLIGHT,
        pattern="leaves",
    ),
    "forest": Place(
        build_before(_paint_wood, shown=("trees", "forest"), planted=PALMS_ONLY),
        surfaces=(("moss", "", None), ("leaves", "", None), ("stump", "", None)),
        dressing=(("pine_cone",), ("fern",), ()),
        light=FOREST_LIGHT,
        pattern="leaves",
    ),
    "mountain": Place(
        build_before(_paint_mountains, shown=("mountains", "sky"), planted=FIRS),
        surfaces=(("rock", "", None),),
        dressing=((),),
        light=DAYLIGHT,
    ),
    "beach": Place(
        build_before(_paint_sea, 0.57, shown=("ocean", "waves", "sky"), planted=PALMS),
        surfaces=(("sand", "", None),),
        dressing=(("seashell", "starfish"), ("seashell",), ()),
        pitch=8,
        light=DAYLIGHT,
        pattern="palm",
    ),
    "pool": Place(
        build_before(_paint_pool, 0.56, shown=("sky", "trees"), planted=PALMS_ONLY, is_land=True),
        surfaces=(("stone", "", (232, 226, 214)),),
        dressing=((),),
        pitch=9,
        light=DAYLIGHT,
        pattern="palm",
    ),
    "swimming": Place(
        build_before(_paint_pool, 0.5, shown=("sky", "trees"), planted=PALMS_ONLY),
        surfaces=(("water", "shallow", (104, 208, 214)),),
        dressing=((),),
        pitch=12,
        view_angle=26,
        ground_line=0.8,
        light=DAYLIGHT,
    ),
    "desert": Place(
        build_before(_paint_dunes, 0.56, shown=("dunes", "sky"), planted=PALMS),
        surfaces=(("sand", "dunes", None),),
        dressing=(("pebbles", "driftwood"), ()),
        pitch=8,
        light=DAYLIGHT,
    ),
    "snow": Place(
        build_before(_paint_forest, 0.56, shown=("pine_trees", "trees")),
        surfaces=(("snow", "", None),),
        dressing=(("fir_branch",), ("pine_cone", "fir_branch"), ()),
        pitch=9,
        light=SNOW_LIGHT,
    ),
    "snowy_peaks": Place(
        build_before(_paint_peaks, 0.56, shown=("mountains", "sky"), planted=FIRS),
        surfaces=(("snow", "", None),),
        dressing=(("fir_branch",), ("pine_cone", "fir_branch"), ()),
        pitch=9,
        light=SNOW_LIGHT,
    ),
    "lake": Place(
        build_before(_paint_far_shore, 0.5, shown=("mountains", "sky", "trees", "pine_trees")),
        surfaces=(("water", "", None),),
        dressing=((), ("stones",)),
        pitch=10,
        view_angle=26,
        ground_line=0.8,
        light=DAYLIGHT,
    ),
    "water": Place(
        build_before(_paint_gradient, 0.5, exposure=1.15),
        surfaces=(("water", "", None),),
        dressing=((), ("stones",)),
        pitch=13,
        view_angle=24,
        ground_line=0.8,
        light=PlaceLight(azimuths=(122, 140), elevation=42, strength=0.75, kelvin=6000, dome=0.27),
    ),
    "street_day": Place(
        build_before(_paint_gradient, room="street_day", shown=("street",), is_land=True),
        surfaces=(CONCRETE, ("asphalt", "", None)),
        pitch=8,
        light=DAYLIGHT,
        dressing=((), ("maple_leaves",)),
        pattern="leaves",
    ),
    "rooftop": Place(
        build_before(_paint_rooftops, 0.58, shown=("skyline", "sky")),
        surfaces=(CONCRETE, ("wood", "teak", None)),
        dressing=((), ("plant",)),
        pitch=8,
        light=DAYLIGHT,
    ),
    "street_night": Place(
        build_before(_paint_night_street, shown=("neon_sign", "street", "skyline"), is_land=True),
        surfaces=(("asphalt", "wet", None),),
        dressing=((), ("maple_leaves",)),
        pitch=8,
        light=NIGHT,
    ),
    "festive": Place(
        build_before(_paint_party, shown=("fairy_lights", "string_lights"), exposure=1.25),
        surfaces=(OAK, WHITE_TOP),
        dressing=(("gift", "ribbon"), ("gift",), ("candle",)),
        light=EVENING,
    ),
    "christmas": Place(
        build_before(
            _paint_tree, shown=("fairy_lights", "string_lights", "christmas_tree"), exposure=1.3
        ),
        surfaces=(WALNUT,),
        dressing=(("bauble", "fir_branch"), ("gift", "ribbon"), ("candle", "fir_branch")),
        light=EVENING,
    ),
    "easter": Place(
        build_before(_paint_garden, room="dining", shown=("spring",)),
        surfaces=(("wood", "painted white", None), LINEN),
        dressing=(("easter_egg",), ("easter_egg", "tulip")),
        pattern="leaves",
    ),
    "halloween": Place(
        build_before(_paint_party, exposure=1.25),
        surfaces=(RUSTIC,),
        dressing=(("pumpkin",), ("pumpkin", "candle")),
        light=EVENING,
    ),
    "lunar_new_year": Place(
        build_before(_paint_party, shown=("fairy_lights",), exposure=1.25),
        surfaces=(("silk", "", (168, 24, 28)), WALNUT),
        dressing=(("cherry_blossom", "coin"), ("red_envelope", "coin"), ("red_envelope",)),
        light=EVENING,
    ),
    "valentine": Place(
        build_before(_paint_party, exposure=1.25),
        surfaces=(("silk", "", (196, 60, 80)), ("plain", "", (240, 190, 196))),
        dressing=(("rose_petals", "heart"), ("rose", "gift")),
        light=PlaceLight(strength=0.85, kelvin=5200),
    ),
    "diwali": Place(
        build_before(_paint_party, shown=("fairy_lights", "string_lights"), exposure=1.25),
        surfaces=(("metal", "brass", None), WALNUT),
        dressing=(("diya", "marigold"), ("diya", "rose_petals")),
        light=EVENING,
    ),
}


def find_place(brief: Brief) -> tuple[str, Place]:
    """Returns the name and the place that suits a brief; the studio where it names none.

    Briefs of two colors and nothing else get a podium.
    """
    if "bokeh" in brief.air and brief.place in (None, "abstract"):
        return "bokeh", PLACES["bokeh"]
    for name in (brief.setting, brief.place):
        if name and name in PLACES:
            return name, PLACES[name]
    # A wall and a podium show two colors; a seamless wall only one.
    name = "podium" if len(brief.palette) > 1 and not (brief.surface or brief.things) else "studio"
    return name, PLACES[name]
