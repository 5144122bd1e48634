"""Silk: cloth draped over a table and up a wall, in modeled folds."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import world
from services.studio.cloth import create_cloth_folds
from services.studio.color import mix_colors, relative_luminance
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.shapes import Mesh
from services.studio.stands import fit_plinth
from services.studio.terrain import drape_cloth, ramp_away_from_product
from services.studio.walls import place_back_wall, raise_key_above_wall

# sRGB of the cloth and of metal beads where the prompt names no color.
CHAMPAGNE: RGB = (226, 204, 176)
GOLD: RGB = (224, 180, 112)
# z of the wall in units, for level cameras. Nearer to 0: a shallower set.
NEAREST_WALL = -1.15
# Radius, in units, of the curve from table to wall. Larger: a softer transition.
WALL_BEND = 0.5
# For each composition: sideways drift of the folds per unit of z, distance between them and depth,
# in units. Deeper: stronger shadows.
FOLDS = {"flowing": (0.9, 0.26, 0.085), "pedestal": (0.35, 0.2, 0.07), "hung": (0.0, 0.17, 0.07)}


def build_silk_set(plan: SetPlan) -> StudioSet:
    """Builds a set draped in satin: one cloth over the table and up the wall.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, colors = plan.rng, plan.reading.colors
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    key = create_key_light(
        plan,
        azimuth=(light_side * rng.uniform(58, 74)) % 360,
        elevation=rng.uniform(30, 36),
        angle=11,
        strength=1.0,
        kelvin=5700,
    )
    floor_y, pedestal = _create_pedestal(plan)
    wall_z, wall_top = place_back_wall(plan.camera, nearest_z=NEAREST_WALL, floor_y=floor_y)
    key = raise_key_above_wall(key, wall_z=wall_z, wall_top=wall_top)
    color = colors.get("surface") or colors.get("wall") or colors.get("podium") or CHAMPAGNE
    cloth = _create_cloth(
        plan, light_side=light_side, floor_y=floor_y, wall_z=wall_z, wall_top=wall_top
    )
    beads = _create_beads(plan, color=colors.get("accent") or GOLD, side=-light_side)
    return StudioSet(
        shapes={
            "cloth": world.load_mesh("cloth", cloth, world.create_satin_material(color)),
            **pedestal,
            **(beads if plan.composition == "flowing" and plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key, wall=True),
        },
        key=key,
        dome=create_dome_light(
            level=0.2,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((-light_side * 100, 35, 25, 1.6), (180, 60, 30, 1.0)),
        ),
        gloss=0.05,
        aperture=0.016,
        exposure=1.2 if relative_luminance(color) > 0.15 else 1.5,
    )


def _create_cloth(
    plan: SetPlan, light_side: int, floor_y: float, wall_z: float, wall_top: float
) -> Mesh:
    """Creates the cloth: nearly flat where the product stands, in folds elsewhere.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    light_side: side of the key light (the main lamp), -1 left or 1 right; sets the folds' slant.
    floor_y: y of the floor under the cloth in units.
    wall_z, wall_top: z of the wall and y of its upper end, in units.
    """
    # Drift of the folds in x per unit of z, distance between them, and height, in units.
    slant, spacing, height = FOLDS[plan.composition]
    fold = create_cloth_folds(
        seed=int(plan.rng.integers(1000)), slant=light_side * slant, spacing=spacing, depth=height
    )
    # Half-axes, in units, of the ellipse under the product where the cloth is nearly flat.
    calm_half_axes = (0.62, 0.6) if plan.composition == "pedestal" else (0.48, 0.36)

    def cloth_heights(x: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Returns the distance of the cloth from floor or wall in units: float, of the same shape.

        x: to the right; along: position from front to top, which equals z on the floor.
        """
        # Factor on the folds' height: small under the product, or, for hung cloth, on the table.
        flattening = 0.12 + 0.88 * ramp_away_from_product(x, along, half_axes=calm_half_axes)
        if plan.composition == "hung":
            flattening = 0.25 + 0.75 * np.clip((wall_z + 0.75 - along) / 0.6, 0, 1)
        return fold(x, along) * flattening * np.clip(0.7 - along, 0.3, 1)

    half_width = max(
        3.0,
        1.3 * plan.camera.half_width_at_depth(z=wall_z),
        1.3 * plan.camera.half_width_at_depth(z=wall_z, y=wall_top),
    )
    return drape_cloth(
        half_width=half_width,
        front=4.0,
        back=wall_z,
        bend=WALL_BEND,
        height=wall_top - floor_y,
        heights=cloth_heights,
    ).translate(y=floor_y)


def _create_pedestal(plan: SetPlan) -> tuple[float, NamedShapes]:
    """Creates a round pedestal that stands in the cloth where the composition has one.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns the floor's y in units and the shapes by name; 0 and no shapes without a pedestal.
    """
    if plan.composition != "pedestal" or not plan.is_allowed("podium"):
        return 0.0, {}
    colors, height = plan.reading.colors, 0.16
    color = colors.get("podium") or mix_colors(
        colors.get("wall") or CHAMPAGNE, (252, 250, 246), share=0.75
    )
    block = (
        fit_plinth(plan.camera, width_share=0.8, max_depth=0.8)
        .create_block(height, fillet=0.008)
        .translate(y=-height)
    )
    # The floor is a little above the pedestal's foot, which stands in the cloth.
    return -0.13, {
        "pedestal": world.load_mesh(
            "pedestal", block, world.create_glossy_material(color, roughness=0.35)
        )
    }


def _create_beads(plan: SetPlan, color: RGB, side: int) -> NamedShapes:
    """Creates two metal balls that lie in the cloth.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the metal.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    gold = world.create_metal_material(color, roughness=0.16)
    x = side * plan.side_x(z=-0.2, half_width_share=0.84)
    return {
        "bead": world.create_sphere(center=(x, 0.075, -0.2), radius=0.06, material=gold),
        "pearl": world.create_sphere(
            center=(x - side * 0.1, 0.04, 0.0), radius=0.032, material=gold
        ),
    }


SILK_FAMILY = SceneFamily(
    name="silk",
    words={
        **dict.fromkeys(("silk", "satin", "velvet", "draped", "drapery", "drapes"), 4),
        **dict.fromkeys(("blanket", "knitted", "folds", "fabric", "textile", "curtain"), 3),
        **dict.fromkeys(("cloth", "flowing", "romantic", "valentine's", "valentines"), 2),
        **dict.fromkeys(("sensual", "soft folds"), 1),
    },
    camera_pitch=17.0,
    view_angle=24.0,
    ground_line=0.79,
    compositions=(
        Composition("flowing"),
        Composition("pedestal", frozenset({"podium", "pedestal", "plinth"})),
        Composition("hung", frozenset({"curtain", "drapes", "drapery"})),
    ),
    build_set=build_silk_set,
    flat_lay_material="silk",
)
