"""Stone slabs: marble, onyx, slate, limestone, sandstone, travertine and granite."""

from dataclasses import dataclass

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.cells import create_cells
from services.studio.color import mix_colors, relative_luminance
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import displace_field, generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import (
    DARK_STONE_LUMINANCE,
    create_relief_material,
    pick_texture_placement,
)

# sRGB of marble by kind: the stone, its smoke, and its veins.
MARBLES: dict[str, tuple[RGB, RGB, RGB]] = {
    "carrara": ((240, 240, 239), (178, 182, 187), (112, 116, 124)),
    "calacatta": ((246, 243, 237), (206, 190, 164), (128, 110, 92)),
    "nero": ((20, 20, 22), (64, 62, 60), (206, 200, 192)),
    "rose": ((232, 196, 186), (206, 158, 148), (150, 96, 90)),
    "beige": ((232, 216, 188), (212, 190, 156), (166, 134, 96)),
    "green": ((26, 58, 46), (54, 98, 80), (176, 200, 184)),
}
# sRGB of onyx: pale honey, amber, and rust in its bands; and the color of other kinds.
ONYX: tuple[RGB, ...] = ((250, 232, 202), (238, 204, 152), (220, 168, 104), (150, 92, 50))
ONYX_COLORS: dict[str, RGB] = {
    "green": (112, 158, 122),
    "black": (30, 28, 28),
    "malachite": (28, 122, 88),
    "lapis": (36, 62, 142),
}


@dataclass(frozen=True)
class StoneKind:
    """A stone of grains or layers.

    ramp: sRGB from its lightest to its darkest parts.
    depth: units of relief; scale: units that the texture spans; roughness: 0 mirrors, 1 is dull.
    """

    ramp: tuple[RGB, ...]
    depth: float
    scale: float
    roughness: float


STONES = {
    "basalt": StoneKind(((74, 74, 76), (54, 54, 57), (34, 34, 37)), 0.02, 1.5, 0.75),
    "slate": StoneKind(((96, 100, 104), (70, 73, 78), (44, 46, 50)), 0.028, 1.8, 0.55),
    "limestone": StoneKind(((226, 216, 198), (212, 200, 180), (188, 174, 152)), 0.006, 1.9, 0.7),
    "sandstone": StoneKind(((222, 188, 146), (204, 162, 116), (172, 124, 82)), 0.012, 1.7, 0.85),
    "travertine": StoneKind(((224, 214, 198), (204, 188, 166), (158, 138, 116)), 0.012, 1.6, 0.35),
    "granite": StoneKind(((206, 204, 200), (150, 148, 146), (44, 44, 46)), 0.0, 1.2, 0.16),
}


def create_marble_ground(request: GroundRequest) -> NamedShapes:
    """Lays a polished slab of marble; returns the Mitsuba shape by name."""
    kind = request.kind or ("carrara" if request.rng.random() < 0.6 else "calacatta")
    stone, smoke, vein = MARBLES.get(kind, MARBLES["carrara"])
    if request.color:
        stone, smoke, vein = _find_marble_colors(request.color)
    placement = pick_texture_placement(request.rng)
    gray = textures.draw_marble_veins(placement.seed)
    polished = materials.create_glossy_material(
        materials.create_texture(tint_drawing(gray, (stone, smoke, vein))), roughness=0.15
    )
    return lay_slab(request, placement.apply_to(polished, scale=1.9))


def _find_marble_colors(stone: RGB) -> tuple[RGB, RGB, RGB]:
    """Returns sRGB of the stone, its smoke and its veins, which are light on dark stone."""
    if relative_luminance(stone) < DARK_STONE_LUMINANCE:
        pale: RGB = (232, 228, 222)
        return stone, mix_colors(stone, pale, share=0.22), mix_colors(stone, pale, share=0.8)
    return (
        stone,
        mix_colors(stone, (70, 74, 80), share=0.28),
        mix_colors(stone, (52, 54, 60), share=0.62),
    )


