"""Podiums: steps under the product before a sweep, with arches, stairs and simple solids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from services.imaging.scene import RGB
from services.studio import materials, props, shapes, world
from services.studio.color import brighten_color, mix_colors, relative_luminance, rotate_hue
from services.studio.places.place import Place, Scenery
from services.studio.places.studio import build_sweep, choose_wall_color
from services.studio.sets import NamedShapes, SetPlan
from services.studio.stands import fit_plinth
from services.studio.surfaces import create_podium_material

# sRGB of metal accents where the brief names no color.
GOLD: RGB = (224, 180, 112)
# Relative luminance up to which a podium is lighter than its wall by factor, not mixed with white.
DARK_PODIUM_LUMINANCE, DARK_PODIUM_FACTOR = 0.12, 2.0
# sRGB that lighter podiums are mixed with, and its share. Larger: whiter podiums.
PODIUM_WHITE: RGB = (250, 248, 244)
PODIUM_WHITE_SHARE = 0.55
# Share of the podium's color in the props at the sides. Larger: they stand out from the wall.
SIDE_PODIUM_SHARE = 0.35
# Degrees in CIE Lab from the wall's hue to the second and the third tone. Larger: more contrast.
SECOND_HUE_TURN, THIRD_HUE_TURN = 38.0, -110.0
# Units that each lower step of a podium is wider than the one above, and shifted back.
STEP_EXTRA_WIDTH, STEP_SHIFT = 0.26, 0.02
# Units: largest depth of a block that serves as podium, and radius of its corners. Deeper: more of
# the block's top is seen.
SQUARE_STEP_DEPTH, SQUARE_STEP_CORNER = 0.62, 0.03
# Heights of a podium's steps in units, uppermost first, and whether they are blocks.
PODIUMS: tuple[tuple[tuple[float, ...], bool], ...] = (
    ((0.075, 0.05), False),
    ((0.085,), False),
    ((0.085,), True),
    ((0.055, 0.05, 0.05), False),
    ((0.07,), True),
)


@dataclass(frozen=True)
class SweepStage:
    """Dressing of a sweep.

    colors: sRGB by part: wall, podium, accent, side, second and third (tones next to the wall's).
    floor: y of the floor in units.
    side: side of the image opposite the key light, where props stand (-1 left, 1 right).
    """

    colors: Mapping[str, RGB]
    floor: float
    side: int


def build_podium(plan: SetPlan, place: Place) -> Scenery:
    """Builds a podium of one or more steps before a seamless wall, with props at the sides."""
    heights, is_square = PODIUMS[plan.seed_choice(len(PODIUMS))]
    colors = choose_podium_colors(plan)
    floor, podium = _create_steps(plan, colors["podium"], heights, is_square)
    scenery = build_sweep(plan, place, floor)
    stage = SweepStage(colors, floor, side=-plan.light_side)
    dressing = _dress_podium(plan, stage)
    shown = scenery.shown | {"pedestal", "podium"}
    return replace(scenery, shapes={**scenery.shapes, **podium, **dressing}, shown=shown)


def choose_podium_colors(plan: SetPlan) -> dict[str, RGB]:
    """Chooses sRGB by part of the set, as in SweepStage: the brief's, others match the wall's."""
    requested, palette = plan.brief.colors, list(plan.brief.palette)
    wall = choose_wall_color(plan)
    others = [color for color in palette if color != wall]
    if relative_luminance(wall) > DARK_PODIUM_LUMINANCE:
        lighter = mix_colors(wall, PODIUM_WHITE, share=PODIUM_WHITE_SHARE)
    else:
        lighter = brighten_color(wall, factor=DARK_PODIUM_FACTOR)
    podium = requested.get("podium") or requested.get("surface") or (others or [lighter])[0]
    second = (others[1:] or others or [rotate_hue(wall, degrees=SECOND_HUE_TURN)])[0]
    third = (
        requested.get("accent")
        or (
            (
                others[2:]
                or [mix_colors(rotate_hue(wall, degrees=THIRD_HUE_TURN), wall, share=0.25)]
            )[0]
        )
    )
    return {
        "wall": wall,
        "podium": podium,
        "accent": requested.get("accent") or GOLD,
        "side": mix_colors(wall, podium, share=SIDE_PODIUM_SHARE),
        "second": second,
        "third": third,
    }


def _create_steps(
    plan: SetPlan, color: RGB, heights: tuple[float, ...], is_square: bool
) -> tuple[float, NamedShapes]:
    """Creates a podium of steps under the product with its top at y = 0.

    color: sRGB of the podium; heights: of the steps in units, uppermost first.
    is_square: whether they are blocks instead of discs.

    Returns the floor's y in units (minus the steps' total height) and the shapes by name.
    """
    if not plan.is_allowed("podium"):
        return 0.0, {}
    if is_square:
        outline = fit_plinth(
            plan.camera,
            max_depth=SQUARE_STEP_DEPTH,
            corner=SQUARE_STEP_CORNER,
            base=plan.product_base,
        )
    else:
        outline = fit_plinth(plan.camera, base=plan.product_base)
    floor, steps = 0.0, []
    for number, height in enumerate(heights):
        floor -= height
        step = outline.create_block(height, fillet=0.008, extra=STEP_EXTRA_WIDTH * number)
        steps.append(step.translate(y=floor, z=-STEP_SHIFT * number))
    material = create_podium_material(plan.brief, color, plan.rng)
    return floor, {"podium": world.load_mesh("podium", shapes.join_meshes(steps), material)}


def _dress_podium(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates props at the sides; empty where the brief excludes or names things itself."""
    if not plan.is_allowed("props"):
        return {}
    if plan.camera.is_overhead:
        # All others stand beyond the picture, or lean into it.
        return _create_metal_ball(plan, stage, radius=0.08)
    named = {want.name for want in plan.brief.things}
    for names, create in DRESSINGS:
        if named & names:
            return create(plan, stage)
    if named:
        return {}
    return DRESSINGS[plan.seed_choice(len(DRESSINGS))][1](plan, stage)


