"""Marble table: polished stone before a bright kitchen that is out of focus."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.kitchen import paint_kitchen
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_surface_material
from services.studio.tables import create_table, find_table_edge, hang_backdrop

# Row, as a share of the height, of the table's far edge in a level view. Larger: less table.
FAR_EDGE_ROW = 0.6
# sRGB of the kitchen's wall and of its shelves.
PLASTER: RGB = (234, 229, 220)
OAK: RGB = (170, 122, 80)
# Units that the painted worktop is above the table's far edge. Larger: less of the room shows.
WORKTOP_ABOVE_TABLE = 0.1


def build_marble_set(plan: SetPlan) -> StudioSet:
    """Builds a marble table before a painted kitchen, lit from the kitchen's window.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    if plan.composition == "window light":
        plan = plan.with_gobo("window")
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    light_side = _choose_window_side(plan)
    azimuth = (light_side * rng.uniform(62, 80)) % 360
    key = create_key_light(
        plan,
        azimuth,
        elevation=rng.uniform(36, 42),
        angle=15,
        strength=0.8,
        kelvin=5600,
        glossy=True,
    )
    edge_z = find_table_edge(camera, row=FAR_EDGE_ROW + rng.uniform(-0.02, 0.02))
    stone = create_surface_material("marble", colors, rng)
    wall, seed = colors.get("wall") or PLASTER, int(rng.integers(1000))

    def paint_room(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the kitchen behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        return paint_kitchen(
            size,
            counter=level + WORKTOP_ABOVE_TABLE,
            side=light_side,
            wall=wall,
            wood=OAK,
            seed=seed,
        )

    # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
    boxes = ((light_side * 150, 30, 26, 2.2), (-light_side * 90, 25, 40, 0.3))
    return StudioSet(
        shapes={
            **create_table(camera, edge_z, stone),
            **hang_backdrop(camera, edge_z, paint_room),
            **_create_marble_props(plan, edge_z=edge_z, side=-light_side),
            **create_shadow_pattern(plan, key, color=(90, 90, 86)),
        },
        key=key,
        dome=create_dome_light(level=0.3, mood=plan.reading.light.mood, boxes=boxes),
        gloss=0.35,
        aperture=0.02,
        exposure=1.15,
    )


def _choose_window_side(plan: SetPlan) -> int:
    """Chooses the window's side, -1 left or 1 right: the prompt's, else the composition's.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    """
    azimuth = plan.reading.light.azimuth
    if azimuth is None or azimuth == 180:
        return -1 if plan.composition == "window left" else 1
    return 1 if azimuth < 180 else -1


def _create_marble_props(plan: SetPlan, edge_z: float, side: int) -> NamedShapes:
    """Creates a bowl of lemons or a vase and a bowl; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the table's far edge in units, below 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    if plan.composition == "window left":
        return _create_lemon_bowl(plan, edge_z=edge_z, side=side)
    return _create_vase_and_bowl(plan, edge_z=edge_z, side=side)


def _create_vase_and_bowl(plan: SetPlan, edge_z: float, side: int) -> NamedShapes:
    """Creates a vase and a bowl before it, with twigs unless the prompt excludes plants.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the table's far edge in units, below 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng = plan.rng
    z = max(edge_z + 0.22, -0.75)
    x = side * plan.side_x(z=z, half_width_share=0.88)
    height = rng.uniform(0.4, 0.48)
    vase = props.create_vase(height, girth=0.1).translate(x, y=0, z=z)
    bowl = props.create_bowl(height=0.075, girth=0.1).translate(
        x=side * plan.side_x(z=z + 0.2, half_width_share=0.93), y=0, z=z + 0.2
    )
    twigs = props.create_twig_bunch(count=5, rng=rng).translate(x, y=height - 0.06, z=z)
    green = world.create_matte_material(color=(96, 116, 84))
    return {
        "vase": world.load_mesh(
            "vase",
            vase,
            world.create_glossy_material(color=(238, 233, 224), roughness=0.3),
        ),
        "bowl": world.load_mesh(
            "bowl",
            bowl,
            world.create_glossy_material(color=(190, 150, 122), roughness=0.55),
        ),
        **({"twigs": world.load_mesh("twigs", twigs, green)} if plan.is_allowed("plants") else {}),
    }


def _create_lemon_bowl(plan: SetPlan, edge_z: float, side: int) -> NamedShapes:
    """Creates a bowl of lemons at one side, and one lemon next to it.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the table's far edge in units, below 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, z = plan.rng, max(edge_z + 0.3, -0.6)
    x = side * plan.side_x(z=z, half_width_share=0.9)
    bowl = props.create_bowl(height=0.13, girth=0.19).translate(x, y=0, z=z)
    # Each lemon's place in the bowl, in units from its foot: right, up, toward the camera.
    places = ((-0.07, 0.06, 0.03), (0.06, 0.07, 0.02), (0.0, 0.08, -0.06), (0.0, 0.13, 0.0))
    lemons = [
        _create_lemon(rng).translate(x=x + right, y=up, z=z + near) for right, up, near in places
    ]
    lemons.append(_create_lemon(rng).translate(x=x - side * 0.2, y=0, z=z + 0.17))
    return {
        "bowl": world.load_mesh(
            "bowl",
            bowl,
            world.create_glossy_material(color=(206, 200, 188), roughness=0.35),
        ),
        "lemons": world.load_mesh(
            "lemons",
            shapes.join_meshes(lemons),
            world.create_glossy_material(color=(236, 192, 66), roughness=0.42),
        ),
    }


def _create_lemon(rng: np.random.Generator) -> shapes.Mesh:
    """Creates a lemon on y = 0, turned at random."""
    return props.create_pebble(size=(0.105, 0.08, 0.08), rng=rng).rotate(
        rng.uniform(0, 360), axis="y"
    )


MARBLE_FAMILY = SceneFamily(
    name="marble",
    words={
        **dict.fromkeys(("marble", "carrara", "calacatta", "kitchen"), 3),
        **dict.fromkeys(("counter", "countertop", "worktop", "bathroom", "breakfast"), 2),
        **dict.fromkeys(("table", "tabletop", "cafe"), 1),
    },
    camera_pitch=13.0,
    view_angle=30.0,
    ground_line=0.81,
    compositions=(
        Composition("window right"),
        Composition("window left"),
        Composition("window light", frozenset({"window", "windows"})),
    ),
    build_set=build_marble_set,
    flat_lay_material="marble",
)
