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
    """Builds arches, stairs or solids around a low podium before a seamless wall.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    light_side, azimuth = choose_key_side(plan)
    colors = _choose_tones(plan)
    floor_y, stand = create_podium(
        plan, color=colors["podium"], heights=(0.07,), square=plan.composition != "arch"
    )
    stage = SweepStage(colors, floor_y, side=-light_side)
    dressing = _create_geometric_props(plan, stage)
    return create_sweep_set(plan, stage, dressing={**stand, **dressing}, azimuth=azimuth)


def _choose_tones(plan: SetPlan) -> dict[str, RGB]:
    """Chooses sRGB colors by part of the set: wall, podium, accent, side, second and third.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    "second" is close to the wall's hue, "third" contrasts with it, "side" is between the first two.
    """
    requested = plan.reading.colors
    colors = choose_set_colors(plan)
    if not {"wall", "podium", "surface"} & set(requested):
        colors |= {"wall": BLUSH, "podium": mix_colors(BLUSH, (252, 248, 242), share=0.6)}
    second = rotate_hue(colors["wall"], degrees=SECOND_HUE_TURN)
    third = requested.get("accent") or mix_colors(
        rotate_hue(colors["wall"], degrees=THIRD_HUE_TURN), colors["wall"], share=0.25
    )
    return colors | {
        "second": second,
        "third": third,
        "side": mix_colors(colors["wall"], second, share=0.5),
    }


def _create_geometric_props(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates arches, stairs or solids, by composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "arch":
            return _create_arches(plan, stage)
        case "stairs":
            return _create_stairs(plan, stage)
    return _create_solids(plan, stage)


def _create_arches(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a tall arch behind the product, a small one at the stage's side and a ball opposite.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    floor_y, side = stage.floor, stage.side
    width = 0.62 * min(1.3, plan.camera.width_in_units)
    height = min(plan.camera.height_at_row(row=0.07, z=-1.02) - floor_y, 2.4 * width)
    tall = props.create_arch_panel(
        width, height=max(height, width / 2 + 0.05), thickness=0.07
    ).translate(x=0, y=floor_y, z=-1.02)
    small = props.create_arch_panel(width=0.3, height=0.5, thickness=0.07)
    small = small.translate(
        x=side * (plan.side_x(z=-0.75, y=floor_y, half_width_share=0.85) + 0.06), y=floor_y, z=-0.8
    )
    ball_center = (
        -side * plan.side_x(z=-0.4, y=floor_y, half_width_share=0.86),
        floor_y + 0.08,
        -0.4,
    )
    return {
        "tall": _load_painted_mesh("tall", tall, stage.colors["second"]),
        "small": _load_painted_mesh("small", small, stage.colors["third"]),
        "ball": world.create_sphere(
            center=ball_center,
            radius=0.08,
            material=world.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_stairs(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates stairs that climb out of the image, a ball on them, and an arch on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    floor_y, side, steps = stage.floor, stage.side, []
    edge_x = plan.side_x(z=-0.8, y=floor_y, half_width_share=1.0)
    # Each step is narrower and higher than the one below; all end outside the image.
    for number in range(4):
        width, height = 0.56 - 0.13 * number, 0.11
        step = props.create_plinth(width, depth=0.34, height=height, corner=0.006, fillet=0.005)
        steps.append(
            step.translate(
                x=side * (edge_x + 0.12 - width / 2), y=floor_y + height * number, z=-0.85
            )
        )
    ball_center = side * (edge_x + 0.12 - 0.5), floor_y + 0.11 + 0.055, -0.8
    arch = props.create_arch_panel(width=0.34, height=0.66, thickness=0.08)
    arch = arch.translate(
        x=-side * plan.side_x(z=-0.9, y=floor_y, half_width_share=0.86), y=floor_y, z=-1.0
    )
    return {
        "stairs": _load_painted_mesh("stairs", shapes.join_meshes(steps), stage.colors["second"]),
        "arch": _load_painted_mesh("arch", arch, stage.colors["third"]),
        "ball": world.create_sphere(
            center=ball_center,
            radius=0.055,
            material=world.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_solids(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a cone at the stage's side; a half disc and a cylinder with a ball on it opposite.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    floor_y, side = stage.floor, stage.side
    edge_x = plan.side_x(z=-0.7, y=floor_y, half_width_share=0.84)
    # (radius, height) pairs from the tip down and around to the middle of the base.
    cone = shapes.revolve_profile(
        [(1e-4, 0.36), (0.02, 0.34), (0.16, 0.012), (0.15, 0.0), (1e-4, 0.0)]
    )
    drum = props.create_round_plinth(radius=0.11, height=0.26).translate(
        x=-side * edge_x, y=floor_y, z=-0.8
    )
    half_disc = props.create_arch_panel(width=0.36, height=0.19, thickness=0.07).translate(
        x=-side * (edge_x - 0.2), y=floor_y, z=-1.0
    )
    ball_center = -side * edge_x, floor_y + 0.26 + 0.08, -0.8
    return {
        "cone": _load_painted_mesh(
            "cone", cone.translate(x=side * edge_x, y=floor_y, z=-0.75), stage.colors["third"]
        ),
        "drum": _load_painted_mesh("drum", drum, stage.colors["second"]),
        "half": _load_painted_mesh("half", half_disc, stage.colors["side"]),
        "ball": world.create_sphere(
            center=ball_center,
            radius=0.08,
            material=world.create_glossy_material(stage.colors["podium"], roughness=0.35),
        ),
    }


def _load_painted_mesh(name: str, mesh: shapes.Mesh, color: RGB) -> object:
    """Loads a mesh in matte paint of this sRGB color into Mitsuba.

    name: of the object in the scene.
    """
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
