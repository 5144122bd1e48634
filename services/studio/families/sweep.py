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
    """Builds a sweep in the prompt's colors."""
    side, azimuth = choose_key_side(plan)
    stage = SweepStage(choose_set_colors(plan), 0.0, -side)
    has_props = plan.composition == "still life" and plan.is_allowed("props")
    dressing = _create_still_life(plan, stage) if has_props else {}
    return create_sweep_set(
        plan, stage, dressing, azimuth, POOL_STRENGTH if plan.composition == "pool" else 0.0
    )


def _create_still_life(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a column and a ball, cut off by the image's side."""
    column = props.create_round_plinth(0.15, plan.rng.uniform(0.3, 0.4))
    x = stage.side * plan.side_x(-0.7, share=0.92)
    ball = x - stage.side * 0.18, 0.075, -0.42
    return {
        "column": world.load_mesh(
            "column",
            column.translate(x, 0, -0.75),
            world.create_matte_material(stage.colors["side"]),
        ),
        "ball": world.create_sphere(
            ball,
            0.075,
            world.create_glossy_material(stage.colors["podium"], 0.35),
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
