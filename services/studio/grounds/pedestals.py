"""Objects that a product stands on: rocks, stacks of books, crates, tree slices and trays.

Their tops are at y = 0 and their feet at y = STAND_BOTTOM. Seen from above they fill the view.
"""

import math
from dataclasses import replace

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, props, shapes, textures, world
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.foliage import draw_moss
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.grounds.wood import create_wood_finish
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.shapes import Mesh
from services.studio.stands import PlinthOutline, fit_plinth
from services.studio.surfaces import (
    create_concrete_material,
    create_relief_material,
    pick_texture_placement,
)
from services.studio.terrain import create_noise_field, mesh_from_grid, ramp_away_from_product

# y in units of the feet of a stand.
STAND_BOTTOM = -0.36
# sRGB where the request names no color.
ROCK: RGB = (128, 122, 114)
LAVA: RGB = (58, 54, 52)
# sRGB of moss from its shaded to its lit parts, and how much of a mossy rock it covers: 0 half, 1
# all of it.
MOSS: tuple[RGB, ...] = ((24, 36, 12), (70, 92, 28), (128, 146, 56))
MOSS_COVER = 0.3
BOOKS: tuple[RGB, ...] = ((52, 74, 84), (150, 62, 48), (206, 184, 148), (62, 76, 58), (34, 38, 52))
PAGES: RGB = (238, 230, 212)
BARK: RGB = (86, 64, 48)
STUMP_WOOD: RGB = (212, 170, 120)
BLOCK: RGB = (200, 196, 190)
# Units that the level part of a rock is further in front than that of wide ground.
LEVEL_SHIFT = 0.1
# Radius in units of the corners of a stand that is not round.
STAND_CORNER = 0.02
# Multiple of the image's longer side by which a stand fills a view from above.
OVERHEAD_WIDTH = 1.7


def fit_stand(
    request: GroundRequest,
    width_share: float,
    max_depth: float,
    corner: float | None = STAND_CORNER,
) -> PlinthOutline:
    """Returns the footprint of a stand: as of fit_plinth, or the whole view from above.

    width_share: width as a share of the image's. max_depth: largest extent along z, in units.
    corner: radius of its corners in units; None: it is round.
    """
    camera = request.camera
    if camera.is_overhead:
        side = OVERHEAD_WIDTH * max(camera.width_in_units, camera.height_in_units)
        return PlinthOutline(side, side, corner=STAND_CORNER, z=0.0)
    return fit_plinth(camera, width_share, max_depth, corner, request.base)


def create_rock_ground(request: GroundRequest) -> NamedShapes:
    """Places a boulder with a level top; returns the Mitsuba shape by name."""
    rng, color = request.rng, request.color or (LAVA if request.kind == "lava" else ROCK)
    outline = fit_stand(request, width_share=1.02, max_depth=1.0, corner=None)
    placement = pick_texture_placement(rng)
    gray, relief = draw_rock(placement.seed)
    ramp = (
        mix_colors(color, (22, 20, 20), share=0.6),
        color,
        mix_colors(color, (226, 220, 208), share=0.45),
    )
    picture = tint_drawing(gray, ramp)
    if request.kind == "mossy":
        picture = grow_moss(picture, draw_moss(placement.seed)[0])
    stone = create_relief_material(
        (picture, relief),
        depth=0.026,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.85, specular=0.25),
    )
    mesh = create_boulder(outline, rng)
    return {"stand": world.load_mesh("stand", mesh, placement.apply_to(stone, scale=1.3))}


def grow_moss(stone: np.ndarray, moss: np.ndarray) -> np.ndarray:
    """Grows patches of moss on a drawing of stone: uint8 RGB (h, w, 3), as it came.

    moss: gray drawing of moss, uint8 (h, w).
    """
    side = textures.FIELD_SIDE
    noise = generate_fractal_noise(size=side, cells=5, octaves=7, seed=11, fade=0.7)
    cover = np.clip(2.4 * (noise + MOSS_COVER) + 0.5, 0, 1).astype(np.float32)
    share = cv2.resize(cover, stone.shape[1::-1])[..., None]
    grown = stone + (tint_drawing(moss, MOSS) - stone.astype(np.float32)) * share
    return np.rint(grown).astype(np.uint8)


