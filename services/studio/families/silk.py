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
    """Builds a set draped in satin."""
    rng, colors = plan.rng, plan.reading.colors
    side = rng.choice((-1, 1))
    key = create_key_light(
        plan, (side * rng.uniform(58, 74)) % 360, rng.uniform(30, 36), 11, 1.0, 5700
    )
    floor, pedestal = _create_pedestal(plan)
    depth, top = place_back_wall(plan.camera, NEAREST_WALL, floor)
    key = raise_key_above_wall(key, depth, top)
    color = colors.get("surface") or colors.get("wall") or colors.get("podium") or CHAMPAGNE
    cloth = _create_cloth(plan, side, floor, depth, top)
    bead = _create_beads(plan, colors.get("accent") or GOLD, -side)
    return StudioSet(
        {
            "cloth": world.load_mesh("cloth", cloth, world.create_satin_material(color)),
            **pedestal,
            **(bead if plan.composition == "flowing" and plan.is_allowed("props") else {}),
            **create_shadow_pattern(plan, key, wall=True),
        },
        key,
        create_dome_light(
            0.2, plan.reading.light.mood, ((-side * 100, 35, 25, 1.6), (180, 60, 30, 1.0))
        ),
        gloss=0.05,
        aperture=0.016,
        exposure=1.2 if relative_luminance(color) > 0.15 else 1.5,
    )


def _create_cloth(plan: SetPlan, side: int, floor: float, depth: float, top: float) -> Mesh:
    """Creates the cloth, flat where the product stands, with straighter folds on the wall.

    side: of the key light; floor: its y; depth, top: z of the wall and y of its upper end.
    """
    slant, spacing, height = FOLDS[plan.composition]
    fold = create_cloth_folds(int(plan.rng.integers(1000)), side * slant, spacing, height)
    reach = (0.62, 0.6) if plan.composition == "pedestal" else (0.48, 0.36)

    def cloth_heights(x: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Returns the height of the cloth at points (x, along): float, of the same shape."""
        still = 0.12 + 0.88 * ramp_away_from_product(x, along, reach)
        if plan.composition == "hung":
            still = 0.25 + 0.75 * np.clip((depth + 0.75 - along) / 0.6, 0, 1)
        return fold(x, along) * still * np.clip(0.7 - along, 0.3, 1)

    wide = max(
        3.0,
        1.3 * plan.camera.half_width_at_depth(depth),
        1.3 * plan.camera.half_width_at_depth(depth, top),
    )
    return drape_cloth(wide, 4.0, depth, WALL_BEND, top - floor, cloth_heights).translate(y=floor)


def _create_pedestal(plan: SetPlan) -> tuple[float, NamedShapes]:
    """Creates a round pedestal that stands in the cloth where the composition has one.

    Returns the floor's y and the pedestal.
    """
    if plan.composition != "pedestal" or not plan.is_allowed("podium"):
        return 0.0, {}
    colors, height = plan.reading.colors, 0.16
    color = colors.get("podium") or mix_colors(
        colors.get("wall") or CHAMPAGNE, (252, 250, 246), 0.75
    )
    block = fit_plinth(plan.camera, 0.8, 0.8).create_block(height, 0.008).translate(y=-height)
    return -0.13, {
        "pedestal": world.load_mesh("pedestal", block, world.create_glossy_material(color, 0.35))
    }


def _create_beads(plan: SetPlan, color: RGB, side: int) -> NamedShapes:
    """Creates two metal balls that lie in the cloth; color: their sRGB."""
    gold = world.create_metal_material(color, 0.16)
    x = side * plan.side_x(-0.2, share=0.84)
    return {
        "bead": world.create_sphere((x, 0.075, -0.2), 0.06, gold),
        "pearl": world.create_sphere((x - side * 0.1, 0.04, 0.0), 0.032, gold),
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
