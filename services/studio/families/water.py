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
    """Builds a surface of water before a painted gradient, with a stand and wet rocks.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    tone = colors.get("wall") or colors.get("surface") or WATER_BLUE
    azimuth = (180 - light_side * rng.uniform(40, 60)) % 360
    key = create_key_light(
        plan, azimuth, elevation=42, angle=12, strength=0.75, kelvin=6000, glossy=True
    )
    water_y = {"ripples": 0.0, "stone": -0.07, "basin": -0.05}[plan.composition]
    low_color, high_color = (
        mix_colors(tone, (255, 255, 255), share=0.3),
        mix_colors(tone, (255, 255, 255), share=0.05),
    )

    def paint_backdrop(size: tuple[float, float], line: float) -> np.ndarray:
        """Paints the gradient behind the water: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        line: height of the water's far edge above the painting's center, in units.
        """
        return paint_gradient(size, level=line, low=low_color, high=high_color)

    water = world.create_water_material(mix_colors(tone, DEEP_WATER, share=0.3))
    rocks = (
        _create_wet_rocks(plan, side=-light_side, water_y=water_y)
        if plan.is_allowed("props")
        else {}
    )
    return StudioSet(
        shapes={
            "water": world.load_mesh("water", _create_water_surface(plan, water_y=water_y), water),
            **hang_backdrop(camera, FLOOR_END, paint_backdrop),
            **_create_stand(plan),
            **rocks,
            **create_shadow_pattern(plan, key),
        },
        key=key,
        dome=create_dome_light(
            level=0.27,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 80, 30, 18, 3.0), (180, 50, 25, 1.6)),
        ),
        gloss=0.6 if plan.composition == "ripples" else 0.25,
        aperture=0.014,
        exposure=1.15,
    )


def _create_water_surface(plan: SetPlan, water_y: float) -> Mesh:
    """Creates the surface of the water: rings around the product, and a faint swell.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    water_y: y of the surface in units; below 0 where the product stands on a stand.
    """
    swell = create_noise_field(seed=int(plan.rng.integers(1000)), size=0.22, octaves=3)
    # The rings start at the product, or at the stand that it is on.
    first_ring_radius = 0.3 if plan.composition == "ripples" else 0.42 * plan.camera.width_in_units

    def ground_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the water in units at points (x, z): float, of the same shape."""
        # Distance from the middle of the rings, which fade outward; the swell fades with z.
        away = np.hypot(x, z + (0.05 if first_ring_radius < 0.35 else 0.2))
        rings = np.cos(2 * np.pi * (away - first_ring_radius) / RING_SPACING) * np.exp(
            -np.maximum(away - 0.25, 0) / 0.16
        )
        far = np.clip(1 + (z + 0.6) / 2.6, 0, 1)
        return water_y + RING_HEIGHT * rings + SWELL_HEIGHT * far * swell(x, 0.6 * z)

    half_width = max(2.5, 1.25 * plan.camera.half_width_at_depth(z=FLOOR_END))
    return create_terrain(half_width=half_width, back=FLOOR_END, front=4.0, heights=ground_heights)


def _create_stand(plan: SetPlan) -> NamedShapes:
    """Creates a slab of slate or a white plinth that rises from the water, its top at y = 0.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns the shape by name; empty in the composition "ripples" or when a podium is excluded.
    """
    if plan.composition == "ripples" or not plan.is_allowed("podium"):
        return {}
    colors, is_round = plan.reading.colors, plan.composition == "basin"
    outline = fit_plinth(
        plan.camera,
        width_share=0.82,
        max_depth=0.8 if is_round else 0.6,
        corner=None if is_round else 0.14,
    )
    block = outline.create_block(height=0.14, fillet=0.01).translate(y=-0.14)
    if is_round:
        tone = colors.get("podium") or mix_colors(
            colors.get("wall") or WATER_BLUE, (246, 246, 244), share=0.6
        )
        finish = world.create_glossy_material(tone, roughness=0.3)
    else:
        finish = create_surface_material(
            "concrete", colors={}, rng=plan.rng, color=colors.get("podium") or SLATE
        )
    return {"stand": world.load_mesh("stand", block, finish)}


def _create_wet_rocks(plan: SetPlan, side: int, water_y: float) -> NamedShapes:
    """Creates three wet stones in the water behind the product; empty in the composition "basin".

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: half of the image with two of the stones, -1 left or 1 right; the third is in the other.
    water_y: y of the water's surface in units.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if plan.composition == "basin":
        return {}
    rng, stones = plan.rng, []
    # Width of each stone, its z, and its x as a share of half the view's width (below 0: opposite).
    for width, z, x_share in ((0.34, -0.75, 0.92), (0.2, -0.42, 0.96), (0.26, -0.95, -0.95)):
        stone = props.create_pebble(size=(width, 0.62 * width, 0.8 * width), rng=rng).rotate(
            rng.uniform(0, 360), axis="y"
        )
        x = side * x_share * plan.camera.half_width_at_depth(z)
        stones.append(stone.translate(x, y=water_y - 0.22 * width, z=z))
    wet = world.create_glossy_material(color=(70, 72, 74), roughness=0.16, specular=0.6)
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