def create_boulder(outline: PlinthOutline, rng: np.random.Generator) -> Mesh:
    """Creates a weathered block of stone whose top is at y = 0, level under the product.

    outline: its footprint, which it exceeds in places. rng: varies its shape.

    A superellipse of rings from the middle of the top over a broken edge and down its flank, each
    point moved by noise.
    """
    # Clockwise from above, so that the outside is the mesh's upper side.
    angle = np.linspace(2 * math.pi, 0, 241)
    power = 2 / 3.2
    around_x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * outline.width / 2
    around_z = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * outline.depth / 2
    # Share of the footprint and y of each ring, from the middle of the top to the foot.
    top = np.linspace(1e-3, 0.93, 64)
    edge = np.linspace(0, 1, 26)[1:]
    flank = np.linspace(0, 1, 50)[1:]
    share = np.concatenate([top, 0.93 + 0.07 * np.sin(edge * math.pi / 2), 1.0 + 0.09 * flank])
    y = np.concatenate(
        [0 * top, -0.05 * (1 - np.cos(edge * math.pi / 2)), -0.05 + flank * (STAND_BOTTOM + 0.05)]
    )
    x = share[:, None] * around_x[None]
    z = share[:, None] * around_z[None] + outline.z
    level = np.repeat(y[:, None], len(angle), axis=1)
    broad, rough, fine = (
        create_noise_field(seed=int(rng.integers(1000)), size=size, octaves=3, fade=0.5)
        for size in (0.45, 0.14, 0.04)
    )
    away = ramp_away_from_product(x, z - LEVEL_SHIFT, half_axes=(0.36, 0.32))
    # Flanks read the noise at the height as well, so that it does not run down them as stripes.
    down = 1.3 * level
    lift = (
        0.03 * broad(x + down, z)
        + 0.011 * rough(x + down, z - down)
        + 0.003 * fine(x - down, z + down)
    )
    # Grows slowly with the distance from the middle, so that the surface does not fold over.
    outside = np.clip((share[:, None] - 0.5) / 0.5, 0, 1) ** 2
    push = 1 + 0.05 * outside * broad(x - down, z + down)
    points = np.stack(
        [x * push, level + away * (lift - 0.02), outline.z + (z - outline.z) * push], axis=-1
    )
    uv = np.stack([x + 0.7 * down, z - 0.7 * down], axis=-1)
    return mesh_from_grid(points, uv)


@cache_drawing
def draw_rock(seed: int) -> textures.ReliefTexture:
    """Draws weathered rock: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    broad = generate_fractal_noise(size=side, cells=3, octaves=8, seed=seed * 3 + 1, fade=0.66)
    ridges = 1 - np.abs(
        generate_fractal_noise(size=side, cells=6, octaves=6, seed=seed * 3 + 2, fade=0.6)
    )
    grain = generate_fractal_noise(size=side, cells=150, octaves=2, seed=seed * 3 + 3, fade=0.9)
    lichen = np.clip(
        1.5 * generate_fractal_noise(size=side, cells=9, octaves=5, seed=seed * 3 + 4) - 2.0, 0, 1
    )
    crack = np.clip((ridges - 0.94) * 12, 0, 1)
    tone = 0.5 + 0.13 * broad + 0.05 * grain + 0.22 * lichen - 0.1 * crack
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone.astype(np.float32), size)), textures.pack_heights(
        upscale_field((0.5 + 0.11 * broad + 0.05 * grain - 0.08 * crack).astype(np.float32), size)
    )


def create_book_ground(request: GroundRequest) -> NamedShapes:
    """Stacks three books; returns Mitsuba shapes by name."""
    rng = request.rng
    outline = fit_stand(request, width_share=0.8, max_depth=0.6)
    colors = [BOOKS[i] for i in rng.permutation(len(BOOKS))[:5]]
    if request.color:
        colors[0] = request.color
    books: dict[str, object] = {}
    top = 0.0
    for number, color in enumerate(colors):
        thickness = float(rng.uniform(0.045, 0.065))
        turn = 0.0 if number == 0 else float(rng.uniform(-4, 4)) + 180 * (number % 2)
        grown = 1.0 + 0.05 * number
        parts = _create_book_parts(outline.width * grown, outline.depth * grown, thickness)
        for name, part in parts.items():
            placed = part.rotate(turn).translate(y=top - thickness, z=outline.z)
            finish = _create_page_material(rng) if name == "pages" else _bind_book(color, rng)
            key = f"{name}-{number}"
            books[key] = world.load_mesh(key, placed, finish)
        top -= thickness
    return books


def _create_book_parts(width: float, depth: float, thickness: float) -> dict[str, Mesh]:
    """Creates a closed book on y = 0 that lies with its spine toward the camera.

    width, depth, thickness: along x, z and y, in units.

    Returns its two boards and spine as "cover", and its "pages".
    """
    board = 0.11 * thickness
    cover = props.create_plinth(width, depth, board, corner=0.006, fillet=board * 0.4)
    spine_profile = props.create_plinth(width, thickness, 0.03, corner=0.018, fillet=0.01)
    spine = spine_profile.rotate(90, axis="x").translate(y=thickness / 2, z=depth / 2 - 0.022)
    pages = props.create_plinth(width - 0.035, depth - 0.02, thickness - board, 0.004, 0.001)
    return {
        "cover": shapes.join_meshes([cover, cover.translate(y=thickness - board), spine]),
        "pages": pages.translate(y=board / 2, z=-0.008),
    }


def _bind_book(color: RGB, rng: np.random.Generator) -> materials.Material:
    """Creates bookbinder's cloth of a color; rng: picks and places the drawing."""
    placement = pick_texture_placement(rng)
    woven, heights = textures.draw_weave(placement.seed)
    cloth = create_relief_material(
        (textures.tint_weave(woven, color), heights),
        depth=0.0015,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.6, specular=0.3),
    )
    return placement.apply_to(cloth, scale=0.9)


