"""Snow: drifts, and a forest in haze behind them."""

import numpy as np

from services.studio import props, shapes, world
from services.studio.backdrops.forest import paint_forest
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.shapes import Mesh
from services.studio.surfaces import SNOW, create_snow_material, pick_texture_placement
from services.studio.tables import find_table_edge, hang_backdrop
from services.studio.terrain import create_noise_field, create_terrain, ramp_away_from_product

# Row, as a share of the height, at which the snow ends in a level view. Larger: less snow.
FAR_EDGE_ROW = 0.56
# Kelvin below which the light is that of a low sun. Larger: more prompts get the evening sky.
LATE_SUN_KELVIN = 5000


def build_snow_set(plan: SetPlan) -> StudioSet:
    """Builds fresh snow before a painted forest, by day, at a low sun or in the dark.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, camera, options = plan.rng, plan.camera, plan.reading.light
    # Kelvin of daylight, 9,000 or any above the limit, where the prompt names none.
    is_late = plan.composition == "low sun" or (options.kelvin or 9000) < LATE_SUN_KELVIN
    is_dusk = plan.composition == "snowfall" and options.mood != "bright" and not is_late
    hour = "dark" if is_dusk or options.mood == "dark" else "low" if is_late else "day"
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    azimuth = (light_side * rng.uniform(72, 98)) % 360
    kelvin = {"low": 4300, "day": 6800, "dark": 8600}[hour]
    key = create_key_light(
        plan,
        azimuth,
        elevation=32,
        angle=4 if is_late else 8,
        strength=0.5 if hour == "dark" else 1.0,
        kelvin=kelvin,
    )
    edge_z = find_table_edge(camera, row=FAR_EDGE_ROW)
    seed, flakes = int(rng.integers(1000)), plan.composition == "snowfall"

    def paint_trees(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the forest behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        return paint_forest(size, ground=level + 0.03, hour=hour, flakes=flakes, seed=seed)

    return StudioSet(
        shapes={
            "snow": world.load_mesh(
                "snow",
                _create_drifts(plan, edge_z=edge_z),
                create_snow_material(pick_texture_placement(rng), SNOW),
            ),
            **hang_backdrop(camera, edge_z, paint_trees),
            **(_create_lying_twigs(plan, side=-light_side) if plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key),
        },
        key=key,
        dome=create_dome_light(
            level=0.27,
            mood=options.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 120, 20, 30, 1.0),),
            kelvin=7800,
        ),
        gloss=0.04,
        aperture=0.018,
        exposure=1.22,
    )


def _create_drifts(plan: SetPlan, edge_z: float) -> Mesh:
    """Creates the ground of snow: flat under the product, drifts around and behind it.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the snow's far end in units, below 0.
    """
    rng = plan.rng
    hills, lumps = (
        create_noise_field(seed=int(rng.integers(1000)), size=0.8, octaves=2),
        create_noise_field(seed=int(rng.integers(1000)), size=0.16, octaves=3),
    )

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the snow in units at points (x, z): float, of the same shape."""
        # 0 under the product, 1 further out, so that it stands on level snow.
        away = ramp_away_from_product(x, z, half_axes=(0.56, 0.42))
        rise = 0.07 * (hills(x, z) + 0.7) + 0.1 * np.clip(np.abs(x) - 0.5, 0, 1.2)
        return away * (rise + 0.005 * lumps(x, z)) + 0.0015 * lumps(2 * x, 2 * z)

    return create_terrain(
        half_width=max(2.5, 1.25 * plan.camera.half_width_at_depth(z=edge_z)),
        back=edge_z,
        front=4.0,
        heights=ground_heights,
    )


def _create_lying_twigs(plan: SetPlan, side: int) -> NamedShapes:
    """Creates fir twigs that lie in the snow; empty without plants or in snowfall.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("plants") or plan.composition == "snowfall":
        return {}
    rng, twigs = plan.rng, []
    for number in range(4):
        z = -0.12 - 0.12 * number
        twig = props.create_fir_branch(length=rng.uniform(0.44, 0.6), rng=rng).rotate(
            rng.uniform(-6, 10), axis="x"
        )
        turn = -side * rng.uniform(55, 115)
        twigs.append(
            twig.rotate(turn, axis="y").translate(
                x=side * (plan.side_x(z, half_width_share=1.02) + 0.05), y=0.03, z=z
            )
        )
    green = world.create_matte_material(color=(82, 112, 78))
    return {"twigs": world.load_mesh("twigs", shapes.join_meshes(twigs), green)}


SNOW_FAMILY = SceneFamily(
    name="snow",
    words={
        **dict.fromkeys(("snow", "snowy", "ice", "frost", "frosty", "icy", "glacier", "arctic"), 4),
        **dict.fromkeys(("winter", "wintry", "ski", "snowfall"), 3),
        **dict.fromkeys(("mountains", "mountain", "cold", "frozen"), 2),
        **dict.fromkeys(("fir", "spruce", "pine forest"), 1),
    },
    camera_pitch=9.0,
    view_angle=28.0,
    ground_line=0.82,
    compositions=(
        Composition("clearing", frozenset({"fir", "spruce", "frosty", "pine forest"})),
        Composition("low sun", frozenset({"sunrise", "sunset", "golden hour", "evening"})),
        Composition("snowfall", frozenset({"snowfall", "flakes", "snow flakes", "snowing"})),
    ),
    build_set=build_snow_set,
    flat_lay_material="snow",
)
