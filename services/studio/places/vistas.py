"""Paints what is behind a place as its plan asks: the vista beyond the ground's far edge."""

from dataclasses import replace

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
from services.studio.backdrops.trees import plant_firs, plant_trunks
from services.studio.backdrops.tubes import paint_neon_tubes
from services.studio.color import mix_colors
from services.studio.places.lit import NEON
from services.studio.places.scenic import find_half_width, find_hour
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
# Units that far land begins below the camera's horizon at most. Larger: steeper views show more
# sky.
VALLEY_DEPTH = 0.5
# Units that the horizon of a street is above the ground's far edge at most. Larger: steeper views
# show less of its buildings.
STREET_HORIZON = 0.12
# Share of the color of colored sand in the dunes behind it.
DUNE_COLOR = 0.5
# Units of a pool's water that are seen beyond the ground's edge.
POOL_HEIGHT = 0.17


def paint_sea_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints the sea: linear light, float32 RGB (h, w, 3); arguments as in scenic.Painter."""
    horizon = find_painted_horizon(plan.camera, level)
    return paint_sea(size, shore=level, horizon=horizon, hour=find_hour(plan), seed=plan.variation)


def paint_pool_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a swimming pool beyond its edge: linear light, float32 RGB (h, w, 3), as Painter."""
    height = 0.0 if plan.surface.name == "water" else POOL_HEIGHT
    return paint_pool(size, level, height, find_hour(plan), plan.variation)


def paint_rooftops_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a city seen from a roof: linear light, float32 RGB (h, w, 3), as Painter."""
    return paint_rooftops(size, level, find_hour(plan), plan.variation)


def paint_garden_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints greenery, or trees in autumn: linear light, float32 RGB (h, w, 3), as Painter."""
    if plan.brief.season == "autumn":
        return paint_autumn(size, level, plan.light_side, plan.variation)
    warmth = 0.35 if find_hour(plan) == "day" else 1.0
    return paint_garden(size, sun=plan.light_side, warmth=warmth, seed=plan.variation)


def paint_wood_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints trunks before sunlit leaves: linear light, float32 RGB (h, w, 3)."""
    leaves, half_width = paint_garden_vista(plan, size, level), find_half_width(plan)
    return plant_trunks(leaves, level - 0.1, half_width, find_hour(plan), plan.variation)


def paint_forest_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a winter forest: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    flakes = "snowflakes" in plan.brief.air
    return paint_forest(
        size, ground=level + 0.03, hour=find_hour(plan), flakes=flakes, seed=plan.variation
    )


def paint_gradient_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a plain backdrop: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    tone = plan.brief.colors.get("wall") or plan.brief.colors.get("surface") or WATER_BLUE
    if find_hour(plan) == "dark":
        tone = mix_colors(tone, (6, 8, 12), share=0.8)
    low, high = (mix_colors(tone, (255, 255, 255), share=share) for share in (0.22, 0.04))
    return paint_gradient(size, level=level, low=low, high=high)


def paint_night_street_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints lights of a street or a skyline: linear light, float32 RGB (h, w, 3)."""
    horizon = min(find_painted_horizon(plan.camera, level), level + STREET_HORIZON)
    colors = plan.brief.light.colors or plan.brief.palette
    if "neon" in plan.brief.light.names and plan.seed_choice(2):
        one, other = (*colors, *NEON)[:2]
        return paint_neon_tubes(size, level, one, other, plan.variation)
    paint = paint_skyline if plan.brief.setting == "rooftop_night" else paint_street
    return paint(size, level, horizon, plan.variation)


def paint_mountains_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints mountain ranges in haze: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    return paint_ranges(
        size,
        _find_far_land(plan, level),
        MOUNTAIN_TONES[find_hour(plan)],
        plan.variation,
        peak=MOUNTAIN_PEAK,
    )


def paint_peaks_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints mountains under snow behind firs: linear light, float32 RGB (h, w, 3)."""
    tones = SNOW_TONES[find_hour(plan)]
    return paint_ranges(size, _find_far_land(plan, level), tones, plan.variation, MOUNTAIN_PEAK)


def paint_far_shore_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints hills and firs on the far side of a lake: linear light, float32 RGB (h, w, 3)."""
    hour = find_hour(plan)
    hills = paint_ranges(size, level, MOUNTAIN_TONES[hour], plan.variation, SHORE_PEAK)
    return plant_firs(hills, level, find_half_width(plan), hour, plan.variation)


def paint_dunes_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints dunes to the horizon: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    tones, color = DUNE_TONES[find_hour(plan)], plan.surface.color
    if color:
        near, lit = (mix_colors(tone, color, DUNE_COLOR) for tone in (tones.near, tones.lit))
        tones = replace(tones, near=near, lit=lit)
    return paint_ranges(size, _find_far_land(plan, level), tones, plan.variation, peak=DUNE_PEAK)


def _find_far_land(plan: SetPlan, level: float) -> float:
    """Returns the height at which far land begins, in units above the painting's center.

    level: height of the ground's far edge, in the same units.
    """
    highest = find_painted_horizon(plan.camera, level)
    horizon = backdrop_height_at_row(plan.camera, plan.camera.horizon_row())
    return min(max(level + FALLING_GROUND, horizon - VALLEY_DEPTH), highest)


def paint_party_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a wall with strings of lights: linear light, float32 RGB (h, w, 3)."""
    wall, tints = PARTY_WALLS.get(plan.brief.setting, PARTY_WALLS[""])
    named = plan.brief.colors.get("wall") or (plan.brief.palette or (wall,))[0]
    return paint_festoon(size, level, named, tints, plan.variation)


def paint_tree_vista(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
    """Paints a holiday's lights: linear light, float32 RGB (h, w, 3), as in scenic.Painter."""
    return paint_tree_lights(size, level, HOLIDAY_ROOM, FAIRY_TINTS, plan.variation)
