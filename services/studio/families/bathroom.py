"""Bathroom and spa: a stone counter before glazed tiles, towels, eucalyptus, smooth stones."""

from collections.abc import Mapping

from services.imaging.scene import RGB
from services.studio import props, shapes, textures, world
from services.studio.color import mix_colors
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import (
    create_surface_material,
    create_tile_material,
    pick_texture_placement,
)
from services.studio.walls import create_room, place_back_wall, raise_key_above_wall

# sRGB of white tiles, of green tiles, and of a spa's wall.
WHITE: RGB = (240, 240, 236)
SEA_GREEN: RGB = (128, 160, 146)
SLATE: RGB = (92, 92, 90)
# z of the wall in units, for level cameras. Nearer to 0: a shallower counter.
NEAREST_WALL = -0.85
# Shadow pattern of each composition.
GOBOS = {"spa": "leaves", "green tiles": "palm"}


def build_bathroom_set(plan: SetPlan) -> StudioSet:
    """Builds a counter in a bathroom or spa, lit from a window at one side."""
    plan = plan.with_gobo(GOBOS[plan.composition]) if plan.composition in GOBOS else plan
    rng, colors = plan.rng, plan.reading.colors
    is_spa = plan.composition == "spa"
    side = rng.choice((-1, 1))
    key = create_key_light(
        plan,
        (side * rng.uniform(48, 60)) % 360,
        38,
        14,
        0.95,
        5000 if is_spa else 5900,
        glossy=True,
    )
    depth, top = place_back_wall(plan.camera, NEAREST_WALL)
    key = raise_key_above_wall(key, depth, top)
    stone = "wood" if is_spa else "marble"
    return StudioSet(
        {
            **create_room(
                depth,
                top,
                create_surface_material(stone, _choose_counter_colors(colors, is_spa), rng),
                _create_bathroom_wall(plan),
            ),
            **_create_bathroom_props(plan, -side),
            **create_shadow_pattern(plan, key, wall=True),
        },
        key,
        create_dome_light(
            0.25, plan.reading.light.mood, ((side * 110, 30, 26, 2.0), (-side * 90, 30, 30, 1))
        ),
        gloss=0.12 if is_spa else 0.3,
        aperture=0.014,
        exposure=1.08,
    )


def _choose_counter_colors(colors: Mapping[str, RGB], is_spa: bool) -> dict[str, RGB]:
    """Chooses the counter's colors: the prompt's, else dark oak in a spa, else none."""
    requested = {"surface": colors["surface"]} if "surface" in colors else {}
    return requested or ({"surface": (150, 106, 70)} if is_spa else {})


def _create_bathroom_wall(plan: SetPlan) -> world.Material:
    """Creates the wall's material: concrete in a spa, else glazed tiles."""
    color = plan.reading.colors.get("wall")
    match plan.composition:
        case "spa":
            return create_surface_material("concrete", {}, plan.rng, color or SLATE)
        case "green tiles":
            return create_tile_material(
                pick_texture_placement(plan.rng),
                color or SEA_GREEN,
                12,
                6,
                mix_colors(color or SEA_GREEN, WHITE, 0.7),
            )
    return create_tile_material(pick_texture_placement(plan.rng), color or WHITE)


def _create_bathroom_props(plan: SetPlan, side: int) -> NamedShapes:
    """Creates the composition's props at one side; empty when the prompt excludes props.

    side: of the image, -1 left or 1 right.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "spa":
            return _create_stacked_stones(plan, side)
        case "green tiles":
            return _create_soap_dish(plan, side)
    return _create_towels(plan, side)


def _create_towels(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a pile of folded towels, and a vase of eucalyptus on the other side."""
    rng, z = plan.rng, -0.52
    x = side * plan.side_x(z, share=0.76)
    pile, level = [], 0.0
    for width in (0.34, 0.32, 0.27):
        height = rng.uniform(0.05, 0.06)
        fold = props.create_plinth(width, 0.24, height, 0.04, height * 0.45)
        pile.append(fold.rotate(side * rng.uniform(8, 16)).translate(x + side * 0.06, level, z))
        level += height
    tooth = world.create_texture(textures.draw_paper_tooth(0))
    terry = world.add_relief(world.create_matte_material((236, 228, 216)), tooth, 0.004)
    return {
        "towels": world.load_mesh("towels", shapes.join_meshes(pile), terry),
        **_create_eucalyptus(plan, -side),
    }


