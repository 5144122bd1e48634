"""Dark luxury: black and gold, a warm glow behind, a rim light and a mirroring floor."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.glow import paint_glow
from services.studio.color import mix_colors, relative_luminance, rgb_from_kelvin
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.lights import Lamp
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.stands import fit_plinth
from services.studio.surfaces import create_marble_material, pick_texture_placement
from services.studio.tables import hang_backdrop

# sRGB of the set, and of its metal.
BLACK: RGB = (22, 21, 22)
GOLD: RGB = (226, 178, 104)
# z of the floor's far end in units. Further: a deeper set.
FLOOR_END = -2.6


def build_luxury_set(plan: SetPlan) -> StudioSet:
    """Builds a dark set lit from behind: a mirroring floor, golden props and a painted glow.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, camera, requested = plan.rng, plan.camera, plan.reading.colors
    dark = requested.get("wall") or BLACK
    gold = world.create_metal_material(requested.get("accent") or GOLD, roughness=0.18)
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    azimuth = (180 - light_side * rng.uniform(28, 40)) % 360
    key = create_key_light(
        plan, azimuth, elevation=40, angle=14, strength=1.0, kelvin=4600, glossy=True
    )
    floor_y, stand = _create_banded_plinth(plan, dark, gold)
    glow = rgb_from_kelvin(3000) * (0.2 if relative_luminance(dark) < 0.1 else 0.35)

    def paint_wall(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the wall behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        return paint_glow(size, level, dark, light=glow, hoop=plan.composition == "halo")

    # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
    boxes = (
        (light_side * 75, 15, 15, 9.0),
        (-light_side * 100, 25, 12, 9.0),
        (180, 45, 24, 9.0),
        (-light_side * 25, 8, 14, 3.0),
    )
    return StudioSet(
        shapes={
            **stand,
            **_create_polished_floor(plan, floor_y=floor_y, dark=dark),
            **hang_backdrop(camera, FLOOR_END, paint_wall),
            **(
                _create_golden_props(plan, floor_y=floor_y, side=light_side, gold=gold)
                if plan.is_allowed("props")
                else {}
            ),
        },
        key=key,
        dome=create_dome_light(level=0.045, mood=plan.reading.light.mood, boxes=boxes, kelvin=5200),
        gloss=0.55,
        aperture=0.014,
        lamps=(
            Lamp(
                azimuth=(light_side * 58) % 360,
                elevation=34,
                distance=5.0,
                width=1.4,
                height=2.8,
                strength=0.3,
                kelvin=5400,
            ),
        ),
        # Brighter the further the camera looks down, from 15 to 40 degrees.
        exposure=1.25 + 0.6 * min(1.0, max(0.0, camera.pitch - 15) / 25),
    )


def _create_polished_floor(plan: SetPlan, floor_y: float, dark: RGB) -> NamedShapes:
    """Creates a mirroring floor up to the wall: lacquer, or marble in the composition "halo".

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    floor_y: y of the floor in units, 0 or below; the product stands at y = 0.
    dark: sRGB of the set.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    finish = world.create_glossy_material(
        mix_colors(dark, (0, 0, 0), share=0.35), roughness=0.14, specular=0.7
    )
    if plan.composition == "halo":
        finish = _create_dark_marble(plan, dark)
    plate = props.create_plinth(
        width=24, depth=8 - FLOOR_END, height=0.05, corner=0.01, fillet=0.004
    )
    plate = plate.translate(y=floor_y - 0.05, z=(8 + FLOOR_END) / 2)
    return {"floor": world.load_mesh("floor", plate, finish)}


def _create_dark_marble(plan: SetPlan, dark: RGB) -> world.Material:
    """Creates the material dark marble, with veins in the prompt's accent color or in gold.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    dark: sRGB of the stone.
    """
    return create_marble_material(
        pick_texture_placement(plan.rng), color=dark, vein=plan.reading.colors.get("accent") or GOLD
    )


def _create_banded_plinth(
    plan: SetPlan, dark: RGB, gold: world.Material
) -> tuple[float, NamedShapes]:
    """Creates a plinth of dark marble with a golden band around it, its top at y = 0.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    dark: sRGB of the marble.
    gold: material of the band.

    Returns the floor's y in units (minus the plinth's height) and shapes by name; 0 and none in the
    composition "halo" or when the prompt excludes a podium.
    """
    if plan.composition == "halo" or not plan.is_allowed("podium"):
        return 0.0, {}
    height = 0.09
    if plan.composition == "blocks":
        outline = fit_plinth(plan.camera, width_share=0.82, max_depth=0.62, corner=0.02)
    else:
        outline = fit_plinth(plan.camera, width_share=0.82, max_depth=0.82)
    plinth = outline.create_block(height, fillet=0.006).translate(y=-height)
    band = outline.create_block(height=0.016, fillet=0.005, extra=0.016)
    return -height, {
        "plinth": world.load_mesh("plinth", plinth, _create_dark_marble(plan, dark)),
        "band": world.load_mesh("band", band.translate(y=-0.62 * height), gold),
    }


def _create_golden_props(
    plan: SetPlan, floor_y: float, side: int, gold: world.Material
) -> NamedShapes:
    """Creates golden balls, or black blocks with golden tops; empty in the composition "halo".

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    floor_y: y of the floor in units, 0 or below; the product stands at y = 0.
    side: side of the image for these props, -1 left or 1 right.
    gold: material of the balls and tops.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if plan.composition == "gold rim":
        large_center = side * plan.side_x(z=-0.6, half_width_share=0.88), floor_y + 0.1, -0.6
        small_center = side * (plan.side_x(z=-0.3) + 0.04), floor_y + 0.05, -0.3
        return {
            "large": world.create_sphere(center=large_center, radius=0.1, material=gold),
            "small": world.create_sphere(center=small_center, radius=0.05, material=gold),
        }
    if plan.composition != "blocks":
        return {}
    blocks, caps = [], []
    # Height of each block, and its z.
    for height, z in ((0.62, -0.95), (0.34, -0.6)):
        x = side * plan.side_x(z=z, half_width_share=0.9)
        block = props.create_plinth(
            width=0.2, depth=0.2, height=height, corner=0.01, fillet=0.004
        ).rotate(20 * side, axis="y")
        cap = props.create_plinth(
            width=0.204, depth=0.204, height=0.012, corner=0.01, fillet=0.004
        ).rotate(20 * side, axis="y")
        blocks.append(block.translate(x, y=floor_y, z=z))
        caps.append(cap.translate(x, y=floor_y + height, z=z))
    black = world.create_glossy_material(color=(16, 15, 16), roughness=0.25, specular=0.6)
    return {
        "blocks": world.load_mesh("blocks", shapes.join_meshes(blocks), black),
        "caps": world.load_mesh("caps", shapes.join_meshes(caps), gold),
    }


LUXURY_FAMILY = SceneFamily(
    name="luxury",
    words={
        **dict.fromkeys(("luxury", "luxurious", "opulent", "noir", "glamour", "glamorous"), 3),
        **dict.fromkeys(("premium", "elegant", "rim light"), 2),
        **dict.fromkeys(("black", "gold", "dark", "dramatic", "moody", "halo"), 1),
        **dict.fromkeys(("golden", "ring"), 0),
    },
    camera_pitch=13.0,
    view_angle=24.0,
    ground_line=0.8,
    compositions=(
        Composition("gold rim", frozenset({"podium", "round"})),
        Composition("halo", frozenset({"halo", "ring"})),
        Composition("blocks", frozenset({"podium", "blocks", "geometric"})),
    ),
    build_set=build_luxury_set,
    flat_lay_material="marble",
    flat_lay_colors={"surface": BLACK, "accent": GOLD},
)
