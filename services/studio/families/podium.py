"""Podium: one or more steps before a sweep, with props at the sides."""

from services.studio import props, shapes, world
from services.studio.seamless import (
    SweepStage,
    choose_key_side,
    choose_set_colors,
    create_podium,
    create_sweep_set,
)
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet

# Heights of a podium's steps in units by composition, uppermost first.
STEP_HEIGHTS = {
    "rounds": (0.075, 0.05),
    "disc": (0.085,),
    "blocks": (0.085,),
    "steps": (0.055, 0.05, 0.05),
}


def build_podium_set(plan: SetPlan) -> StudioSet:
    """Builds a podium in the prompt's colors."""
    side, azimuth = choose_key_side(plan)
    colors, blocks = choose_set_colors(plan), plan.composition == "blocks"
    floor, stand = create_podium(plan, colors["podium"], STEP_HEIGHTS[plan.composition], blocks)
    stage = SweepStage(colors, floor, -side)
    dressing = _create_podium_props(plan, stage)
    return create_sweep_set(plan, stage, {**stand, **dressing}, azimuth)


def _create_podium_props(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates the composition's props; empty when the prompt excludes props."""
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "disc":
            return _create_disc_and_ball(plan, stage)
        case "blocks":
            return _create_blocks_and_balls(plan, stage)
    return _create_column_and_ball(plan, stage)


def _create_column_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a column on the key light's side and a metal ball on the other side."""
    column = props.create_round_plinth(0.13, plan.rng.uniform(0.5, 0.68))
    column = column.translate(
        -stage.side * plan.side_x(-0.75, stage.floor, 0.85), stage.floor, -0.85
    )
    return {
        "column": world.load_mesh(
            "column",
            column,
            world.create_matte_material(stage.colors["side"]),
        ),
        **_create_metal_ball(plan, stage, plan.rng.uniform(0.075, 0.1)),
    }


def _create_disc_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a large upright disc behind the product, and a metal ball."""
    radius = 0.34 * min(1.3, plan.camera.width_in_units)
    disc = props.create_round_plinth(radius, 0.06, 0.01).rotate(90, "x")
    disc = disc.translate(0, stage.floor + radius + 0.02, -1.0)
    tone = world.create_matte_material(stage.colors["side"])
    return {"disc": world.load_mesh("disc", disc, tone), **_create_metal_ball(plan, stage, 0.07)}


def _create_blocks_and_balls(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates two blocks and a ball on one side, a small metal ball on the other."""
    floor, side, edge = stage.floor, stage.side, plan.side_x(-0.75, stage.floor, 0.85)
    high = props.create_plinth(0.24, 0.24, 0.42, 0.012, 0.006).rotate(side * 14)
    low = props.create_plinth(0.24, 0.24, 0.24, 0.012, 0.006).rotate(side * 14)
    blocks = shapes.join_meshes(
        [
            high.translate(side * (edge + 0.05), floor, -0.95),
            low.translate(side * (edge - 0.13), floor, -0.65),
        ]
    )
    top, metal = (
        floor + 0.24,
        world.create_metal_material(stage.colors["accent"], 0.16),
    )
    lacquer = world.create_glossy_material(stage.colors["podium"], 0.3)
    return {
        "blocks": world.load_mesh(
            "blocks",
            blocks,
            world.create_matte_material(stage.colors["side"]),
        ),
        "ball": world.create_sphere((side * (edge - 0.13), top + 0.085, -0.65), 0.085, lacquer),
        "bead": world.create_sphere((-side * (edge - 0.02), floor + 0.06, -0.55), 0.06, metal),
    }


def _create_metal_ball(plan: SetPlan, stage: SweepStage, radius: float) -> NamedShapes:
    """Creates a metal ball of this radius at the stage's side."""
    x = stage.side * (plan.side_x(-0.35, stage.floor, 0.85) + 0.01)
    metal = world.create_metal_material(stage.colors["accent"], 0.16)
    return {"ball": world.create_sphere((x, stage.floor + radius, -0.35), radius, metal)}


PODIUM_FAMILY = SceneFamily(
    name="podium",
    words={
        **dict.fromkeys(("podium", "pedestal", "plinth", "display stand", "podiums"), 5),
        **dict.fromkeys(("platform", "cylinder", "stage", "dais"), 4),
        **dict.fromkeys(("stand", "showcase", "pastel"), 2),
        **dict.fromkeys(("round", "square", "steps", "disc"), 0),
    },
    camera_pitch=16.0,
    view_angle=22.0,
    ground_line=0.8,
    compositions=(
        Composition("rounds", frozenset({"round"})),
        Composition("disc", frozenset({"disc"})),
        Composition("blocks", frozenset({"square", "blocks"})),
        Composition("steps", frozenset({"steps", "stage"})),
    ),
    build_set=build_podium_set,
)
