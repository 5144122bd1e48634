"""Geometric: arches, stairs and simple solids in several pastel tones."""

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.color import mix_colors, rotate_hue
from services.studio.seamless import (
    SweepStage,
    choose_key_side,
    choose_set_colors,
    create_podium,
    create_sweep_set,
)
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet

# sRGB of the wall where the prompt names no color.
BLUSH: RGB = (238, 200, 190)
# Degrees in CIE Lab from the wall's hue to the second and the third tone. Larger: more contrast.
SECOND_HUE_TURN, THIRD_HUE_TURN = 38.0, -110.0


def build_geometric_set(plan: SetPlan) -> StudioSet:
    """Builds simple solids around a low podium."""
    side, azimuth = choose_key_side(plan)
    colors = _choose_tones(plan)
    floor, stand = create_podium(plan, colors["podium"], (0.07,), plan.composition != "arch")
    stage = SweepStage(colors, floor, -side)
    dressing = _create_geometric_props(plan, stage)
    return create_sweep_set(plan, stage, {**stand, **dressing}, azimuth)


def _choose_tones(plan: SetPlan) -> dict[str, RGB]:
    """Chooses the set's sRGB colors by part, with a similar and a contrasting tone."""
    requested = plan.reading.colors
    colors = choose_set_colors(plan)
    if not {"wall", "podium", "surface"} & set(requested):
        colors |= {"wall": BLUSH, "podium": mix_colors(BLUSH, (252, 248, 242), 0.6)}
    second = rotate_hue(colors["wall"], SECOND_HUE_TURN)
    third = requested.get("accent") or mix_colors(
        rotate_hue(colors["wall"], THIRD_HUE_TURN), colors["wall"], 0.25
    )
    return colors | {
        "second": second,
        "third": third,
        "side": mix_colors(colors["wall"], second, 0.5),
    }


def _create_geometric_props(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates the composition's solids; empty when the prompt excludes props."""
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "arch":
            return _create_arches(plan, stage)
        case "stairs":
            return _create_stairs(plan, stage)
    return _create_solids(plan, stage)


def _create_arches(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a tall arch behind the product, a small one and a ball at the sides."""
    floor, side = stage.floor, stage.side
    width = 0.62 * min(1.3, plan.camera.width_in_units)
    height = min(plan.camera.height_at_row(0.07, -1.02) - floor, 2.4 * width)
    tall = props.create_arch_panel(width, max(height, width / 2 + 0.05), 0.07).translate(
        0, floor, -1.02
    )
    small = props.create_arch_panel(0.3, 0.5, 0.07)
    small = small.translate(side * (plan.side_x(-0.75, floor, 0.85) + 0.06), floor, -0.8)
    ball = -side * plan.side_x(-0.4, floor, 0.86), floor + 0.08, -0.4
    return {
        "tall": _load_painted_mesh("tall", tall, stage.colors["second"]),
        "small": _load_painted_mesh("small", small, stage.colors["third"]),
        "ball": world.create_sphere(
            ball,
            0.08,
            world.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_stairs(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates stairs that climb out of the image, a ball on them, and an arch."""
    floor, side, steps = stage.floor, stage.side, []
    edge = plan.side_x(-0.8, floor, 1.0)
    for number in range(4):
        width, height = 0.56 - 0.13 * number, 0.11
        step = props.create_plinth(width, 0.34, height, 0.006, 0.005)
        steps.append(
            step.translate(side * (edge + 0.12 - width / 2), floor + height * number, -0.85)
        )
    top = side * (edge + 0.12 - 0.5), floor + 0.11 + 0.055, -0.8
    arch = props.create_arch_panel(0.34, 0.66, 0.08)
    arch = arch.translate(-side * plan.side_x(-0.9, floor, 0.86), floor, -1.0)
    return {
        "stairs": _load_painted_mesh("stairs", shapes.join_meshes(steps), stage.colors["second"]),
        "arch": _load_painted_mesh("arch", arch, stage.colors["third"]),
        "ball": world.create_sphere(
            top,
            0.055,
            world.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_solids(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a cone, a cylinder with a ball on it, and a half disc."""
    floor, side = stage.floor, stage.side
    edge = plan.side_x(-0.7, floor, 0.84)
    cone = shapes.revolve_profile(
        [(1e-4, 0.36), (0.02, 0.34), (0.16, 0.012), (0.15, 0.0), (1e-4, 0.0)]
    )
    drum = props.create_round_plinth(0.11, 0.26).translate(-side * edge, floor, -0.8)
    half = props.create_arch_panel(0.36, 0.19, 0.07).translate(-side * (edge - 0.2), floor, -1.0)
    ball = -side * edge, floor + 0.26 + 0.08, -0.8
    return {
        "cone": _load_painted_mesh(
            "cone", cone.translate(side * edge, floor, -0.75), stage.colors["third"]
        ),
        "drum": _load_painted_mesh("drum", drum, stage.colors["second"]),
        "half": _load_painted_mesh("half", half, stage.colors["side"]),
        "ball": world.create_sphere(
            ball,
            0.08,
            world.create_glossy_material(stage.colors["podium"], 0.35),
        ),
    }


def _load_painted_mesh(name: str, mesh: shapes.Mesh, color: RGB) -> object:
    """Loads a mesh in matte paint of this sRGB color."""
    return world.load_mesh(name, mesh, world.create_matte_material(color))


GEOMETRIC_FAMILY = SceneFamily(
    name="geometric",
    words={
        **dict.fromkeys(("geometric", "geometry", "memphis", "arches", "archway"), 4),
        **dict.fromkeys(("arch", "stairs", "staircase", "shapes", "spheres", "cubes"), 3),
        **dict.fromkeys(("pastel", "playful", "abstract", "pastels"), 1),
        **dict.fromkeys(("solids", "cone", "cones"), 0),
    },
    camera_pitch=15.0,
    view_angle=22.0,
    ground_line=0.8,
    compositions=(
        Composition("arch", frozenset({"arch", "arches", "archway"})),
        Composition("stairs", frozenset({"stairs", "staircase"})),
        Composition("solids", frozenset({"solids", "cone", "cones", "spheres", "shapes"})),
    ),
    build_set=build_geometric_set,
)
