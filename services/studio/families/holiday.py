"""Holiday: a table before the lights of a tree, with baubles, fir and gifts."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.lights import paint_tree_lights
from services.studio.color import mix_colors
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_surface_material
from services.studio.tables import create_table, find_table_edge, hang_backdrop
from services.studio.terrain import mesh_from_grid

# Row, as a share of the height, of the table's far edge in a level view. Larger: less table.
FAR_EDGE_ROW = 0.58
# sRGB of the dim room, of baubles and gift paper, of gold, and of the table.
ROOM_COLOR: RGB = (40, 20, 18)
RED: RGB = (168, 26, 30)
GOLD: RGB = (226, 178, 104)
TABLE_WOOD: RGB = (128, 84, 54)


def build_holiday_set(plan: SetPlan) -> StudioSet:
    """Builds a wooden table in the evening before painted tree lights, with festive props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    main_color, accent_color = colors.get("wall") or RED, colors.get("accent") or GOLD
    azimuth = (light_side * rng.uniform(50, 70)) % 360
    key = create_key_light(
        plan, azimuth, elevation=40, angle=12, strength=0.72, kelvin=4300, glossy=True
    )
    edge_z = find_table_edge(camera, row=FAR_EDGE_ROW + rng.uniform(-0.02, 0.02))
    seed = int(rng.integers(1000))
    dark = mix_colors(ROOM_COLOR, mix_colors((0, 0, 0), main_color, share=0.3), share=0.4)

    def paint_lights(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the lights behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        return paint_tree_lights(
            size, level, dark, tints=((255, 196, 110), (255, 170, 80), (255, 96, 60)), seed=seed
        )

    board = create_surface_material(
        "wood", colors={"surface": colors.get("surface") or TABLE_WOOD}, rng=rng
    )
    return StudioSet(
        shapes={
            **create_table(camera, edge_z, board),
            **hang_backdrop(camera, edge_z, paint_lights),
            **_create_holiday_props(plan, main_color, accent_color, side=-light_side),
            **create_shadow_pattern(plan, key),
        },
        key=key,
        dome=create_dome_light(
            level=0.13,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((180, 30, 30, 3.0), (-light_side * 90, 25, 20, 3.0)),
            kelvin=4600,
        ),
        gloss=0.14,
        aperture=0.02,
        exposure=1.3,
    )


def _create_holiday_props(
    plan: SetPlan, main_color: RGB, accent_color: RGB, side: int
) -> NamedShapes:
    """Creates baubles, gifts or fir branches, by composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    main_color, accent_color: sRGB of baubles and gift paper, and of metal and ribbon.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "baubles":
            return _create_baubles(plan, main_color, accent_color, side)
        case "gifts":
            return _create_gifts(plan, main_color, accent_color, side)
    return {**_create_fir_branches(plan, side), **_create_golden_balls(plan, side=-side)}


def _create_baubles(plan: SetPlan, main_color: RGB, accent_color: RGB, side: int) -> NamedShapes:
    """Creates one lacquered and two metal tree balls on fir branches, golden balls opposite.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    main_color, accent_color: sRGB of the lacquered ball and of the metal ones.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    baubles: dict[str, object] = {**_create_fir_branches(plan, side)}
    gold = world.create_metal_material(accent_color, roughness=0.12)
    red = world.create_lacquer_material(main_color)
    # Each ball: x as a share of half the view's width, z, radius, material.
    places = ((0.92, -0.3, 0.085, red), (0.72, -0.42, 0.06, gold), (1.0, -0.08, 0.05, gold))
    for number, (share, z, radius, finish) in enumerate(places):
        x = side * share * plan.camera.half_width_at_depth(z)
        baubles[f"bauble-{number}"] = world.create_sphere(
            center=(x, radius, z), radius=radius, material=finish
        )
    return {**baubles, **_create_golden_balls(plan, side=-side)}


def _create_gifts(plan: SetPlan, main_color: RGB, accent_color: RGB, side: int) -> NamedShapes:
    """Creates two wrapped boxes with ribbons and bows, and golden balls on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    main_color, accent_color: sRGB of the paper and of the ribbon.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    z, paper, ribbon = -0.5, [], []
    x = side * plan.side_x(z, half_width_share=0.86)
    # Each box: width, height, offset of its center outward and toward the camera, degrees turned.
    for width, height, outward, near, turn in (
        (0.34, 0.24, 0.03, 0.0, 18),
        (0.2, 0.14, -0.2, 0.24, -14),
    ):
        place = {"x": x + side * outward, "z": z + near}
        turn = side * turn
        paper.append(
            props.create_plinth(width, depth=width, height=height, corner=0.006, fillet=0.004)
            .rotate(turn, axis="y")
            .translate(**place)
        )
        # Two crossing bands of ribbon, slightly larger than the box.
        for wide, deep in ((width + 0.004, 0.045), (0.045, width + 0.004)):
            band = props.create_plinth(
                width=wide, depth=deep, height=height + 0.002, corner=0.002, fillet=0.002
            ).rotate(turn, axis="y")
            ribbon.append(band.translate(**place))
        ribbon.append(
            _create_bow(size=0.05 + 0.12 * width)
            .rotate(turn, axis="y")
            .translate(y=height, **place)
        )
    return {
        "gifts": world.load_mesh(
            "gifts",
            shapes.join_meshes(paper),
            world.create_glossy_material(main_color, roughness=0.5),
        ),
        "ribbon": world.load_mesh(
            "ribbon",
            shapes.join_meshes(ribbon),
            world.create_satin_material(accent_color),
        ),
        **_create_golden_balls(plan, side=-side),
    }


def _create_bow(size: float) -> shapes.Mesh:
    """Creates a bow of four ribbon loops that stands on y = 0, around x = z = 0.

    size: half of a loop's length in units.
    """
    # An ellipse in x and y, drawn out along z into a ribbon.
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    loop = np.column_stack(
        [np.cos(angle) * size + size * 0.9, np.sin(angle) * size * 0.55 + size / 2]
    )
    rows = []
    for across in np.linspace(-0.02, 0.02, 3):
        closed = np.vstack([loop, loop[:1]])
        rows.append(np.column_stack([closed[:, 0], closed[:, 1], np.full(len(closed), across)]))
    points = np.array(rows)
    ribbon_loop = mesh_from_grid(points, uv=points[..., :2])
    return shapes.join_meshes([ribbon_loop.rotate(turn, axis="y") for turn in (20, 110, 200, 290)])


def _create_fir_branches(plan: SetPlan, side: int) -> NamedShapes:
    """Creates six fir branches that reach in from one side; empty when the prompt excludes plants.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: half of the image that they reach in from, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("plants"):
        return {}
    rng, twigs = plan.rng, []
    for number in range(6):
        z = -0.1 - 0.12 * number
        twig = props.create_fir_branch(length=rng.uniform(0.4, 0.55), rng=rng).rotate(
            rng.uniform(-10, 4), axis="x"
        )
        turn = -side * rng.uniform(60, 120)
        twigs.append(
            twig.rotate(turn, axis="y").translate(
                x=side * (plan.side_x(z, half_width_share=1.0) + 0.12), y=0.04, z=z
            )
        )
    green = world.create_matte_material(color=(66, 98, 62))
    return {"fir": world.load_mesh("fir", shapes.join_meshes(twigs), green)}


def _create_golden_balls(plan: SetPlan, side: int) -> NamedShapes:
    """Creates two golden balls on the table, near the image's edge.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    gold = world.create_metal_material(GOLD, roughness=0.2)
    x = side * plan.side_x(z=-0.3, half_width_share=0.9)
    return {
        "one": world.create_sphere(center=(x, 0.06, -0.3), radius=0.06, material=gold),
        "two": world.create_sphere(
            center=(x - side * 0.09, 0.032, -0.18), radius=0.032, material=gold
        ),
    }


HOLIDAY_FAMILY = SceneFamily(
    name="holiday",
    words={
        **dict.fromkeys(("christmas", "xmas", "festive", "new year's", "advent", "hanukkah"), 5),
        **dict.fromkeys(("holiday", "baubles", "ornaments", "fairy lights", "garland"), 4),
        **dict.fromkeys(("gift", "gifts", "party", "confetti", "celebration", "fireworks"), 3),
        **dict.fromkeys(("fir branches", "diwali", "lights", "bokeh lights"), 2),
        **dict.fromkeys(("bokeh", "candlelight", "cosy"), 1),
    },
    camera_pitch=11.0,
    view_angle=28.0,
    ground_line=0.81,
    compositions=(
        Composition("baubles", frozenset({"baubles", "ornaments"})),
        Composition("gifts", frozenset({"gift", "gifts"})),
        Composition("fir", frozenset({"fir branches", "garland", "fir"})),
    ),
    build_set=build_holiday_set,
    flat_lay_material="wood",
    flat_lay_colors={"surface": TABLE_WOOD},
)