def create_onyx_ground(request: GroundRequest) -> NamedShapes:
    """Lays a polished slab of banded onyx; returns the Mitsuba shape by name."""
    ramp, color = ONYX, request.color or ONYX_COLORS.get(request.kind)
    if color:
        light, deep = (
            mix_colors(color, (255, 250, 240), share=0.55),
            mix_colors(color, (60, 34, 18), share=0.5),
        )
        ramp = (light, color, mix_colors(color, deep, share=0.4), deep)
    placement = pick_texture_placement(request.rng)
    bands = materials.create_texture(tint_drawing(draw_onyx(placement.seed), ramp))
    polished = materials.create_glossy_material(bands, roughness=0.1, specular=0.6)
    return lay_slab(request, placement.apply_to(polished, scale=2.2))


@cache_drawing
def draw_onyx(seed: int) -> np.ndarray:
    """Draws cloudy bands of onyx: gray, uint8 (2048, 2048), seamless."""
    side = textures.FIELD_SIDE
    bends = [
        0.1 * side * generate_fractal_noise(size=side, cells=2, octaves=5, seed=seed * 7 + i)
        for i in (1, 2)
    ]
    broad = displace_field(
        generate_fractal_noise(
            size=side, cells=2, octaves=6, seed=seed * 7 + 3, fade=0.5, stretch=0.5
        ),
        *bends,
    )
    # Layers: the field's own level lines, as growth rings of the stone.
    layers = 0.5 + 0.5 * np.sin(7 * broad)
    fine = 0.5 + 0.5 * np.sin(23 * broad)
    tone = 0.3 + 0.15 * broad + 0.15 * layers + 0.05 * fine
    return pack_gray(upscale_field(tone.astype(np.float32), size=textures.TEXTURE_SIDE))


def create_stone_ground(request: GroundRequest) -> NamedShapes:
    """Lays a slab of natural stone; returns the Mitsuba shape by name."""
    name = request.kind if request.kind in STONES else "limestone"
    return lay_slab(request, create_stone_material(name, request.color, request.rng))


def create_stone_material(
    name: str, color: RGB | None, rng: np.random.Generator
) -> materials.Material:
    """Creates the material of natural stone.

    name: of an entry of STONES. color: sRGB; None: its usual ones. rng: places its drawing.
    """
    kind, placement = STONES[name], pick_texture_placement(rng)
    ramp = kind.ramp
    if color:
        ramp = (
            mix_colors(color, (255, 255, 255), share=0.15),
            color,
            mix_colors(color, (20, 16, 14), share=0.4),
        )
    gray, heights = STONE_DRAWINGS[name](placement.seed)
    stone = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=kind.depth,
        finish=lambda body: materials.create_glossy_material(
            body, roughness=kind.roughness, specular=0.4
        ),
    )
    if name == "travertine":
        placement = type(placement)(placement.seed, turn=0, shift=placement.shift)
    return placement.apply_to(stone, scale=kind.scale)


@cache_drawing
def draw_slate(seed: int) -> textures.ReliefTexture:
    """Draws cleft slate: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    bends = [
        0.05 * side * generate_fractal_noise(size=side, cells=4, octaves=5, seed=seed * 5 + i)
        for i in (1, 2)
    ]
    broad = displace_field(
        generate_fractal_noise(size=side, cells=3, octaves=5, seed=seed * 5 + 3, stretch=1.6),
        *bends,
    )
    # Thin sheets broken off along level lines: terraces with short steep edges.
    level = broad * 1.3
    terrace = np.floor(level) + np.clip((level - np.floor(level) - 0.9) / 0.1, 0, 1)
    rough = generate_fractal_noise(size=side, cells=24, octaves=5, seed=seed * 5 + 4, fade=0.7)
    heights = 0.5 + 0.07 * terrace + 0.02 * rough + 0.03 * broad
    tone = 0.5 - 0.07 * (terrace - level) + 0.09 * rough + 0.08 * broad
    return _finish_stone(tone, heights)


@cache_drawing
def draw_limestone(seed: int) -> textures.ReliefTexture:
    """Draws honed limestone: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    clouds = generate_fractal_noise(size=side, cells=3, octaves=7, seed=seed * 5 + 41, fade=0.62)
    shells = np.clip(
        generate_fractal_noise(size=side, cells=60, octaves=2, seed=seed * 5 + 42) - 1.5, 0, 1
    )
    return _finish_stone(0.42 + 0.12 * clouds + 0.45 * shells, 0.6 + 0.05 * clouds - 0.3 * shells)


