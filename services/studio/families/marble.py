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
    """Builds a marble table, lit from the window of a kitchen."""
    if plan.composition == "window light":
        plan = plan.with_gobo("window")
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    side = _choose_window_side(plan)
    azimuth = (side * rng.uniform(62, 80)) % 360
    key = create_key_light(plan, azimuth, rng.uniform(36, 42), 15, 0.8, 5600, glossy=True)
    edge = find_table_edge(camera, FAR_EDGE_ROW + rng.uniform(-0.02, 0.02))
    stone = create_surface_material("marble", colors, rng)
    wall, seed = colors.get("wall") or PLASTER, int(rng.integers(1000))

    def paint_room(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the kitchen behind the set: linear light, float32 RGB (h, w, 3)."""
        return paint_kitchen(size, level + WORKTOP_ABOVE_TABLE, side, wall, OAK, seed)

    boxes = ((side * 150, 30, 26, 2.2), (-side * 90, 25, 40, 0.3))
    return StudioSet(
        {
            **create_table(camera, edge, stone),
            **hang_backdrop(camera, edge, paint_room),
            **_create_marble_props(plan, edge, -side),
            **create_shadow_pattern(plan, key, (90, 90, 86)),
        },
        key,
        create_dome_light(0.3, plan.reading.light.mood, boxes),
        gloss=0.35,
        aperture=0.02,
        exposure=1.15,
    )


def _choose_window_side(plan: SetPlan) -> int:
    """Chooses the window's side, -1 left or 1 right, to match the prompt's light."""
    azimuth = plan.reading.light.azimuth
    if azimuth is None or azimuth == 180:
        return -1 if plan.composition == "window left" else 1
    return 1 if azimuth < 180 else -1


def _create_marble_props(plan: SetPlan, edge: float, side: int) -> NamedShapes:
    """Creates the composition's props; empty when the prompt excludes props.

    edge: z of the table's far edge; side: of the image, -1 left or 1 right.
    """
    if not plan.is_allowed("props"):
        return {}
    if plan.composition == "window left":
        return _create_lemon_bowl(plan, edge, side)
    return _create_vase_and_bowl(plan, edge, side)


def _create_vase_and_bowl(plan: SetPlan, edge: float, side: int) -> NamedShapes:
    """Creates a vase with twigs and a bowl at one side.

    edge: z of the table's far edge; side: of the image, -1 left or 1 right.
    """
    rng = plan.rng
    depth = max(edge + 0.22, -0.75)
    x = side * plan.side_x(depth, share=0.88)
    height = rng.uniform(0.4, 0.48)
    vase = props.create_vase(height, 0.1).translate(x, 0, depth)
    bowl = props.create_bowl(0.075, 0.1).translate(
        side * plan.side_x(depth + 0.2, share=0.93), 0, depth + 0.2
    )
    twigs = props.create_twig_bunch(5, rng).translate(x, height - 0.06, depth)
    green = world.create_matte_material((96, 116, 84))
    return {
        "vase": world.load_mesh(
            "vase",
            vase,
            world.create_glossy_material((238, 233, 224), 0.3),
        ),
        "bowl": world.load_mesh(
            "bowl",
            bowl,
            world.create_glossy_material((190, 150, 122), 0.55),
        ),
        **({"twigs": world.load_mesh("twigs", twigs, green)} if plan.is_allowed("plants") else {}),
    }


def _create_lemon_bowl(plan: SetPlan, edge: float, side: int) -> NamedShapes:
    """Creates a bowl of lemons at one side, and one lemon next to it."""
    rng, depth = plan.rng, max(edge + 0.3, -0.6)
    x = side * plan.side_x(depth, share=0.9)
    bowl = props.create_bowl(0.13, 0.19).translate(x, 0, depth)
    places = ((-0.07, 0.06, 0.03), (0.06, 0.07, 0.02), (0.0, 0.08, -0.06), (0.0, 0.13, 0.0))
    lemons = [
        _create_lemon(rng).translate(x + right, up, depth + near) for right, up, near in places
    ]
    lemons.append(_create_lemon(rng).translate(x - side * 0.2, 0, depth + 0.17))
    return {
        "bowl": world.load_mesh(
            "bowl",
            bowl,
            world.create_glossy_material((206, 200, 188), 0.35),
        ),
        "lemons": world.load_mesh(
            "lemons",
            shapes.join_meshes(lemons),
            world.create_glossy_material((236, 192, 66), 0.42),
        ),
    }


def _create_lemon(rng: np.random.Generator) -> shapes.Mesh:
    """Creates a lemon on y = 0, turned at random."""
    return props.create_pebble((0.105, 0.08, 0.08), rng).rotate(rng.uniform(0, 360))


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
