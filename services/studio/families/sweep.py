"""Studio sweep: a seamless colored wall and floor, and little else."""

from services.studio import props, world
from services.studio.seamless import (
    SweepStage,
    choose_key_side,
    choose_set_colors,
    create_sweep_set,
)
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet

# Strength of the spot of light on the wall in the composition "pool", 1 is paper white. Larger: a
# brighter spot.
POOL_STRENGTH = 1.1


def build_sweep_set(plan: SetPlan) -> StudioSet:
    """Builds a seamless wall and floor in the prompt's colors, bare or with a column and a ball.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    light_side, azimuth = choose_key_side(plan)
    stage = SweepStage(colors=choose_set_colors(plan), floor=0.0, side=-light_side)
    has_props = plan.composition == "still life" and plan.is_allowed("props")
    dressing = _create_still_life(plan, stage) if has_props else {}
    return create_sweep_set(
        plan, stage, dressing, azimuth, pool=POOL_STRENGTH if plan.composition == "pool" else 0.0
    )


def _create_still_life(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a column and a ball at one side of the product, near the image's edge.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, and the side (-1 left, 1 right) where props stand.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    column = props.create_round_plinth(radius=0.15, height=plan.rng.uniform(0.3, 0.4))
    x = stage.side * plan.side_x(z=-0.7, half_width_share=0.92)
    ball_center = x - stage.side * 0.18, 0.075, -0.42
    return {
        "column": world.load_mesh(
            "column",
            column.translate(x, y=0, z=-0.75),
            world.create_matte_material(stage.colors["side"]),
        ),
        "ball": world.create_sphere(
            center=ball_center,
            radius=0.075,
            material=world.create_glossy_material(stage.colors["podium"], roughness=0.35),
        ),
    }


SWEEP_FAMILY = SceneFamily(
    name="sweep",
    words={
        **dict.fromkeys(("cyclorama", "infinity cove", "packshot", "pack shot"), 4),
        **dict.fromkeys(("seamless", "gradient background"), 3),
        **dict.fromkeys(("studio", "backdrop", "e-commerce", "ecommerce", "plain", "gradient"), 2),
        **dict.fromkeys(("background", "minimal", "minimalist", "set", "wall", "clean"), 1),
        **dict.fromkeys(("empty", "spotlight"), 0),
    },
    camera_pitch=16.0,
    view_angle=22.0,
    ground_line=0.8,
    compositions=(
        Composition(
            "bare",
            frozenset({"e-commerce", "ecommerce", "seamless", "plain", "empty", "infinity cove"})
            | {"packshot", "pack shot"},
        ),
        Composition("pool", frozenset({"spotlight", "gradient", "gradient background"})),
        Composition("still life"),
    ),
    build_set=build_sweep_set,
)
