"""Flat lay: a surface seen from above, props at its borders, a pattern of shadows."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.color import mix_colors, relative_luminance
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_surface_material

# How mirror-like each material is, 0 to 1; others are nearly matte.
GLOSS_BY_MATERIAL = {"marble": 0.3, "wood": 0.12, "terrazzo": 0.2}
# sRGB that props match where the prompt names no color.
NEUTRAL: RGB = (226, 218, 206)
# Relative luminance below which a surface is dark and gets less fill light, for contrast.
DARK_LUMINANCE = 0.2


def build_flat_lay_set(plan: SetPlan) -> StudioSet:
    """Builds a surface seen from above, with props at its borders.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, requested = plan.rng, plan.reading.colors
    azimuth = (180 - rng.choice((-1, 1)) * rng.uniform(40, 60)) % 360
    key = create_key_light(plan, azimuth, elevation=rng.uniform(42, 48), angle=9, strength=0.85)
    material = plan.reading.material or "paper"
    color = requested.get("surface") or requested.get("wall") or requested.get("podium")
    surface = shapes.create_flat_cutout(np.array([[9.0, -9], [9, 9], [-9, 9], [-9, -9]]))
    dome_level = 0.3 if relative_luminance(color or NEUTRAL) > DARK_LUMINANCE else 0.22
    return StudioSet(
        shapes={
            "surface": world.load_mesh(
                "surface",
                surface,
                create_surface_material(material, colors=requested, rng=rng, color=color),
            ),
            **(
                _create_border_props(plan, color=color or NEUTRAL)
                if plan.is_allowed("props")
                else {}
            ),
            **create_shadow_pattern(plan, key),
        },
        key=key,
        dome=create_dome_light(
            level=dome_level,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((azimuth, 45, 25, 1.5),),
        ),
        gloss=GLOSS_BY_MATERIAL.get(material, 0.03),
        exposure=1.15,
    )


def _create_border_props(plan: SetPlan, color: RGB) -> NamedShapes:
    """Creates twigs or a plate, and pebbles, at the image's border; none if the plan is "empty".

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the surface.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if plan.composition == "empty":
        return {}
    side = plan.rng.choice((-1, 1))
    plants = plan.composition == "sprigs" and plan.is_allowed("plants")
    return {
        **(_create_corner_twigs if plants else _create_corner_plate)(plan, color, side),
        **_create_corner_pebbles(plan, color, side),
    }


def _create_corner_twigs(plan: SetPlan, color: RGB, side: int) -> NamedShapes:
    """Creates green twigs that reach in from two opposite corners.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the surface; unused, as twigs are green on every surface.
    side: half of the image with the twigs' upper corner, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, x, z = plan.rng, *_locate_corner(plan)
    twigs = []
    # Corners of the image as signs of x and z; z below 0 is the image's upper half.
    for across, down in ((side, -1), (side, -1), (-side, 1), (-side, 1)):
        twig = props.create_sprig(length=rng.uniform(0.38, 0.52), leaves=10, rng=rng, size=0.11)
        turn = math.degrees(math.atan2(-across, -down)) + rng.uniform(-22, 22)
        twigs.append(
            twig.rotate(turn, axis="y").translate(
                x=across * (x + 0.06), y=0.012, z=down * (z + 0.03)
            )
        )
    green = world.create_matte_material(color=(108, 128, 98))
    return {"twigs": world.load_mesh("twigs", shapes.join_meshes(twigs), green)}


def _create_corner_plate(plan: SetPlan, color: RGB, side: int) -> NamedShapes:
    """Creates a plate in an upper corner of the image, a lighter tone of the surface.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the surface.
    side: half of the image that the plate is in, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    x, z = _locate_corner(plan)
    glaze = world.create_glossy_material(
        mix_colors(color, (250, 247, 240), share=0.7), roughness=0.35
    )
    plate = props.create_dish(radius=0.2).translate(x=side * (x + 0.03), y=0, z=0.02 - z)
    return {"plate": world.load_mesh("plate", plate, glaze)}


def _create_corner_pebbles(plan: SetPlan, color: RGB, side: int) -> NamedShapes:
    """Creates two pebbles in a lower corner, opposite the props of the upper corner.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the surface, which the stone is mixed with.
    side: half of the image with the upper corner's props, -1 left or 1 right; pebbles are opposite.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, x, z = plan.rng, *_locate_corner(plan)
    stones = [
        props.create_pebble(size=(size, 0.55 * size, 0.8 * size), rng=rng)
        .rotate(rng.uniform(0, 360), axis="y")
        .translate(x=-side * (x - inset), y=0, z=z - rise)
        for size, inset, rise in ((0.11, 0.03, 0.1), (0.075, 0.07, 0.02))
    ]
    stone = world.create_matte_material(mix_colors(color, (120, 112, 104), share=0.55))
    return {"pebbles": world.load_mesh("pebbles", shapes.join_meshes(stones), stone)}


def _locate_corner(plan: SetPlan) -> tuple[float, float]:
    """Returns the x and z of the image's lower right corner on the surface."""
    return 0.5 * plan.camera.width_in_units, 0.5 * plan.camera.height_in_units


FLAT_LAY_FAMILY = SceneFamily(
    name="flatlay",
    words={**dict.fromkeys(("flat lay", "flatlay", "knolling"), 3)},
    camera_pitch=90.0,
    view_angle=22.0,
    ground_line=0.5,
    compositions=(Composition("sprigs"), Composition("dishes"), Composition("empty")),
    build_set=build_flat_lay_set,
    upright_family="sweep",
)
