"""Beach: rippled sand, and the sea out of focus behind it."""

import math

import numpy as np

from services.studio import props, shapes, world
from services.studio.backdrops.sea import paint_sea
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.shapes import Mesh
from services.studio.surfaces import SAND, create_sand_material, pick_texture_placement
from services.studio.tables import backdrop_height_at_row, find_table_edge, hang_backdrop
from services.studio.terrain import create_noise_field, create_terrain, ramp_away_from_product

# Row, as a share of the height, at which the sand ends in a level view. Larger: less sand.
FAR_EDGE_ROW = 0.57
# Units from ripple to ripple, and their height. Larger height: stronger shadows on the sand.
RIPPLE_LENGTH, RIPPLE_HEIGHT = 0.085, 0.011
# Kelvin below which the light is that of a low sun. Larger: more prompts get the evening sky.
LATE_SUN_KELVIN = 5000


def build_beach_set(plan: SetPlan) -> StudioSet:
    """Builds a beach in the sun."""
    if plan.composition == "palm shade":
        plan = plan.with_gobo("palm")
    rng, camera, options = plan.rng, plan.camera, plan.reading.light
    is_late = options.low or (options.kelvin or 9000) < LATE_SUN_KELVIN
    is_late = is_late or (
        plan.composition == "dunes" and options.kelvin is None and not options.mood
    )
    hour = "dark" if options.mood == "dark" else "low" if is_late else "day"
    side = rng.choice((-1, 1))
    azimuth = (side * rng.uniform(62, 84)) % 360
    high = 46 if plan.composition == "palm shade" else 34
    key = create_key_light(plan, azimuth, high, 2.5, 1.35, kelvin=4300 if is_late else 5700)
    edge = find_table_edge(camera, FAR_EDGE_ROW)
    seed = int(rng.integers(1000))

    def paint_water(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the sea behind the set: linear light, float32 RGB (h, w, 3)."""
        return paint_sea(
            size, level, backdrop_height_at_row(camera, camera.horizon_row()), hour, seed
        )

    grains = create_sand_material(
        pick_texture_placement(rng), plan.reading.colors.get("surface") or SAND
    )
    return StudioSet(
        {
            "sand": world.load_mesh("sand", _create_sand(plan, edge, side), grains),
            **hang_backdrop(camera, edge, paint_water),
            **(_create_beach_props(plan, -side) if plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key, (60, 84, 50)),
        },
        key,
        create_dome_light(0.3, options.mood, ((side * 120, 20, 30, 1.5),), kelvin=7400),
        gloss=0.0,
        aperture=0.018,
        exposure=1.28,
    )


def _create_sand(plan: SetPlan, edge: float, side: int) -> Mesh:
    """Creates rippled sand with low hills, or dunes in the composition of that name.

    edge: z of its far end; side: of the key light.
    """
    rng = plan.rng
    bend, hills = (
        create_noise_field(int(rng.integers(1000)), 0.9),
        create_noise_field(int(rng.integers(1000)), 1.3, 2),
    )
    turn = math.radians(side * rng.uniform(60, 76))
    high = 0.16 if plan.composition == "dunes" else 0.035

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the height of the sand at points (x, z): float, of the same shape."""
        along = x * math.cos(turn) + z * math.sin(turn) + 0.07 * bend(x, z)
        wave = np.sin(2 * math.pi * along / RIPPLE_LENGTH)
        away = ramp_away_from_product(x, z)
        fade = np.clip(1.3 - 0.35 * np.hypot(x, z), 0, 1)
        ripples = RIPPLE_HEIGHT * (wave + 0.25 * wave**2) * (0.25 + 0.75 * away) * fade
        behind = np.clip(0.6 - z, 0.15, 1)
        return ripples + high * behind * (hills(x, z) + 0.6) * ramp_away_from_product(
            x, z, (0.62, 0.5)
        )

    wide = max(2.5, 1.25 * plan.camera.half_width_at_depth(edge))
    return create_terrain(wide, edge, 4.0, ground_heights)


def _create_beach_props(plan: SetPlan, side: int) -> NamedShapes:
    """Creates pebbles on an open shore; empty in the other compositions.

    side: of the image, -1 left or 1 right.
    """
    if plan.composition != "shore":
        return {}
    rng, stones = plan.rng, []
    for size, far, inset in ((0.13, -0.22, 0.0), (0.09, -0.08, 0.08), (0.06, -0.3, 0.16)):
        x = side * (plan.side_x(far, share=0.92) - inset)
        stone = props.create_pebble((size, 0.5 * size, 0.8 * size), rng).rotate(rng.uniform(0, 360))
        stones.append(stone.translate(x, -0.008, far))
    pale = world.create_glossy_material((206, 196, 182), 0.55, 0.3)
    return {"stones": world.load_mesh("stones", shapes.join_meshes(stones), pale)}


BEACH_FAMILY = SceneFamily(
    name="beach",
    words={
        **dict.fromkeys(("beach", "seaside", "seashore", "shore", "sea", "ocean", "coast"), 4),
        **dict.fromkeys(("sand", "sandy beach", "dunes", "dune", "desert"), 3),
        **dict.fromkeys(("summer", "waves", "tropical", "vacation", "holidays", "seashells"), 2),
        **dict.fromkeys(("lagoon", "island", "palm shade"), 2),
    },
    camera_pitch=8.0,
    view_angle=28.0,
    ground_line=0.82,
    compositions=(
        Composition("shore", frozenset({"shore", "seashore", "sea", "ocean", "waves"})),
        Composition("palm shade", frozenset({"palm", "tropical", "palm shade", "shade"})),
        Composition("dunes", frozenset({"dunes", "dune", "desert"})),
    ),
    build_set=build_beach_set,
    flat_lay_material="sand",
)
