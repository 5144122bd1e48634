"""Places with depth: a table or the ground before a picture that is out of focus."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import PIXELS_PER_UNIT
from services.studio.grounds import find_ground
from services.studio.grounds.ground import GroundShape
from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import light_place
from services.studio.places.photographed import build_photographed
from services.studio.places.place import Place, Scenery
from services.studio.rooms import ROOMS
from services.studio.rooms.painting import paint_room
from services.studio.rooms.parts import find_seen_parts
from services.studio.rooms.style import RoomStyle
from services.studio.sets import SetPlan
from services.studio.tables import backdrop_height_at_row, find_ground_edge, hang_backdrop
from services.studio.walls import raise_key_above_wall

# How much the row of the ground's far edge varies between seeds, as a share of the height.
EDGE_ROW_VARIATION = 0.025

# Pixels per unit of paintings: at least, and as a share of the picture's shorter side. More would
# show nothing, out of focus.
MIN_PIXELS, PAINTING_SHARE = 96, 0.5
# Units from the ground's far edge up to the eye that sees a room, at least, and as a share of those
# up to the camera's horizon. Larger: more of the floor is seen, and less of what tells the room.
EYE_ABOVE_EDGE, EYE_RISE = 0.24, 0.5
# sRGB of furniture in Scandinavian rooms: painted and upholstered, and of wood.
PALE_PAINT: RGB = (232, 230, 224)
PALE_WOOD: RGB = (222, 196, 160)
# Things that cover a room's wall.
WALL_COVERS = frozenset({"tiles", "brick_wall"})
# z in units of the far edge where the product is on a stand, a little behind the stand's back.
STAND_EDGE = -0.7
# Units that trees begin below the ground's far edge. Larger: less of their trunks is seen.
FOOT_DEPTH = 0.02
# Kinds of light under which places are painted at a low sun, and in the dark.
LOW_SUN = frozenset({"golden_hour", "candle"})
DARK = frozenset({"dark", "moonlight", "neon"})
# Shapes of ground that reach to the horizon.
ENDLESS = (GroundShape.LAND, GroundShape.LIQUID)

Painter = Callable[[SetPlan, tuple[float, float], float], np.ndarray]
"""Paints what is behind: plan, (height, width) in units, height of the ground's far edge above the
painting's center in units; returns linear light, float32 RGB (h, w, 3)."""

Planter = Callable[[np.ndarray, float, float, str, int], np.ndarray]
"""Paints trees before a picture: its light, height of their feet above its center in units, way to
the picture's edge in units, hour and seed; returns linear light, float32 RGB (h, w, 3)."""


def build_before(
    paint: Painter,
    edge_row: float = 0.58,
    room: str = "",
    shown: tuple[str, ...] = (),
    exposure: float = 1.2,
    is_land: bool = False,
    planted: Mapping[str, Planter] = MappingProxyType({}),
) -> Callable[[SetPlan, Place], Scenery]:
    """Returns the builder of a place that is a painted picture.

    paint: paints it.
    edge_row: row of the ground's far edge in a level view, as a share of the height.
    room: entry of rooms.ROOMS rendered instead, unless the setting is one; empty: none.
    shown: parts that the picture shows.
    exposure: factor on the light when the image is developed.
    is_land: whether the ground reaches to the horizon instead of ending as a table does.
    planted: trees that the picture shows where the brief names them.
    """

    def build_scenery(plan: SetPlan, place: Place) -> Scenery:
        """Hangs the picture behind the ground's far edge, and lights the place."""
        edge_z = choose_edge(plan, edge_row, is_land)
        if plan.photograph:
            return build_photographed(plan, plan.photograph, edge_z)
        lighting = light_place(plan, place.light)
        name = find_room_name(plan) or room
        if name in ROOMS:
            paint_behind, parts = (
                _create_room_painter(name),
                find_seen_parts(name) & named_parts(plan),
            )
        else:
            parts = frozenset(planted) & named_parts(plan)
            paint_behind = _plant_before(paint, [planted[part] for part in sorted(parts)])
        return Scenery(
            shapes={
                **hang_backdrop(
                    plan.camera, edge_z, lambda size, level: paint_behind(plan, size, level)
                ),
                **create_shadow_pattern(plan, lighting.key),
            },
            edge_z=edge_z,
            lighting=lighting,
            exposure=exposure,
            shown=frozenset(shown) | parts,
        )

    return build_scenery