def _create_column_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a column on the key light's side and a metal ball on the other side.

    plan: camera, brief, side of the key light, random generator.
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
            materials.create_matte_material(stage.colors["side"]),
        ),
        **_create_metal_ball(plan, stage, radius=plan.rng.uniform(0.075, 0.1)),
    }


def _create_disc_and_ball(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a large upright disc behind the product, and a metal ball at the stage's side.

    plan: camera, brief, side of the key light, random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    radius = 0.34 * min(1.3, plan.camera.width_in_units)
    disc = props.create_round_plinth(radius, height=0.06, fillet=0.01).rotate(90, axis="x")
    disc = disc.translate(x=0, y=stage.floor + radius + 0.02, z=-1.0)
    tone = materials.create_matte_material(stage.colors["side"])
    return {
        "disc": world.load_mesh("disc", disc, tone),
        **_create_metal_ball(plan, stage, radius=0.07),
    }


def _create_blocks_and_balls(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates two blocks with a ball on the lower one, and a small metal ball on the other side.

    plan: camera, brief, side of the key light, random generator.
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
        materials.create_metal_material(stage.colors["accent"], roughness=0.16),
    )
    lacquer = materials.create_glossy_material(stage.colors["podium"], roughness=0.3)
    return {
        "blocks": world.load_mesh(
            "blocks",
            blocks,
            materials.create_matte_material(stage.colors["side"]),
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

    plan: camera, brief, side of the key light, random generator.
    stage: colors by part of the set, y of the floor, and the side where props stand (-1 left,
    1 right), opposite the key light (the main lamp).

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    x = stage.side * (plan.side_x(z=-0.35, y=stage.floor, half_width_share=0.85) + 0.01)
    metal = materials.create_metal_material(stage.colors["accent"], roughness=0.16)
    return {
        "ball": world.create_sphere(
            center=(x, stage.floor + radius, -0.35), radius=radius, material=metal
        )
    }


def _create_arches(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a tall arch behind the product, a small one at the stage's side and a ball opposite.

    plan: camera, brief, side of the key light, random generator.
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
            material=materials.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_stairs(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates stairs that climb out of the image, a ball on them, and an arch on the other side.

    plan: camera, brief, side of the key light, random generator.
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
            material=materials.create_matte_material(stage.colors["podium"]),
        ),
    }


def _create_solids(plan: SetPlan, stage: SweepStage) -> NamedShapes:
    """Creates a cone at the stage's side; a half disc and a cylinder with a ball on it opposite.

    plan: camera, brief, side of the key light, random generator.
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
            material=materials.create_glossy_material(stage.colors["podium"], roughness=0.35),
        ),
    }


def _load_painted_mesh(name: str, mesh: shapes.Mesh, color: RGB) -> object:
    """Loads a mesh in matte paint of this sRGB color into Mitsuba.

    name: of the object in the scene.
    """
    return world.load_mesh(name, mesh, materials.create_matte_material(color))


# What dresses a podium, and the things of a brief that ask for it; the seed picks where none does.
DRESSINGS: tuple[tuple[frozenset[str], Callable[[SetPlan, SweepStage], NamedShapes]], ...] = (
    (frozenset({"arch"}), _create_arches),
    (frozenset({"stairs"}), _create_stairs),
    (frozenset({"cone", "cylinder"}), _create_solids),
    (frozenset({"cube", "block"}), _create_blocks_and_balls),
    (frozenset({"pedestal"}), _create_column_and_ball),
    (frozenset({"sphere"}), _create_disc_and_ball),
)
