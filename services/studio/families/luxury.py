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
    """Builds a dark set, lit from behind."""
    rng, camera, requested = plan.rng, plan.camera, plan.reading.colors
    dark = requested.get("wall") or BLACK
    gold = world.create_metal_material(requested.get("accent") or GOLD, 0.18)
    side = rng.choice((-1, 1))
    azimuth = (180 - side * rng.uniform(28, 40)) % 360
    key = create_key_light(plan, azimuth, 40, angle=14, strength=1.0, kelvin=4600, glossy=True)
    floor, stand = _create_banded_plinth(plan, dark, gold)
    amber = rgb_from_kelvin(3000) * (0.2 if relative_luminance(dark) < 0.1 else 0.35)

    def paint_wall(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the wall behind the set: linear light, float32 RGB (h, w, 3)."""
        return paint_glow(size, level, dark, amber, hoop=plan.composition == "halo")

    boxes = (
        (side * 75, 15, 15, 9.0),
        (-side * 100, 25, 12, 9.0),
        (180, 45, 24, 9.0),
        (-side * 25, 8, 14, 3.0),
    )
    return StudioSet(
        {
            **stand,
            **_create_polished_floor(plan, floor, dark),
            **hang_backdrop(camera, FLOOR_END, paint_wall),
            **(_create_golden_props(plan, floor, side, gold) if plan.is_allowed("props") else {}),
        },
        key,
        create_dome_light(0.045, plan.reading.light.mood, boxes, kelvin=5200),
        gloss=0.55,
        aperture=0.014,
        lamps=(Lamp((side * 58) % 360, 34, 5.0, 1.4, 2.8, 0.3, 5400),),
        exposure=1.25 + 0.6 * min(1.0, max(0.0, camera.pitch - 15) / 25),
    )


def _create_polished_floor(plan: SetPlan, floor: float, dark: RGB) -> NamedShapes:
    """Creates a mirroring floor up to the wall: lacquer, or marble in the composition "halo".

    floor: its y; dark: its sRGB.
    """
    finish = world.create_glossy_material(mix_colors(dark, (0, 0, 0), 0.35), 0.14, 0.7)
    if plan.composition == "halo":
        finish = _create_dark_marble(plan, dark)
    plate = props.create_plinth(24, 8 - FLOOR_END, 0.05, 0.01, 0.004)
    plate = plate.translate(y=floor - 0.05, z=(8 + FLOOR_END) / 2)
    return {"floor": world.load_mesh("floor", plate, finish)}


def _create_dark_marble(plan: SetPlan, dark: RGB) -> world.Material:
    """Creates dark marble with veins in the accent color; dark: its sRGB."""
    return create_marble_material(
        pick_texture_placement(plan.rng), dark, plan.reading.colors.get("accent") or GOLD
    )


def _create_banded_plinth(
    plan: SetPlan, dark: RGB, gold: world.Material
) -> tuple[float, NamedShapes]:
    """Creates a plinth of dark marble with a golden band, its top at y = 0.

    Returns the floor's y and the plinth.
    """
    if plan.composition == "halo" or not plan.is_allowed("podium"):
        return 0.0, {}
    height = 0.09
    if plan.composition == "blocks":
        foot = fit_plinth(plan.camera, 0.82, 0.62, corner=0.02)
    else:
        foot = fit_plinth(plan.camera, 0.82, 0.82)
    plinth = foot.create_block(height, 0.006).translate(y=-height)
    band = foot.create_block(0.016, 0.005, extra=0.016)
    return -height, {
        "plinth": world.load_mesh("plinth", plinth, _create_dark_marble(plan, dark)),
        "band": world.load_mesh("band", band.translate(y=-0.62 * height), gold),
    }


def _create_golden_props(
    plan: SetPlan, floor: float, side: int, gold: world.Material
) -> NamedShapes:
    """Creates golden balls, or black blocks with golden tops, at one side.

    floor: its y; side: of the image, -1 left or 1 right.
    """
    if plan.composition == "gold rim":
        large = side * plan.side_x(-0.6, share=0.88), floor + 0.1, -0.6
        small = side * (plan.side_x(-0.3) + 0.04), floor + 0.05, -0.3
        return {
            "large": world.create_sphere(large, 0.1, gold),
            "small": world.create_sphere(small, 0.05, gold),
        }
    if plan.composition != "blocks":
        return {}
    blocks, caps = [], []
    for height, depth in ((0.62, -0.95), (0.34, -0.6)):
        x = side * plan.side_x(depth, share=0.9)
        block = props.create_plinth(0.2, 0.2, height, 0.01, 0.004).rotate(20 * side)
        cap = props.create_plinth(0.204, 0.204, 0.012, 0.01, 0.004).rotate(20 * side)
        blocks.append(block.translate(x, floor, depth))
        caps.append(cap.translate(x, floor + height, depth))
    black = world.create_glossy_material((16, 15, 16), 0.25, 0.6)
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
