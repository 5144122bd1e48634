"""The places that sets can be in: one entry each in PLACES, found by setting or by place."""

from dataclasses import replace

from services.studio.backdrops.trees import plant_firs, plant_palms
from services.studio.briefs.brief import Brief
from services.studio.places.place import Place, PlaceLight
from services.studio.places.podium import build_podium
from services.studio.places.scenic import build_before
from services.studio.places.studio import build_studio, build_sweep
from services.studio.places.vistas import (
    paint_dunes_vista,
    paint_far_shore_vista,
    paint_forest_vista,
    paint_garden_vista,
    paint_gradient_vista,
    paint_mountains_vista,
    paint_night_street_vista,
    paint_party_vista,
    paint_peaks_vista,
    paint_pool_vista,
    paint_rooftops_vista,
    paint_sea_vista,
    paint_tree_vista,
    paint_wood_vista,
)

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
        build_before(paint_party_vista, shown=("bokeh", "fairy_lights"), exposure=1.25),
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
        build_before(paint_garden_vista, room="kitchen"),
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
        build_before(paint_garden_vista, room="dining"),
        surfaces=(WALNUT, LINEN),
        dressing=(("wine_glass", "candle"), ("plate", "cutlery"), ("vase",), ("candle",)),
        pattern="window",
    ),
    "bathroom": Place(
        build_before(paint_gradient_vista, room="bathroom"),
        surfaces=(MARBLE, STONE, OAK),
        dressing=(("eucalyptus",), ("stones", "candle"), ("soap", "eucalyptus")),
        pattern="window",
    ),
    "living_room": Place(
        build_before(paint_garden_vista, room="living_room"),
        surfaces=(OAK, WALNUT),
        dressing=(("books", "vase"), ("candle", "books"), ("plant",)),
        pattern="window",
    ),
    "bedroom": Place(
        build_before(paint_gradient_vista, room="bedroom"),
        surfaces=(OAK, WALNUT),
        dressing=(("lamp", "books"), ("vase",), ("cup", "open_book")),
        pattern="window",
    ),
    "nursery": Place(
        build_before(paint_gradient_vista, room="nursery"),
        surfaces=(PALE_WOOD,),
        dressing=(("toy_blocks",), ("teddy_bear",)),
        pattern="window",
    ),
    "office": Place(
        build_before(paint_gradient_vista, room="office"),
        surfaces=(OAK, WHITE_TOP),
        dressing=(("laptop", "notebook"), ("keyboard", "plant"), ("books", "pen")),
        pattern="window",
    ),
    "gym": Place(
        build_before(paint_gradient_vista, room="gym"),
        surfaces=(("rubber", "", None), OAK),
        dressing=(("dumbbell",), ("kettlebell",), ("towel_roll", "dumbbell")),
        pattern="blinds",
    ),
    "court": Place(
        build_before(paint_gradient_vista, room="court", shown=("floodlight",), is_land=True),
        surfaces=(("rubber", "court", None),),
        pitch=8,
        light=DAYLIGHT,
    ),
    "tennis_court": Place(
        build_before(paint_gradient_vista, room="tennis_court", is_land=True),
        surfaces=(("rubber", "tennis", None),),
        pitch=8,
        light=DAYLIGHT,
    ),
    "cafe": Place(
        build_before(paint_gradient_vista, room="cafe"),
        surfaces=(WALNUT, MARBLE),
        dressing=(("cup", "croissant"), ("cup",), ("coffee_beans",), ("cup", "cookie"), ("plant",)),
        pattern="window",
    ),
    "bar": Place(
        build_before(paint_gradient_vista, room="bar"),
        surfaces=(WALNUT, BLACK_MARBLE),
        dressing=(("cocktail_glass",), ("glass", "citrus_slice"), ()),
        light=EVENING,
    ),
    "workshop": Place(
        build_before(paint_gradient_vista, room="workshop"),
        surfaces=(RUSTIC,),
        dressing=(("tools",), ("screws",), ()),
        pattern="window",
    ),
    "garden": Place(
        build_before(paint_garden_vista, shown=("trees", "garden"), planted=PALMS_ONLY),
        surfaces=(OAK, STONE),
        dressing=(("pots",), ("lavender",), ()),
        pitch=13,
        view_angle=30,
        light=DAYLIGHT,
        pattern="leaves",
    ),
    "forest": Place(
        build_before(paint_wood_vista, shown=("trees", "forest"), planted=PALMS_ONLY),
        surfaces=(("moss", "", None), ("leaves", "", None), ("stump", "", None)),
        dressing=(("pine_cone",), ("fern",), ()),
        light=FOREST_LIGHT,
        pattern="leaves",
    ),
    "mountain": Place(
        build_before(paint_mountains_vista, shown=("mountains", "sky"), planted=FIRS),
        surfaces=(("rock", "", None),),
        dressing=((),),
        light=DAYLIGHT,
    ),
    "beach": Place(
        build_before(paint_sea_vista, 0.57, shown=("ocean", "waves", "sky"), planted=PALMS),
        surfaces=(("sand", "", None),),
        dressing=(("seashell", "starfish"), ("seashell",), ()),
        pitch=8,
        light=DAYLIGHT,
        pattern="palm",
    ),
    "pool": Place(
        build_before(
            paint_pool_vista, 0.56, shown=("sky", "trees"), planted=PALMS_ONLY, is_land=True
        ),
        surfaces=(("stone", "", (232, 226, 214)),),
        dressing=((),),
        pitch=9,
        light=DAYLIGHT,
        pattern="palm",
    ),
    "swimming": Place(
        build_before(paint_pool_vista, 0.5, shown=("sky", "trees"), planted=PALMS_ONLY),
        surfaces=(("water", "shallow", (104, 208, 214)),),
        dressing=((),),
        pitch=12,
        view_angle=26,
        ground_line=0.8,
        light=DAYLIGHT,
    ),
    "desert": Place(
        build_before(paint_dunes_vista, 0.56, shown=("dunes", "sky"), planted=PALMS),
        surfaces=(("sand", "dunes", None),),
        dressing=(("pebbles", "driftwood"), ()),
        pitch=8,
        light=DAYLIGHT,
    ),
    "snow": Place(
        build_before(paint_forest_vista, 0.56, shown=("pine_trees", "trees")),
        surfaces=(("snow", "", None),),
        dressing=(("fir_branch",), ("pine_cone", "fir_branch"), ()),
        pitch=9,
        light=SNOW_LIGHT,
    ),
    "snowy_peaks": Place(
        build_before(paint_peaks_vista, 0.56, shown=("mountains", "sky"), planted=FIRS),
        surfaces=(("snow", "", None),),
        dressing=(("fir_branch",), ("pine_cone", "fir_branch"), ()),
        pitch=9,
        light=SNOW_LIGHT,
    ),
    "lake": Place(
        build_before(paint_far_shore_vista, 0.5, shown=("mountains", "sky", "trees", "pine_trees")),
        surfaces=(("water", "", None),),
        dressing=((), ("stones",)),
        pitch=10,
        view_angle=26,
        ground_line=0.8,
        light=DAYLIGHT,
    ),
    "water": Place(
        build_before(paint_gradient_vista, 0.5, exposure=1.15),
        surfaces=(("water", "", None),),
        dressing=((), ("stones",)),
        pitch=13,
        view_angle=24,
        ground_line=0.8,
        light=PlaceLight(azimuths=(122, 140), elevation=42, strength=0.75, kelvin=6000, dome=0.27),
    ),
    "street_day": Place(
        build_before(paint_gradient_vista, room="street_day", shown=("street",), is_land=True),
        surfaces=(CONCRETE, ("asphalt", "", None)),
        pitch=8,
        light=DAYLIGHT,
        dressing=((), ("maple_leaves",)),
        pattern="leaves",
    ),
    "rooftop": Place(
        build_before(paint_rooftops_vista, 0.58, shown=("skyline", "sky")),
        surfaces=(CONCRETE, ("wood", "teak", None)),
        dressing=((), ("plant",)),
        pitch=8,
        light=DAYLIGHT,
    ),
    "street_night": Place(
        build_before(
            paint_night_street_vista, shown=("neon_sign", "street", "skyline"), is_land=True
        ),
        surfaces=(("asphalt", "wet", None),),
        dressing=((), ("maple_leaves",)),
        pitch=8,
        light=NIGHT,
    ),
    "festive": Place(
        build_before(paint_party_vista, shown=("fairy_lights", "string_lights"), exposure=1.25),
        surfaces=(OAK, WHITE_TOP),
        dressing=(("gift", "ribbon"), ("gift",), ("candle",)),
        light=EVENING,
    ),
    "christmas": Place(
        build_before(
            paint_tree_vista,
            shown=("fairy_lights", "string_lights", "christmas_tree"),
            exposure=1.3,
        ),
        surfaces=(WALNUT,),
        dressing=(("bauble", "fir_branch"), ("gift", "ribbon"), ("candle", "fir_branch")),
        light=EVENING,
    ),
    "easter": Place(
        build_before(paint_garden_vista, room="dining", shown=("spring",)),
        surfaces=(("wood", "painted white", None), LINEN),
        dressing=(("easter_egg",), ("easter_egg", "tulip")),
        pattern="leaves",
    ),
    "halloween": Place(
        build_before(paint_party_vista, exposure=1.25),
        surfaces=(RUSTIC,),
        dressing=(("pumpkin",), ("pumpkin", "candle")),
        light=EVENING,
    ),
    "lunar_new_year": Place(
        build_before(paint_party_vista, shown=("fairy_lights",), exposure=1.25),
        surfaces=(("silk", "", (168, 24, 28)), WALNUT),
        dressing=(("cherry_blossom", "coin"), ("red_envelope", "coin"), ("red_envelope",)),
        light=EVENING,
    ),
    "valentine": Place(
        build_before(paint_party_vista, exposure=1.25),
        surfaces=(("silk", "", (196, 60, 80)), ("plain", "", (240, 190, 196))),
        dressing=(("rose_petals", "heart"), ("rose", "gift")),
        light=PlaceLight(strength=0.85, kelvin=5200),
    ),
    "diwali": Place(
        build_before(paint_party_vista, shown=("fairy_lights", "string_lights"), exposure=1.25),
        surfaces=(("metal", "brass", None), WALNUT),
        dressing=(("diya", "marigold"), ("diya", "rose_petals")),
        light=EVENING,
    ),
}


PLACES["breakfast"] = replace(
    PLACES["dining"], dressing=(("cup", "croissant"), ("cup", "orange"), ("plate", "croissant"))
)


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
