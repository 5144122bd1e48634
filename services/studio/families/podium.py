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
    """Builds a podium of one or more steps before a seamless wall, with props at the sides.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    light_side, azimuth = choose_key_side(plan)
    colors, blocks = choose_set_colors(plan), plan.composition == "blocks"
    floor_y, stand = create_podium(
        plan, color=colors["podium"], heights=STEP_HEIGHTS[plan.composition], square=blocks
    )
    stage = SweepStage(colors, floor_y, side=-light_side)
    dressing = _create_podium_props(plan, stage)
    return create_sweep_set(plan, stage, dressing={**stand, **dressing}, azimuth=azimuth)


def _create_podium_props(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates the props of the plan's composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "disc":
            return _create_disc_and_ball(plan, stage)
        case "blocks":
            return _create_blocks_and_balls(plan, stage)
    return _create_column_and_ball(plan, stage)


def _create_column_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a column on the key light's side and a metal ball on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    column = props.create_round_plinth(radius=0.13, height=plan.rng.uniform(0.5, 0.68))
    column = column.translate(
        x=-stage.side * plan.side_x(z=-0.75, y=stage.floor, half_width_share=0.85),
        y=stage.floor,
        z=-0.85,
    )
    return {
        "column": world.load_mesh(
            "column",
            column,
            world.create_matte_material(stage.colors["side"]),
        ),
        **_create_metal_ball(plan, stage, radius=plan.rng.uniform(0.075, 0.1)),
    }


def _create_disc_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a large upright disc behind the product, and a metal ball at the stage's side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    radius = 0.34 * min(1.3, plan.camera.width_in_units)
    disc = props.create_round_plinth(radius, height=0.06, fillet=0.01).rotate(90, axis="x")
    disc = disc.translate(x=0, y=stage.floor + radius + 0.02, z=-1.0)
    tone = world.create_matte_material(stage.colors["side"])
    return {
        "disc": world.load_mesh("disc", disc, tone),
        **_create_metal_ball(plan, stage, radius=0.07),
    }


def _create_blocks_and_balls(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates two blocks with a ball on the lower one, and a small metal ball on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    floor_y, side, edge_x = (
        stage.floor,
        stage.side,
        plan.side_x(z=-0.75, y=stage.floor, half_width_share=0.85),
    )
    high = props.create_plinth(
        width=0.24, depth=0.24, height=0.42, corner=0.012, fillet=0.006
    ).rotate(side * 14, axis="y")
    low = props.create_plinth(
        width=0.24, depth=0.24, height=0.24, corner=0.012, fillet=0.006
    ).rotate(side * 14, axis="y")
    blocks = shapes.join_meshes(
        [
            high.translate(x=side * (edge_x + 0.05), y=floor_y, z=-0.95),
            low.translate(x=side * (edge_x - 0.13), y=floor_y, z=-0.65),
        ]
    )
    low_block_top, metal = (
        floor_y + 0.24,
        world.create_metal_material(stage.colors["accent"], roughness=0.16),
    )
    lacquer = world.create_glossy_material(stage.colors["podium"], roughness=0.3)
    return {
        "blocks": world.load_mesh(
            "blocks",
            blocks,
            world.create_matte_material(stage.colors["side"]),
        ),
        "ball": world.create_sphere(
            center=(side * (edge_x - 0.13), low_block_top + 0.085, -0.65),
            radius=0.085,
            material=lacquer,
        ),
        "bead": world.create_sphere(
            center=(-side * (edge_x - 0.02), floor_y + 0.06, -0.55), radius=0.06, material=metal
        ),
    }


def _create_metal_ball(plan: SetPlan, stage: SweepStage, radius: float) -> NamedShapes:
    """Creates a metal ball on the floor at the stage's side; radius in units.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    x = stage.side * (plan.side_x(z=-0.35, y=stage.floor, half_width_share=0.85) + 0.01)
    metal = world.create_metal_material(stage.colors["accent"], roughness=0.16)
    return {
        "ball": world.create_sphere(
            center=(x, stage.floor + radius, -0.35), radius=radius, material=metal
        )
    }


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
