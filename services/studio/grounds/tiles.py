"""Laid grounds: glazed tiles, checkerboards, bricks, cobblestones, tatami and cork."""

from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import masonry, materials, textures
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement

# sRGB where the request names no color.
BRICK: RGB = (164, 88, 64)
MORTAR: RGB = (196, 186, 172)
# From the joints to the lightest stones.
COBBLES: tuple[RGB, ...] = ((36, 33, 30), (92, 90, 88), (128, 124, 120), (176, 170, 162))
# Kind of the surface "stone" that is laid wet.
WET_COBBLES = "wet cobblestone"
STRAW: RGB = (214, 190, 138)
CORK: RGB = (196, 148, 100)


@dataclass(frozen=True)
class TileKind:
    """A way to tile.

    color, grout: sRGB. across, down: tiles along each side of `scale` units.
    unevenness: of tone and tilt from tile to tile, 1 as of handmade tiles.
    """

    color: RGB
    grout: RGB
    across: int
    down: int
    scale: float
    unevenness: float


TILES = {
    "square": TileKind((238, 238, 234), (206, 202, 194), 8, 8, 1.6, 1.0),
    "zellige": TileKind((92, 138, 128), (196, 190, 178), 9, 9, 1.5, 3.2),
    "subway": TileKind((244, 244, 240), (196, 194, 190), 4, 10, 1.7, 0.8),
    "mosaic": TileKind((206, 216, 210), (190, 186, 178), 26, 26, 1.5, 4.0),
    "checker": TileKind((240, 238, 232), (120, 118, 114), 6, 6, 2.1, 0.6),
}


def create_tile_ground(request: GroundRequest) -> NamedShapes:
    """Lays glazed tiles; returns the Mitsuba shape by name."""
    kind = TILES.get(request.kind, TILES["square"])
    placement = replace(pick_texture_placement(request.rng), turn=0)
    gray, heights = masonry.draw_tile_grid(
        placement.seed, kind.across, kind.down, kind.unevenness, request.kind == "checker"
    )
    color = request.color or kind.color
    dark = (28, 28, 30) if request.kind == "checker" else mix_colors(color, (0, 0, 0), share=0.45)
    ramp = (dark, color, mix_colors(color, (255, 255, 255), share=0.45), kind.grout)
    glazed = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.03,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.14, specular=0.55),
    )
    return lay_slab(request, placement.apply_to(glazed, scale=kind.scale))


def create_brick_ground(request: GroundRequest) -> NamedShapes:
    """Lays bricks; returns the Mitsuba shape by name."""
    placement, color = replace(pick_texture_placement(request.rng), turn=0), request.color or BRICK
    gray, heights = draw_bricks(placement.seed)
    ramp = (
        mix_colors(color, (40, 26, 24), share=0.55),
        color,
        mix_colors(color, (236, 190, 150), share=0.35),
        MORTAR,
    )
    fired = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.03,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.85, specular=0.2),
    )
    return lay_slab(request, placement.apply_to(fired, scale=1.8))


@cache_drawing
def draw_bricks(seed: int) -> textures.ReliefTexture:
    """Draws bricks in running bond.

    seed: equal seeds draw equal bricks.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each; two thirds of the gray's
    range are the bricks, its upper end the mortar.
    """
    side, across, down = textures.TEXTURE_SIDE, 6, 14
    rng = np.random.default_rng(seed * 3 + 1)
    wobble = 0.0016 * upscale_field(
        generate_fractal_noise(size=textures.FIELD_SIDE, cells=12, octaves=4, seed=seed * 3 + 2),
        size=side,
    )
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    row = np.floor((rows + wobble) * down).astype(int)
    place = (columns + wobble) * across + 0.5 * (row % 2)
    column = np.floor(place).astype(int)
    below, right = (rows + wobble) * down - row, place - column
    edge = np.minimum(np.minimum(right, 1 - right) / across, np.minimum(below, 1 - below) / down)
    joint = np.clip((0.0062 - edge) / 0.0016, 0, 1)
    shade = rng.normal(0.33, 0.1, (down, across)).astype(np.float32)[row % down, column % across]
    rough = generate_fractal_noise(size=side, cells=48, octaves=4, seed=seed * 3 + 3, fade=0.75)
    tone = np.clip(shade + 0.035 * rough, 0, 0.62)
    rounded = np.clip((edge - 0.006) / 0.008, 0, 1)
    heights = 0.35 + 0.4 * np.sqrt(rounded) + 0.05 * rough
    return pack_gray(tone + (1 - tone) * joint), textures.pack_heights(heights)


def create_cobble_ground(request: GroundRequest) -> NamedShapes:
    """Lays cobblestones worn round, perhaps wet; returns the Mitsuba shape by name."""
    placement, ramp = replace(pick_texture_placement(request.rng), turn=0), COBBLES
    if request.color:
        ends: tuple[RGB, ...] = ((20, 18, 16), (60, 56, 52), request.color, (240, 236, 230))
        ramp = tuple(mix_colors(request.color, end, share=0.4) for end in ends)
    gloss = {"roughness": 0.5, "specular": 0.35}
    if request.kind == WET_COBBLES:
        ramp = tuple(mix_colors(shade, (10, 11, 14), share=0.45) for shade in ramp)
        gloss = {"roughness": 0.13, "specular": 0.75}
    gray, heights = draw_cobbles(placement.seed)
    worn = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.07,
        finish=lambda body: materials.create_glossy_material(body, **gloss),
    )
    return lay_slab(request, placement.apply_to(worn, scale=2.4))


