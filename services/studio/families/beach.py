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
    """Builds rippled sand before a painted sea, by day, at a low sun or in the dark.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    if plan.composition == "palm shade":
        plan = plan.with_gobo("palm")
    rng, camera, options = plan.rng, plan.camera, plan.reading.light
    # Kelvin of daylight, 9,000 or any above the limit, where the prompt names none.
    is_late = options.low or (options.kelvin or 9000) < LATE_SUN_KELVIN
    is_late = is_late or (
        plan.composition == "dunes" and options.kelvin is None and not options.mood
    )
    hour = "dark" if options.mood == "dark" else "low" if is_late else "day"
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    azimuth = (light_side * rng.uniform(62, 84)) % 360
    elevation = 46 if plan.composition == "palm shade" else 34
    key = create_key_light(
        plan,
        azimuth,
        elevation=elevation,
        angle=2.5,
        strength=1.35,
        kelvin=4300 if is_late else 5700,
    )
    edge_z = find_table_edge(camera, row=FAR_EDGE_ROW)
    seed = int(rng.integers(1000))

    def paint_water(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the sea behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        return paint_sea(
            size,
            shore=level,
            horizon=backdrop_height_at_row(camera, camera.horizon_row()),
            hour=hour,
            seed=seed,
        )

    sand_material = create_sand_material(
        pick_texture_placement(rng), color=plan.reading.colors.get("surface") or SAND
    )
    return StudioSet(
        shapes={
            "sand": world.load_mesh(
                "sand", _create_sand(plan, edge_z=edge_z, light_side=light_side), sand_material
            ),
            **hang_backdrop(camera, edge_z, paint_water),
            **(_create_beach_props(plan, side=-light_side) if plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key, color=(60, 84, 50)),
        },
        key=key,
        dome=create_dome_light(
            level=0.3,
            mood=options.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 120, 20, 30, 1.5),),
            kelvin=7400,
        ),
        gloss=0.0,
        aperture=0.018,
        exposure=1.28,
    )


def _create_sand(plan: SetPlan, edge_z: float, light_side: int) -> Mesh:
    """Creates the ground of rippled sand with low hills, or dunes in the composition of that name.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the sand's far end in units, below 0.
    light_side: side of the key light, -1 left or 1 right, which the ripples' angle follows.
    """
    rng = plan.rng
    sway, hills = (
        create_noise_field(seed=int(rng.integers(1000)), size=0.9),
        create_noise_field(seed=int(rng.integers(1000)), size=1.3, octaves=2),
    )
    ripple_angle = math.radians(light_side * rng.uniform(60, 76))
    hill_height = 0.16 if plan.composition == "dunes" else 0.035

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the sand in units at points (x, z): float, of the same shape."""
        along = x * math.cos(ripple_angle) + z * math.sin(ripple_angle) + 0.07 * sway(x, z)
        wave = np.sin(2 * math.pi * along / RIPPLE_LENGTH)
        # 0 under the product, 1 further out, so that it stands on level sand.
        away = ramp_away_from_product(x, z)
        # Ripples fade with the distance from the product.
        fade = np.clip(1.3 - 0.35 * np.hypot(x, z), 0, 1)
        ripples = RIPPLE_HEIGHT * (wave + 0.25 * wave**2) * (0.25 + 0.75 * away) * fade
        behind = np.clip(0.6 - z, 0.15, 1)
        return ripples + hill_height * behind * (hills(x, z) + 0.6) * ramp_away_from_product(
            x, z, half_axes=(0.62, 0.5)
        )

    half_width = max(2.5, 1.25 * plan.camera.half_width_at_depth(z=edge_z))
    return create_terrain(half_width=half_width, back=edge_z, front=4.0, heights=ground_heights)


def _create_beach_props(plan: SetPlan, side: int) -> NamedShapes:
    """Creates three pebbles on an open shore; empty in the other compositions.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if plan.composition != "shore":
        return {}
    rng, stones = plan.rng, []
    # Width of each stone, its z, and its distance from the first one's x toward the middle.
    for width, z, inset in ((0.13, -0.22, 0.0), (0.09, -0.08, 0.08), (0.06, -0.3, 0.16)):
        x = side * (plan.side_x(z, half_width_share=0.92) - inset)
        stone = props.create_pebble(size=(width, 0.5 * width, 0.8 * width), rng=rng).rotate(
            rng.uniform(0, 360), axis="y"
        )
        stones.append(stone.translate(x, y=-0.008, z=z))
    pale = world.create_glossy_material(color=(206, 196, 182), roughness=0.55, specular=0.3)
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
