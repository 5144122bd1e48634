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
    """Builds a room of concrete with a pattern of sun on its wall.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    plan = plan.with_gobo(GOBOS[plan.composition])
    rng, colors = plan.rng, plan.reading.colors
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    key = create_key_light(
        plan,
        azimuth=(light_side * rng.uniform(46, 58)) % 360,
        elevation=rng.uniform(33, 38),
        angle=8,
        strength=1.25,
        kelvin=5000,
    )
    floor_y, slab = _create_slab(plan)
    wall_z, wall_top = place_back_wall(plan.camera, nearest_z=NEAREST_WALL, floor_y=floor_y)
    key = raise_key_above_wall(key, wall_z=wall_z, wall_top=wall_top)
    ground = create_surface_material("concrete", colors, rng, color=GRAY)
    wall = create_surface_material(
        "concrete", colors={}, rng=rng, color=colors.get("wall") or colors.get("surface") or GRAY
    )
    return StudioSet(
        shapes={
            **create_room(
                wall_z=wall_z, wall_top=wall_top, ground=ground, wall=wall, floor_y=floor_y
            ),
            **slab,
            **_create_concrete_props(plan, floor_y=floor_y, side=-light_side),
            **create_shadow_pattern(plan, key, color=(96, 92, 88), wall=True),
        },
        key=key,
        dome=create_dome_light(
            level=0.26,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 60, 40, 30, 1.2),),
            kelvin=7000,
        ),
        gloss=0.08,
        aperture=0.012,
        exposure=1.3,
    )


def _create_slab(plan: SetPlan) -> tuple[float, NamedShapes]:
    """Creates a low concrete block under the product, its top at y = 0, in the composition "slab".

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns the floor's y in units (minus the slab's height) and the shapes by name; 0 and no shapes
    in other compositions or when the prompt excludes a podium.
    """
    if plan.composition != "slab" or not plan.is_allowed("podium"):
        return 0.0, {}
    height = 0.1
    block = (
        fit_plinth(plan.camera, width_share=0.88, max_depth=0.7, corner=0.012)
        .create_block(height, fillet=0.006)
        .translate(y=-height)
    )
    stone = create_surface_material(
        "concrete", colors=plan.reading.colors, rng=plan.rng, color=(196, 192, 186)
    )
    return -height, {"slab": world.load_mesh("slab", block, stone)}


def _create_concrete_props(plan: SetPlan, floor_y: float, side: int) -> NamedShapes:
    """Creates a bench or a vase of grass, by composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    floor_y: y of the floor in units, 0 or below; the product stands at y = 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "window":
            return _create_bench(plan, floor_y=floor_y, side=side)
        case "pampas":
            return _create_pampas_grass(plan, floor_y=floor_y, side=side)
    return {}


def _create_bench(plan: SetPlan, floor_y: float, side: int) -> NamedShapes:
    """Creates a bench of two concrete blocks, the higher one behind the lower one.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    floor_y: y of the floor in units, 0 or below; the product stands at y = 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    stone = create_surface_material("concrete", colors={}, rng=plan.rng, color=(150, 146, 141))
    edge_x = plan.side_x(z=-0.6, y=floor_y, half_width_share=0.9)
    high = props.create_plinth(
        width=0.26, depth=0.3, height=0.44, corner=0.008, fillet=0.006
    ).translate(x=side * (edge_x + 0.05), y=floor_y, z=-0.72)
    low = props.create_plinth(
        width=0.24, depth=0.26, height=0.2, corner=0.008, fillet=0.006
    ).translate(x=side * (edge_x - 0.06), y=floor_y, z=-0.42)
    return {"bench": world.load_mesh("bench", shapes.join_meshes([high, low]), stone)}


def _create_pampas_grass(plan: SetPlan, floor_y: float, side: int) -> NamedShapes:
    """Creates a dark vase with six plumes of dry grass.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    floor_y: y of the floor in units, 0 or below; the product stands at y = 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, z = plan.rng, -0.62
    x, height = side * plan.side_x(z=z, y=floor_y, half_width_share=0.9), rng.uniform(0.34, 0.4)
    grass = shapes.join_meshes(
        [
            # A narrow frond that lay along z, stood up, leaned and turned.
            props.create_palm_frond(length=rng.uniform(0.4, 0.6), rng=rng, pairs=46)
            .scale_flat(x=0.3)
            .rotate(-90 + rng.uniform(-4, 4), axis="x")
            .rotate(rng.uniform(-24, 24), axis="z")
            .rotate(rng.uniform(0, 360), axis="y")
            for _ in range(6)
        ]
    ).translate(x, y=floor_y + height - 0.05, z=z)
    vase = props.create_vase(height, girth=0.105).translate(x, y=floor_y, z=z)
    return {
        "vase": world.load_mesh(
            "vase",
            vase,
            world.create_glossy_material(color=(58, 55, 53), roughness=0.6, specular=0.3),
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
