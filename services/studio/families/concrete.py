"""Concrete: a bare room of cast concrete with window light on its wall."""

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.stands import fit_plinth
from services.studio.surfaces import create_surface_material
from services.studio.walls import create_room, place_back_wall, raise_key_above_wall

# sRGB of floor and wall.
GRAY: RGB = (178, 173, 166)
# sRGB of dry grass.
STRAW: RGB = (206, 178, 136)
# z of the wall in units, for level cameras. Nearer to 0: a shallower room.
NEAREST_WALL = -1.0
# Shadow pattern of each composition.
GOBOS = {"window": "window", "slab": "blinds", "pampas": "leaves"}


def build_concrete_set(plan: SetPlan) -> StudioSet:
    """Builds a room of concrete with a pattern of sun on its wall."""
    plan = plan.with_gobo(GOBOS[plan.composition])
    rng, colors = plan.rng, plan.reading.colors
    side = rng.choice((-1, 1))
    key = create_key_light(
        plan, (side * rng.uniform(46, 58)) % 360, rng.uniform(33, 38), 8, 1.25, 5000
    )
    floor, slab = _create_slab(plan)
    depth, top = place_back_wall(plan.camera, NEAREST_WALL, floor)
    key = raise_key_above_wall(key, depth, top)
    ground = create_surface_material("concrete", colors, rng, GRAY)
    wall = create_surface_material(
        "concrete", {}, rng, colors.get("wall") or colors.get("surface") or GRAY
    )
    return StudioSet(
        {
            **create_room(depth, top, ground, wall, floor),
            **slab,
            **_create_concrete_props(plan, floor, -side),
            **create_shadow_pattern(plan, key, (96, 92, 88), wall=True),
        },
        key,
        create_dome_light(0.26, plan.reading.light.mood, ((side * 60, 40, 30, 1.2),), kelvin=7000),
        gloss=0.08,
        aperture=0.012,
        exposure=1.3,
    )


def _create_slab(plan: SetPlan) -> tuple[float, NamedShapes]:
    """Creates a slab with its top at y = 0 where the composition has one.

    Returns the floor's y and the slab.
    """
    if plan.composition != "slab" or not plan.is_allowed("podium"):
        return 0.0, {}
    height = 0.1
    block = (
        fit_plinth(plan.camera, 0.88, 0.7, corner=0.012)
        .create_block(height, 0.006)
        .translate(y=-height)
    )
    stone = create_surface_material("concrete", plan.reading.colors, plan.rng, (196, 192, 186))
    return -height, {"slab": world.load_mesh("slab", block, stone)}


def _create_concrete_props(plan: SetPlan, floor: float, side: int) -> NamedShapes:
    """Creates the composition's props at one side; empty when the prompt excludes props.

    floor: its y; side: of the image, -1 left or 1 right.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "window":
            return _create_bench(plan, floor, side)
        case "pampas":
            return _create_pampas_grass(plan, floor, side)
    return {}


def _create_bench(plan: SetPlan, floor: float, side: int) -> NamedShapes:
    """Creates two concrete blocks at one side."""
    stone = create_surface_material("concrete", {}, plan.rng, (150, 146, 141))
    edge = plan.side_x(-0.6, floor, 0.9)
    high = props.create_plinth(0.26, 0.3, 0.44, 0.008, 0.006).translate(
        side * (edge + 0.05), floor, -0.72
    )
    low = props.create_plinth(0.24, 0.26, 0.2, 0.008, 0.006).translate(
        side * (edge - 0.06), floor, -0.42
    )
    return {"bench": world.load_mesh("bench", shapes.join_meshes([high, low]), stone)}


def _create_pampas_grass(plan: SetPlan, floor: float, side: int) -> NamedShapes:
    """Creates a dark vase with dry grass at one side."""
    rng, depth = plan.rng, -0.62
    x, height = side * plan.side_x(depth, floor, 0.9), rng.uniform(0.34, 0.4)
    grass = shapes.join_meshes(
        [
            props.create_palm_frond(rng.uniform(0.4, 0.6), rng, pairs=46)
            .scale_flat(x=0.3)
            .rotate(-90 + rng.uniform(-4, 4), "x")
            .rotate(rng.uniform(-24, 24), "z")
            .rotate(rng.uniform(0, 360))
            for _ in range(6)
        ]
    ).translate(x, floor + height - 0.05, depth)
    vase = props.create_vase(height, 0.105).translate(x, floor, depth)
    return {
        "vase": world.load_mesh(
            "vase",
            vase,
            world.create_glossy_material((58, 55, 53), 0.6, 0.3),
        ),
        "grass": world.load_mesh("grass", grass, world.create_matte_material(STRAW)),
    }


CONCRETE_FAMILY = SceneFamily(
    name="concrete",
    words={
        **dict.fromkeys(("concrete", "microcement", "cement", "brutalist"), 4),
        **dict.fromkeys(("loft", "industrial", "bunker", "plaster", "stucco", "limewash"), 3),
        **dict.fromkeys(("window light", "venetian", "blinds", "shutters", "urban"), 2),
        **dict.fromkeys(("slab", "pampas", "raw"), 1),
    },
    camera_pitch=12.0,
    view_angle=24.0,
    ground_line=0.81,
    compositions=(
        Composition("window", frozenset({"window", "windows"})),
        Composition("slab", frozenset({"slab", "podium", "plinth", "blinds", "shutters"})),
        Composition("pampas", frozenset({"pampas", "plants", "dried", "leaf", "leaves"})),
    ),
    build_set=build_concrete_set,
    flat_lay_material="concrete",
)