@cache_drawing
def draw_cobbles(seed: int) -> textures.ReliefTexture:
    """Draws rows of rounded stones of uneven widths.

    seed: equal seeds draw equal stones.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each; both are 0 in the joints.
    """
    side, across, down = textures.TEXTURE_SIDE, 11, 9
    rng = np.random.default_rng(seed * 3 + 1)
    sway_x, sway_y = (
        0.005
        * upscale_field(
            generate_fractal_noise(size=textures.FIELD_SIDE, cells=9, octaves=3, seed=seed * 3 + i),
            size=side,
        )
        for i in (2, 3)
    )
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    level, place = (rows + sway_y) * down, (columns + sway_x) * across
    row = np.floor(level).astype(int)
    place = place + 0.5 * (row % 2)
    # Stones begin up to this far behind their place in the row.
    starts = rng.uniform(0, 0.4, (down, across)).astype(np.float32)
    column = np.floor(place).astype(int)
    column -= place - column < starts[row % down, column % across]
    start, end = (column + i + starts[row % down, (column + i) % across] for i in (0, 1))
    right, below = 2 * (place - start) / (end - start) - 1, 2 * (level - row) - 1
    # 0 in the middle of a stone, 1 at the edge of its rounded rectangle.
    out = (np.abs(right) ** 3.2 + np.abs(below) ** 3.2) ** (1 / 3.2)
    top = np.clip((0.94 - out) / 0.3, 0, 1) ** 0.5
    rough = generate_fractal_noise(size=side, cells=40, octaves=5, seed=seed * 3 + 4, fade=0.75)
    shade = rng.normal(0.55, 0.13, (down, across)).astype(np.float32)[row % down, column % across]
    tone = top * (shade + 0.07 * rough)
    return pack_gray(tone), textures.pack_heights(top * (0.75 + 0.05 * rough - 0.15 * out**2))


def create_straw_ground(request: GroundRequest) -> NamedShapes:
    """Lays a woven straw mat as of tatami; returns the Mitsuba shape by name."""
    placement, color = replace(pick_texture_placement(request.rng), turn=0), request.color or STRAW
    gray, heights = draw_straw(placement.seed)
    ramp = (
        mix_colors(color, (70, 58, 26), share=0.6),
        color,
        mix_colors(color, (250, 240, 205), share=0.5),
    )
    woven = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.006,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.7, specular=0.25),
    )
    return lay_slab(request, placement.apply_to(woven, scale=0.9))


@cache_drawing
def draw_straw(seed: int) -> textures.ReliefTexture:
    """Draws rushes along the width, bound by threads across them.

    seed: equal seeds draw equal rushes.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each.
    """
    side, rushes, threads = textures.TEXTURE_SIDE, 110, 14
    rng = np.random.default_rng(seed * 3 + 1)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    place = rows * rushes
    number = np.floor(place).astype(int) % rushes
    # Rushes pass over and under the threads in turn.
    lift = np.cos(np.pi * (columns * threads + number))
    round_rush = np.sqrt(np.clip(1 - (2 * (place - np.floor(place)) - 1) ** 2, 0, 1))
    hue = rng.normal(0, 0.09, rushes).astype(np.float32)[number]
    along = generate_fractal_noise(
        size=side, cells=6, octaves=3, seed=seed * 3 + 2, stretch=0.03, fade=0.8
    )
    tone = 0.2 + 0.3 * round_rush + hue + 0.05 * along + 0.07 * lift
    return pack_gray(tone), textures.pack_heights(0.15 + 0.55 * round_rush + 0.2 * lift)


def create_cork_ground(request: GroundRequest) -> NamedShapes:
    """Lays a sheet of pressed cork; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or CORK
    gray, heights = draw_cork(placement.seed)
    ramp = (
        mix_colors(color, (48, 26, 14), share=0.75),
        color,
        mix_colors(color, (244, 214, 170), share=0.45),
    )
    pressed = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.005,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.8, specular=0.2),
    )
    return lay_slab(request, placement.apply_to(pressed, scale=1.3))


@cache_drawing
def draw_cork(seed: int) -> textures.ReliefTexture:
    """Draws granules of cork: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 3 + 1)
    tone, heights = (np.full((side, side), 0.5, np.float32) for _ in range(2))
    for across, weight in ((70, 0.11), (34, 0.07)):
        cells = create_cells(side, across, seed * 3 + across)
        shade = rng.normal(0, weight, across * across).astype(np.float32)[cells.labels]
        crevice = np.exp(-cells.border * 9)
        tone += shade - 0.13 * crevice
        heights += 0.5 * shade - 0.2 * crevice
    specks = np.clip(
        generate_fractal_noise(size=side, cells=90, octaves=2, seed=seed * 3 + 2) - 1.9, 0, 1
    )
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone - 0.6 * specks, size)), textures.pack_heights(
        upscale_field(heights - 0.3 * specks, size)
    )


TILE = Ground(create_tile_ground, gloss=0.3, shape=GroundShape.SLAB)
BRICKS = Ground(create_brick_ground, gloss=0.0, shape=GroundShape.SLAB)
COBBLED_ROAD = Ground(create_cobble_ground, gloss=0.05, shape=GroundShape.SLAB)
WET_ROAD = Ground(create_cobble_ground, gloss=0.35, shape=GroundShape.SLAB)
STRAW_MAT = Ground(create_straw_ground, gloss=0.0, shape=GroundShape.SLAB)
CORK_SHEET = Ground(create_cork_ground, gloss=0.0, shape=GroundShape.SLAB)