def _plant_before(paint: Painter, planters: Iterable[Planter]) -> Painter:
    """Returns a painter whose picture has trees before it."""

    def paint_planted(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the picture, then trees: linear light, float32 RGB (h, w, 3)."""
        light = paint(plan, size, level)
        half_width = find_half_width(plan)
        for plant in planters:
            light = plant(light, level - FOOT_DEPTH, half_width, find_hour(plan), plan.variation)
        return light

    return paint_planted


def find_half_width(plan: SetPlan) -> float:
    """Returns the way from the middle of the picture to its edge in units."""
    return plan.camera.width / min(plan.camera.width, plan.camera.height) / 2


def find_hour(plan: SetPlan) -> str:
    """Returns the hour of day that a brief asks for: "day", "low" for a low sun, or "dark"."""
    light = plan.brief.light
    if light.names & DARK or light.mood == "dark":
        return "dark"
    return "low" if light.low or light.names & LOW_SUN else "day"


def _create_room_painter(name: str) -> Painter:
    """Returns the painter of a room by its name in rooms.ROOMS."""

    def paint(plan: SetPlan, size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the room in the brief's colors and light: linear light, float32 RGB (h, w, 3)."""
        colors, light = plan.brief.colors, plan.brief.light
        short_side = min(plan.camera.width, plan.camera.height)
        view_angle = plan.camera.view_angle / plan.camera.height_in_units
        style = RoomStyle(
            wall=colors.get("wall") or _find_wall_color(plan),
            accent=colors.get("accent") or (PALE_PAINT if plan.brief.style else None),
            wood=PALE_WOOD if plan.brief.style else None,
            mood=light.mood,
            kelvin=light.kelvin,
            light_side=plan.light_side,
            light_names=light.names,
            parts=named_parts(plan),
            colors=light.colors or plan.brief.palette,
        )
        pixels = min(PIXELS_PER_UNIT, max(MIN_PIXELS, short_side * PAINTING_SHARE))
        horizon = backdrop_height_at_row(plan.camera, plan.camera.horizon_row())
        eye = level + max(EYE_ABOVE_EDGE, EYE_RISE * (horizon - level))
        return paint_room(name, size, level, eye, view_angle, style, plan.variation, pixels)

    return paint


def _find_wall_color(plan: SetPlan) -> RGB | None:
    """Returns the sRGB of the tiles or bricks that a brief wants on the wall; None: their own."""
    walls = (want.color for want in plan.brief.things if want.name in WALL_COVERS)
    return next(walls, None)


def find_room_name(plan: SetPlan) -> str:
    """Returns the entry of rooms.ROOMS that a brief names, as setting or thing; empty: none."""
    named = [name for name in (plan.brief.setting, *sorted(named_parts(plan))) if name in ROOMS]
    return named[0] if named else ""


def named_parts(plan: SetPlan) -> frozenset[str]:
    """Returns the names of all things that the brief wants to be seen."""
    return frozenset(want.name for want in plan.brief.things)


def choose_edge(plan: SetPlan, edge_row: float, is_land: bool = False) -> float:
    """Returns the z of the ground's far edge in units, a little different for each seed.

    edge_row: its row in a level view, as a share of the height.
    is_land: whether the ground reaches to the horizon, as uneven ground and water always do.
    """
    ground = find_ground(plan.surface.name, plan.surface.kind)
    is_land = is_land or ground.shape in ENDLESS
    if plan.surface.is_stand:
        return STAND_EDGE
    row = edge_row + plan.rng.uniform(-EDGE_ROW_VARIATION, EDGE_ROW_VARIATION)
    return find_ground_edge(plan.camera, row, is_land)


def keep_key_above(scenery: Scenery, wall_z: float, wall_top: float) -> Scenery:
    """Returns the scenery with its key light above a wall; both in units."""
    key = raise_key_above_wall(scenery.lighting.key, wall_z=wall_z, wall_top=wall_top)
    return replace(scenery, lighting=replace(scenery.lighting, key=key))