def _create_eucalyptus(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a glazed vase with twigs; empty when the prompt excludes plants."""
    if not plan.is_allowed("plants"):
        return {}
    rng, z = plan.rng, -0.55
    x, height = side * plan.side_x(z, share=0.92), rng.uniform(0.28, 0.34)
    twigs = props.create_twig_bunch(6, rng).translate(x, height - 0.05, z)
    glaze = world.create_glossy_material((222, 216, 204), 0.3)
    return {
        "vase": world.load_mesh("vase", props.create_vase(height, 0.09).translate(x, 0, z), glaze),
        "twigs": world.load_mesh("twigs", twigs, world.create_matte_material((122, 146, 126))),
    }


def _create_stacked_stones(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a stack of smooth stones, one next to it, and eucalyptus on the other side."""
    rng, z, level = plan.rng, -0.42, 0.0
    x = side * plan.side_x(z, share=0.86)
    stones = []
    for width in (0.24, 0.19, 0.14, 0.09):
        height = width * rng.uniform(0.36, 0.44)
        stone = props.create_pebble((width, height, 0.85 * width), rng).rotate(rng.uniform(0, 360))
        stones.append(stone.translate(x + rng.uniform(-0.008, 0.008), level - 0.006, z))
        level += height * 0.94
    single_stone = props.create_pebble((0.13, 0.055, 0.11), rng).translate(
        x - side * 0.19, 0, z + 0.16
    )
    basalt = world.create_glossy_material((62, 62, 63), 0.42, 0.4)
    return {
        "stones": world.load_mesh("stones", shapes.join_meshes([*stones, single_stone]), basalt),
        **_create_eucalyptus(plan, -side),
    }


def _create_soap_dish(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a dish with soap, and a vase of eucalyptus on the other side."""
    z = -0.3
    x = side * plan.side_x(z, share=0.88)
    dish = props.create_dish(0.12).translate(x, 0, z)
    soap = (
        props.create_plinth(0.13, 0.085, 0.04, 0.03, 0.014).rotate(side * 20).translate(x, 0.014, z)
    )
    return {
        "dish": world.load_mesh(
            "dish",
            dish,
            world.create_glossy_material((228, 222, 212), 0.3),
        ),
        "soap": world.load_mesh(
            "soap",
            soap,
            world.create_glossy_material((226, 206, 178), 0.5, 0.3),
        ),
        **_create_eucalyptus(plan, -side),
    }


BATHROOM_FAMILY = SceneFamily(
    name="bathroom",
    words={
        **dict.fromkeys(("bathroom", "spa", "sauna", "bathtub", "washbasin", "vanity"), 4),
        **dict.fromkeys(("tiles", "tile", "tiled", "towel", "towels", "zen", "wellness"), 3),
        **dict.fromkeys(("eucalyptus", "shower", "hot stones", "bamboo", "massage"), 2),
        **dict.fromkeys(("skincare", "soap", "self care"), 0),
    },
    camera_pitch=12.0,
    view_angle=24.0,
    ground_line=0.81,
    compositions=(
        Composition("white tiles", frozenset({"towel", "towels", "white tiles"})),
        Composition(
            "spa", frozenset({"spa", "sauna", "zen", "hot stones", "bamboo", "massage", "wellness"})
        ),
        Composition("green tiles", frozenset({"green tiles", "soap"})),
    ),
    build_set=build_bathroom_set,
    flat_lay_material="tile",
)