def _create_page_material(rng: np.random.Generator) -> materials.Material:
    """Creates the edges of pages; rng: places the drawing."""
    placement = replace(pick_texture_placement(rng), turn=0)
    lines = _draw_page_lines()
    picture = tint_drawing(lines, (mix_colors(PAGES, (120, 96, 60), share=0.4), PAGES))
    return placement.apply_to(
        materials.create_matte_material(materials.create_texture(picture)), scale=0.5
    )


@cache_drawing
def _draw_page_lines() -> np.ndarray:
    """Draws the edges of pages along the width: brightness, uint8 (1024, 1024), seamless."""
    side = textures.FIELD_SIDE
    lines = generate_fractal_noise(size=side, cells=1, octaves=1, seed=3, stretch=1 / 300)
    return pack_gray(0.7 + 0.18 * lines)


def create_crate_ground(request: GroundRequest) -> NamedShapes:
    """Places an upturned crate of weathered slats; returns Mitsuba shapes by name."""
    outline = fit_stand(request, width_share=0.84, max_depth=0.7)
    finish = create_wood_finish(replace(request, kind="rustic"))
    slats = []
    rows = max(4, round(outline.depth / 0.16))
    step = outline.depth / rows
    for row in range(rows):
        slat = props.create_plinth(outline.width, step - 0.014, 0.035, corner=0.006, fillet=0.005)
        place = outline.z - outline.depth / 2 + (row + 0.5) * step
        # Each slat shows a different part of the texture.
        shifted = replace(slat, uv=slat.uv + np.array([0.37 * row, 0.0]))
        slats.append(shifted.translate(y=-0.035, z=place))
    front = outline.z + outline.depth / 2
    for row in range(3):
        slat = props.create_plinth(outline.width, 0.1, 0.03, corner=0.005, fillet=0.004)
        upright = slat.rotate(90, axis="x").translate(y=-0.095 - 0.115 * row, z=front - 0.035)
        slats.append(replace(upright, uv=upright.uv + np.array([0.21 * row, 0.33])))
    inside = props.create_plinth(
        outline.width - 0.04, outline.depth - 0.04, -STAND_BOTTOM - 0.04, 0.01, 0.001
    ).translate(y=STAND_BOTTOM, z=outline.z)
    shadow = materials.create_matte_material((26, 19, 14))
    return {
        "stand": world.load_mesh("stand", shapes.join_meshes(slats), finish),
        "inside": world.load_mesh("inside", inside, shadow),
    }


