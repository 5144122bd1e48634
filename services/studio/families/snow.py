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
    """Builds fresh snow in a clearing."""
    rng, camera, options = plan.rng, plan.camera, plan.reading.light
    is_late = plan.composition == "low sun" or (options.kelvin or 9000) < LATE_SUN_KELVIN
    blue = plan.composition == "snowfall" and options.mood != "bright" and not is_late
    hour = "dark" if blue or options.mood == "dark" else "low" if is_late else "day"
    side = rng.choice((-1, 1))
    azimuth = (side * rng.uniform(72, 98)) % 360
    kelvin = {"low": 4300, "day": 6800, "dark": 8600}[hour]
    key = create_key_light(
        plan, azimuth, 32, 4 if is_late else 8, 0.5 if hour == "dark" else 1.0, kelvin
    )
    edge = find_table_edge(camera, FAR_EDGE_ROW)
    seed, flakes = int(rng.integers(1000)), plan.composition == "snowfall"

    def paint_trees(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the forest behind the set: linear light, float32 RGB (h, w, 3)."""
        return paint_forest(size, level + 0.03, hour, flakes, seed)

    return StudioSet(
        {
            "snow": world.load_mesh(
                "snow",
                _create_drifts(plan, edge),
                create_snow_material(pick_texture_placement(rng), SNOW),
            ),
            **hang_backdrop(camera, edge, paint_trees),
            **(_create_lying_twigs(plan, -side) if plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key),
        },
        key,
        create_dome_light(0.27, options.mood, ((side * 120, 20, 30, 1.0),), kelvin=7800),
        gloss=0.04,
        aperture=0.018,
        exposure=1.22,
    )


def _create_drifts(plan: SetPlan, edge: float) -> Mesh:
    """Creates soft drifts around and behind a flat place; edge: z of their far end."""
    rng = plan.rng
    hills, lumps = (
        create_noise_field(int(rng.integers(1000)), 0.8, 2),
        create_noise_field(int(rng.integers(1000)), 0.16, 3),
    )

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the height of the snow at points (x, z): float, of the same shape."""
        away = ramp_away_from_product(x, z, (0.56, 0.42))
        rise = 0.07 * (hills(x, z) + 0.7) + 0.1 * np.clip(np.abs(x) - 0.5, 0, 1.2)
        return away * (rise + 0.005 * lumps(x, z)) + 0.0015 * lumps(2 * x, 2 * z)

    return create_terrain(
        max(2.5, 1.25 * plan.camera.half_width_at_depth(edge)), edge, 4.0, ground_heights
    )


def _create_lying_twigs(plan: SetPlan, side: int) -> NamedShapes:
    """Creates fir twigs that lie in the snow at one side; empty without plants or in snowfall."""
    if not plan.is_allowed("plants") or plan.composition == "snowfall":
        return {}
    rng, twigs = plan.rng, []
    for number in range(4):
        z = -0.12 - 0.12 * number
        twig = props.create_fir_branch(rng.uniform(0.44, 0.6), rng).rotate(rng.uniform(-6, 10), "x")
        turn = -side * rng.uniform(55, 115)
        twigs.append(
            twig.rotate(turn).translate(side * (plan.side_x(z, share=1.02) + 0.05), 0.03, z)
        )
    green = world.create_matte_material((82, 112, 78))
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