@cache_drawing
def draw_sandstone(seed: int) -> textures.ReliefTexture:
    """Draws layered sandstone: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    sway = 0.05 * side * generate_fractal_noise(size=side, cells=2, octaves=5, seed=seed * 5 + 51)
    layers = displace_field(
        generate_fractal_noise(
            size=side, cells=1, octaves=7, seed=seed * 5 + 52, stretch=0.12, fade=0.7
        ),
        right=sway,
        down=sway,
    )
    grain = generate_fractal_noise(size=side, cells=160, octaves=2, seed=seed * 5 + 53, fade=0.9)
    return _finish_stone(0.45 + 0.17 * layers + 0.05 * grain, 0.5 + 0.1 * layers + 0.05 * grain)


@cache_drawing
def draw_travertine(seed: int) -> textures.ReliefTexture:
    """Draws filled travertine, its layers along the width, with long pores.

    seed: equal seeds draw equal layers.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each.
    """
    side = textures.FIELD_SIDE
    sway = 0.02 * side * generate_fractal_noise(size=side, cells=3, octaves=5, seed=seed * 5 + 61)
    layers, open_layers = (
        displace_field(
            generate_fractal_noise(
                size=side, cells=2, octaves=6, seed=seed * 5 + n, stretch=0.1, fade=0.68
            ),
            right=sway,
            down=sway,
        )
        for n in (62, 63)
    )
    holes = generate_fractal_noise(size=side, cells=64, octaves=3, seed=seed * 5 + 64, stretch=0.4)
    pores = np.clip(2.2 * (holes + 0.8 * open_layers - 2.35), 0, 1)
    tone = 0.36 + 0.14 * layers + 0.05 * holes
    return _finish_stone(tone + (1 - tone) * 0.8 * pores, 0.8 + 0.03 * layers - 0.6 * pores)


@cache_drawing
def draw_granite(seed: int) -> textures.ReliefTexture:
    """Draws polished granite of pale, gray and black crystals.

    seed: equal seeds draw equal crystals.

    Returns gray, uint8, and even heights, float16, (2048, 2048) each.
    """
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 5 + 71)
    bends = [
        0.006 * side * generate_fractal_noise(size=side, cells=80, octaves=2, seed=seed * 5 + i)
        for i in (72, 73)
    ]
    tone = np.zeros((side, side), np.float32)
    for across, weight in ((48, 0.55), (110, 0.45)):
        cells = create_cells(side, across, seed * 5 + across)
        shade = rng.choice(
            (0.0, 0.15, 0.35, 0.5, 1.0), across * across, p=(0.3, 0.3, 0.2, 0.1, 0.1)
        )
        tone += weight * shade.astype(np.float32)[cells.labels]
    tone = displace_field(tone, *bends)
    return _finish_stone(tone, np.full_like(tone, 0.5))


def _finish_stone(tone: np.ndarray, heights: np.ndarray) -> textures.ReliefTexture:
    """Upscales a stone's darkness and heights, float32 (1024, 1024), 0 to 1, to a drawing."""
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone.astype(np.float32), size)), textures.pack_heights(
        upscale_field(heights.astype(np.float32), size)
    )


STONE_DRAWINGS = {
    "basalt": draw_slate,
    "slate": draw_slate,
    "limestone": draw_limestone,
    "sandstone": draw_sandstone,
    "travertine": draw_travertine,
    "granite": draw_granite,
}
MARBLE = Ground(create_marble_ground, gloss=0.35, shape=GroundShape.SLAB)
ONYX_SLAB = Ground(create_onyx_ground, gloss=0.4, shape=GroundShape.SLAB)
STONE = Ground(create_stone_ground, gloss=0.1, shape=GroundShape.SLAB)
