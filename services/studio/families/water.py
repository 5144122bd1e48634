"""Water: a still or rippled surface before a colored backdrop, with stones or a plinth."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.gradient import paint_gradient
from services.studio.color import mix_colors
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.shapes import Mesh
from services.studio.stands import fit_plinth
from services.studio.surfaces import create_surface_material
from services.studio.tables import hang_backdrop
from services.studio.terrain import create_noise_field, create_terrain

# sRGB of the backdrop, of deep water, and of the stone.
WATER_BLUE: RGB = (136, 186, 214)
DEEP_WATER: RGB = (12, 30, 42)
SLATE: RGB = (66, 68, 70)
# z of the water's far end in units. Further: a deeper set.
FLOOR_END = -4.0
# Units: distance between rings around the product, height of the rings, and height of the swell.
# Higher: more distorted reflections.
RING_SPACING, RING_HEIGHT, SWELL_HEIGHT = 0.115, 0.0028, 0.0022


def build_water_set(plan: SetPlan) -> StudioSet:
    """Builds a basin of water before a backdrop."""
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    side = rng.choice((-1, 1))
    tone = colors.get("wall") or colors.get("surface") or WATER_BLUE
    azimuth = (180 - side * rng.uniform(40, 60)) % 360
    key = create_key_light(plan, azimuth, 42, 12, 0.75, 6000, glossy=True)
    level = {"ripples": 0.0, "stone": -0.07, "basin": -0.05}[plan.composition]
    low, high = mix_colors(tone, (255, 255, 255), 0.3), mix_colors(tone, (255, 255, 255), 0.05)

    def paint_backdrop(size: tuple[float, float], line: float) -> np.ndarray:
        """Paints the backdrop behind the set: linear light, float32 RGB (h, w, 3)."""
        return paint_gradient(size, line, low, high)

    water = world.create_water_material(mix_colors(tone, DEEP_WATER, 0.3))
    rocks = _create_wet_rocks(plan, -side, level) if plan.is_allowed("props") else {}
    return StudioSet(
        {
            "water": world.load_mesh("water", _create_water_surface(plan, level), water),
            **hang_backdrop(camera, FLOOR_END, paint_backdrop),
            **_create_stand(plan),
            **rocks,
            **create_shadow_pattern(plan, key),
        },
        key,
        create_dome_light(
            0.27, plan.reading.light.mood, ((side * 80, 30, 18, 3.0), (180, 50, 25, 1.6))
        ),
        gloss=0.6 if plan.composition == "ripples" else 0.25,
        aperture=0.014,
        exposure=1.15,
    )


def _create_water_surface(plan: SetPlan, level: float) -> Mesh:
    """Creates water with rings around the product and a faint swell; level: its y."""
    lift = create_noise_field(int(plan.rng.integers(1000)), 0.22, 3)
    start = 0.3 if plan.composition == "ripples" else 0.42 * plan.camera.width_in_units

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the height of the water at points (x, z): float, of the same shape."""
        away = np.hypot(x, z + (0.05 if start < 0.35 else 0.2))
        rings = np.cos(2 * np.pi * (away - start) / RING_SPACING) * np.exp(
            -np.maximum(away - 0.25, 0) / 0.16
        )
        far = np.clip(1 + (z + 0.6) / 2.6, 0, 1)
        return level + RING_HEIGHT * rings + SWELL_HEIGHT * far * lift(x, 0.6 * z)

    wide = max(2.5, 1.25 * plan.camera.half_width_at_depth(FLOOR_END))
    return create_terrain(wide, FLOOR_END, 4.0, ground_heights)


def _create_stand(plan: SetPlan) -> NamedShapes:
    """Creates a slab of slate or a white plinth that rises from the water, its top at y = 0."""
    if plan.composition == "ripples" or not plan.is_allowed("podium"):
        return {}
    colors, round_ = plan.reading.colors, plan.composition == "basin"
    foot = fit_plinth(plan.camera, 0.82, 0.8 if round_ else 0.6, None if round_ else 0.14)
    block = foot.create_block(0.14, 0.01).translate(y=-0.14)
    if round_:
        tone = colors.get("podium") or mix_colors(
            colors.get("wall") or WATER_BLUE, (246, 246, 244), 0.6
        )
        finish = world.create_glossy_material(tone, 0.3)
    else:
        finish = create_surface_material("concrete", {}, plan.rng, colors.get("podium") or SLATE)
    return {"stand": world.load_mesh("stand", block, finish)}


def _create_wet_rocks(plan: SetPlan, side: int, level: float) -> NamedShapes:
    """Creates wet stones in the water behind the product; empty in the composition "basin".

    level: y of the water; side: of the image, -1 left or 1 right.
    """
    if plan.composition == "basin":
        return {}
    rng, stones = plan.rng, []
    for size, z, where in ((0.34, -0.75, 0.92), (0.2, -0.42, 0.96), (0.26, -0.95, -0.95)):
        stone = props.create_pebble((size, 0.62 * size, 0.8 * size), rng).rotate(
            rng.uniform(0, 360)
        )
        x = side * where * plan.camera.half_width_at_depth(z)
        stones.append(stone.translate(x, level - 0.22 * size, z))
    wet = world.create_glossy_material((70, 72, 74), 0.16, 0.6)
    return {"rocks": world.load_mesh("rocks", shapes.join_meshes(stones), wet)}


WATER_FAMILY = SceneFamily(
    name="water",
    words={
        **dict.fromkeys(("water", "ripples", "rippling", "rippled", "puddle", "puddles"), 4),
        **dict.fromkeys(("wet", "pool", "splash", "lake", "pond", "reflections", "caustics"), 3),
        **dict.fromkeys(("river", "moss", "mossy", "rain", "dew", "reflective", "mirror"), 2),
        **dict.fromkeys(("droplets", "drops", "aqua", "basin", "stones"), 1),
    },
    camera_pitch=13.0,
    view_angle=24.0,
    ground_line=0.8,
    compositions=(
        Composition("ripples", frozenset({"ripples", "rippling", "rippled", "reflections"})),
        Composition("stone", frozenset({"stones", "river", "moss", "mossy", "rain"})),
        Composition("basin", frozenset({"pool", "basin", "podium", "plinth"})),
    ),
    build_set=build_water_set,
    flat_lay_material="concrete",
)