def create_stump_ground(request: GroundRequest) -> NamedShapes:
    """Places a slice of a tree with its rings and bark; returns Mitsuba shapes by name."""
    rng, color = request.rng, request.color or STUMP_WOOD
    outline = fit_stand(request, width_share=0.92, max_depth=1.0, corner=None)
    radius = outline.width / 2
    wobble = create_noise_field(seed=int(rng.integers(1000)), size=0.5, octaves=2)
    # Clockwise from above, so that the wood faces up.
    angle = np.linspace(2 * math.pi, 0, 181)
    grown = radius * (1 + 0.04 * wobble(np.cos(angle), np.sin(angle)))
    deep = outline.depth / outline.width
    gray = draw_tree_rings(int(rng.integers(3)))
    dark = mix_colors(color, (70, 36, 16), share=0.7)
    wood = materials.create_glossy_material(
        {**materials.create_texture(tint_drawing(gray, (color, dark))), "wrap_mode": "clamp"},
        roughness=0.6,
        specular=0.3,
    )
    share = np.linspace(1e-3, 1, 24)[:, None]
    top = np.stack(
        [
            share * grown * np.cos(angle),
            0 * share * angle,
            outline.z + deep * share * grown * np.sin(angle),
        ],
        axis=-1,
    )
    disc = 0.5 + 0.5 * share[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    bark = create_relief_material(
        _tint_bark(int(rng.integers(3))), depth=0.05, finish=materials.create_matte_material
    )
    return {
        "stand": world.load_mesh("stand", mesh_from_grid(top, disc), wood),
        "bark": world.load_mesh(
            "bark", _create_bark(grown, deep, outline.z, rng), replace(bark, scale=0.9)
        ),
    }


def _create_bark(grown: np.ndarray, deep: float, z: float, rng: np.random.Generator) -> Mesh:
    """Creates the bark around a slice of a tree: a rough rim that stands a little over its top.

    grown: radius of the slice around it, float (n,). deep: its extent along z as a share of that
    along x. z: of its middle. rng: varies the bark.
    """
    angle = np.linspace(2 * math.pi, 0, len(grown))
    # Units outward and y of the rings from the wood over the rim and down.
    outward = np.array([0.0, 0.004, 0.014, 0.026, 0.032, 0.034, 0.034, 0.034])
    level = np.array([-0.002, 0.004, 0.007, 0.003, -0.01, -0.05, -0.2, STAND_BOTTOM])
    rough = create_noise_field(seed=int(rng.integers(1000)), size=0.06, octaves=3, fade=0.6)
    fine = np.linspace(0, 1, 40)
    steps = np.linspace(0, 1, len(outward))
    out, y = np.interp(fine, steps, outward)[:, None], np.interp(fine, steps, level)[:, None]
    around = 6 * angle[None] * grown.mean()
    out = out + np.minimum(out, 0.02) * 0.8 * rough(around / 6, y * 0.25 + 0 * around)
    radius = grown[None] + out
    points = np.stack(
        [radius * np.cos(angle), y + 0 * radius, z + deep * radius * np.sin(angle)], axis=-1
    )
    uv = np.stack([angle[None] * grown.mean() + 0 * radius, y - out], axis=-1)
    return mesh_from_grid(points, uv)


def create_bark_ground(request: GroundRequest) -> NamedShapes:
    """Lays a piece of bark; returns the Mitsuba shape by name."""
    placement = replace(pick_texture_placement(request.rng), turn=90)
    bark = create_relief_material(
        _tint_bark(placement.seed, request.color or BARK),
        depth=0.05,
        finish=materials.create_matte_material,
    )
    return lay_slab(request, placement.apply_to(bark, scale=1.1))


def _tint_bark(seed: int, color: RGB = BARK) -> textures.ReliefTexture:
    """Draws bark in its colors: uint8 RGB (h, w, 3) and heights, float16 (h, w)."""
    gray, heights = draw_bark(seed)
    ramp = (mix_colors(color, (14, 10, 8), 0.75), color, mix_colors(color, (180, 160, 136), 0.5))
    return tint_drawing(gray, ramp), heights


@cache_drawing
def draw_bark(seed: int) -> textures.ReliefTexture:
    """Draws furrowed bark, its furrows along the height.

    seed: equal seeds draw equal bark.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each.
    """
    side = textures.FIELD_SIDE
    furrows = np.abs(
        generate_fractal_noise(size=side, cells=14, octaves=4, seed=seed * 3 + 1, stretch=4.0)
    )
    rough = generate_fractal_noise(size=side, cells=60, octaves=4, seed=seed * 3 + 2, fade=0.75)
    plates = np.clip(2.2 * furrows, 0, 1) ** 0.7
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(0.1 + 0.5 * plates + 0.07 * rough, size)), textures.pack_heights(
        upscale_field(0.15 + 0.7 * plates + 0.06 * rough, size)
    )


