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
    """Builds a counter before tiles, or before concrete in a spa, lit from a window at one side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    plan = plan.with_gobo(GOBOS[plan.composition]) if plan.composition in GOBOS else plan
    rng, colors = plan.rng, plan.reading.colors
    is_spa = plan.composition == "spa"
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    key = create_key_light(
        plan,
        azimuth=(light_side * rng.uniform(48, 60)) % 360,
        elevation=38,
        angle=14,
        strength=0.95,
        kelvin=5000 if is_spa else 5900,
        glossy=True,
    )
    wall_z, wall_top = place_back_wall(plan.camera, nearest_z=NEAREST_WALL)
    key = raise_key_above_wall(key, wall_z=wall_z, wall_top=wall_top)
    counter_material = "wood" if is_spa else "marble"
    return StudioSet(
        shapes={
            **create_room(
                wall_z=wall_z,
                wall_top=wall_top,
                ground=create_surface_material(
                    counter_material, colors=_choose_counter_colors(colors, is_spa), rng=rng
                ),
                wall=_create_bathroom_wall(plan),
            ),
            **_create_bathroom_props(plan, side=-light_side),
            **create_shadow_pattern(plan, key, wall=True),
        },
        key=key,
        dome=create_dome_light(
            level=0.25,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 110, 30, 26, 2.0), (-light_side * 90, 30, 30, 1)),
        ),
        gloss=0.12 if is_spa else 0.3,
        aperture=0.014,
        exposure=1.08,
    )


def _choose_counter_colors(colors: Mapping[str, RGB], is_spa: bool) -> dict[str, RGB]:
    """Chooses sRGB by part of the counter: the prompt's "surface", else dark oak in a spa.

    colors: the prompt's sRGB by part of the set.
    is_spa: whether the counter is the wooden one of a spa.

    Empty where the material's usual color is right.
    """
    requested = {"surface": colors["surface"]} if "surface" in colors else {}
    return requested or ({"surface": (150, 106, 70)} if is_spa else {})


def _create_bathroom_wall(plan: SetPlan) -> world.Material:
    """Creates the wall's material: concrete in a spa, else green or white glazed tiles.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    """
    color = plan.reading.colors.get("wall")
    match plan.composition:
        case "spa":
            return create_surface_material(
                "concrete", colors={}, rng=plan.rng, color=color or SLATE
            )
        case "green tiles":
            return create_tile_material(
                pick_texture_placement(plan.rng),
                color=color or SEA_GREEN,
                across=12,
                down=6,
                grout=mix_colors(color or SEA_GREEN, WHITE, share=0.7),
            )
    return create_tile_material(pick_texture_placement(plan.rng), color=color or WHITE)


def _create_bathroom_props(plan: SetPlan, side: int) -> NamedShapes:
    """Creates stones, soap or towels, by composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
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
    """Creates a pile of three folded towels, and a vase of eucalyptus on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, z = plan.rng, -0.52
    x = side * plan.side_x(z, half_width_share=0.76)
    pile, level = [], 0.0
    # Widths of the folded towels, lowest first.
    for width in (0.34, 0.32, 0.27):
        height = rng.uniform(0.05, 0.06)
        fold = props.create_plinth(
            width, depth=0.24, height=height, corner=0.04, fillet=height * 0.45
        )
        pile.append(
            fold.rotate(side * rng.uniform(8, 16), axis="y").translate(
                x=x + side * 0.06, y=level, z=z
            )
        )
        level += height
    tooth = world.create_texture(textures.draw_paper_tooth(0))
    terry = world.add_relief(
        world.create_matte_material(color=(236, 228, 216)), heights=tooth, depth=0.004
    )
    return {
        "towels": world.load_mesh("towels", shapes.join_meshes(pile), terry),
        **_create_eucalyptus(plan, side=-side),
    }


def _create_eucalyptus(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a glazed vase with twigs of eucalyptus; empty when the prompt excludes plants.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("plants"):
        return {}
    rng, z = plan.rng, -0.55
    x, height = side * plan.side_x(z, half_width_share=0.92), rng.uniform(0.28, 0.34)
    twigs = props.create_twig_bunch(count=6, rng=rng).translate(x, y=height - 0.05, z=z)
    glaze = world.create_glossy_material(color=(222, 216, 204), roughness=0.3)
    return {
        "vase": world.load_mesh(
            "vase", props.create_vase(height, girth=0.09).translate(x, y=0, z=z), glaze
        ),
        "twigs": world.load_mesh(
            "twigs", twigs, world.create_matte_material(color=(122, 146, 126))
        ),
    }


def _create_stacked_stones(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a stack of smooth stones, one next to it, and eucalyptus on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, z, level = plan.rng, -0.42, 0.0
    x = side * plan.side_x(z, half_width_share=0.86)
    stones = []
    # Widths of the stones, lowest first.
    for width in (0.24, 0.19, 0.14, 0.09):
        height = width * rng.uniform(0.36, 0.44)
        stone = props.create_pebble(size=(width, height, 0.85 * width), rng=rng).rotate(
            rng.uniform(0, 360), axis="y"
        )
        stones.append(stone.translate(x=x + rng.uniform(-0.008, 0.008), y=level - 0.006, z=z))
        level += height * 0.94
    single_stone = props.create_pebble(size=(0.13, 0.055, 0.11), rng=rng).translate(
        x=x - side * 0.19, y=0, z=z + 0.16
    )
    basalt = world.create_glossy_material(color=(62, 62, 63), roughness=0.42, specular=0.4)
    return {
        "stones": world.load_mesh("stones", shapes.join_meshes([*stones, single_stone]), basalt),
        **_create_eucalyptus(plan, side=-side),
    }


def _create_soap_dish(plan: SetPlan, side: int) -> NamedShapes:
    """Creates a dish with soap, and a vase of eucalyptus on the other side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    z = -0.3
    x = side * plan.side_x(z, half_width_share=0.88)
    dish = props.create_dish(radius=0.12).translate(x, y=0, z=z)
    soap = (
        props.create_plinth(width=0.13, depth=0.085, height=0.04, corner=0.03, fillet=0.014)
        .rotate(side * 20, axis="y")
        .translate(x, y=0.014, z=z)
    )
    return {
        "dish": world.load_mesh(
            "dish",
            dish,
            world.create_glossy_material(color=(228, 222, 212), roughness=0.3),
        ),
        "soap": world.load_mesh(
            "soap",
            soap,
            world.create_glossy_material(color=(226, 206, 178), roughness=0.5, specular=0.3),
        ),
        **_create_eucalyptus(plan, side=-side),
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