@cache_drawing
def draw_tree_rings(seed: int) -> np.ndarray:
    """Draws the end grain of a tree, its heart in the middle: darkness, uint8 (2048, 2048)."""
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 3 + 1)
    down, across = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    sway = generate_fractal_noise(size=side, cells=2, octaves=4, seed=seed * 3 + 2)
    angle = np.arctan2(down, across)
    radius = np.hypot(across, down) * (1 + 0.035 * sway)
    rings = 26 * radius + 0.25 * np.sin(3 * angle + 2)
    year = np.floor(rings).astype(int)
    late = (rings - year) ** 3 * rng.uniform(0.35, 1.0, 64).astype(np.float32)[year % 64]
    heart = np.exp(-((radius / 0.35) ** 2))
    rays = generate_fractal_noise(size=side, cells=40, octaves=3, seed=seed * 3 + 3, fade=0.7)
    tone = 0.12 + 0.42 * late + 0.16 * heart + 0.02 * rays
    for _ in range(6):
        # Cracks of drying run from the heart outward and widen.
        turn, reach = rng.uniform(-math.pi, math.pi), rng.uniform(0.5, 1.1)
        off = np.abs((angle - turn + 0.05 * sway + math.pi) % (2 * math.pi) - math.pi) * radius
        width = 0.0035 * np.clip(1 - np.abs(radius / reach - 0.5) * 2, 0, 1)
        tone += 0.75 * np.clip(1 - off / (width + 1e-6), 0, 1) * (radius < reach)
    return pack_gray(upscale_field(tone.astype(np.float32), textures.TEXTURE_SIDE))


def create_tray_ground(request: GroundRequest) -> NamedShapes:
    """Places a wooden tray with a low rim; returns Mitsuba shapes by name."""
    outline = fit_stand(request, width_share=0.9, max_depth=0.72)
    kind = request.kind if request.kind in ("walnut", "oak", "teak") else "walnut"
    finish = create_wood_finish(replace(request, kind=kind))
    base = props.create_plinth(outline.width, outline.depth, 0.03, 0.05, 0.004)
    rim = create_rim(outline.width, outline.depth, height=0.045, thickness=0.028, corner=0.06)
    return {
        "stand": world.load_mesh("stand", base.translate(y=-0.03, z=outline.z), finish),
        "rim": world.load_mesh("rim", rim.translate(y=-0.03, z=outline.z), finish),
    }


def create_rim(width: float, depth: float, height: float, thickness: float, corner: float) -> Mesh:
    """Creates a rounded frame that stands on y = 0 around an area; all in units.

    width, depth: of the area inside. height, thickness: of the frame. corner: radius inside.
    """
    inner = shapes.outline_rounded_rectangle(width - thickness, depth - thickness, corner)[::-1]
    middle_x, middle_z = inner[:, 0], inner[:, 1]
    following = np.roll(inner, -1, axis=0) - np.roll(inner, 1, axis=0)
    outward = np.column_stack([-following[:, 1], following[:, 0]])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    rounding = np.linspace(0, math.pi, 9)
    # Units outward and y of the cross-section, from inside over the top to outside.
    out = np.concatenate([[0], thickness / 2 * (1 - np.cos(rounding)), [thickness]])
    level = np.concatenate([[0], height - thickness / 2 * (1 - np.sin(rounding)), [0]])
    rings = np.stack(
        [
            middle_x[:, None] + out * outward[:, :1],
            np.broadcast_to(level, (len(inner), len(out))),
            middle_z[:, None] + out * outward[:, 1:],
        ],
        axis=-1,
    )
    closed = np.concatenate([rings, rings[:1]]).swapaxes(0, 1)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed[0], axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(along[None], (out + level)[:, None]), axis=-1)
    return mesh_from_grid(closed, uv)


def create_block_ground(request: GroundRequest) -> NamedShapes:
    """Places a block of cast concrete; returns the Mitsuba shape by name."""
    outline = fit_stand(request, width_share=0.84, max_depth=0.7)
    block = outline.create_block(height=-STAND_BOTTOM, fillet=0.008).translate(y=STAND_BOTTOM)
    placement = pick_texture_placement(request.rng)
    finish = create_concrete_material(placement, request.color or BLOCK)
    return {"stand": world.load_mesh("stand", block, finish)}


ROCK_TOP = Ground(create_rock_ground, gloss=0.0, shape=GroundShape.STAND)
BOOK_STACK = Ground(create_book_ground, gloss=0.0, shape=GroundShape.STAND)
CRATE = Ground(create_crate_ground, gloss=0.0, shape=GroundShape.STAND)
BARK_PIECE = Ground(create_bark_ground, gloss=0.0, shape=GroundShape.SLAB)
STUMP = Ground(create_stump_ground, gloss=0.0, shape=GroundShape.STAND)
WOODEN_TRAY = Ground(create_tray_ground, gloss=0.1, shape=GroundShape.STAND)
STONE_BLOCK = Ground(create_block_ground, gloss=0.05, shape=GroundShape.STAND)
