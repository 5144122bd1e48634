"""Loose ground: sand, soil, pebbles, snow, salt flats and sawdust."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, props, shapes, textures, world
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.foliage import create_palette_material
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.lands import find_detail_end, load_land, shape_land
from services.studio.grounds.scatter import (
    choose_places,
    copy_mesh,
    create_random_frames,
    stand_on,
)
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.shapes import Mesh
from services.studio.surfaces import (
    SAND,
    SNOW,
    create_relief_material,
    create_sand_material,
    create_snow_material,
    pick_texture_placement,
)
from services.studio.terrain import (
    HeightField,
    create_noise_field,
    ramp_away_from_product,
)

# sRGB where the request names no color.
SOIL: RGB = (92, 66, 46)
RUST: RGB = (132, 74, 48)
# Share of rust in red sand, and how far red is above the other channels of a color that is red.
RUST_SHARE, MIN_RED = 0.6, 80
PEBBLES: tuple[RGB, ...] = (
    *((150, 146, 140), (112, 108, 106), (186, 178, 166), (88, 88, 92)),
    *((204, 198, 188), (134, 122, 110)),
)
SALT: RGB = (240, 238, 234)
SAWDUST: RGB = (222, 184, 134)
# Units from ripple to ripple in sand, their height, and the height of hills and dunes.
RIPPLE_LENGTH, RIPPLE_HEIGHT, HILL_HEIGHT, DUNE_HEIGHT = 0.1, 0.0075, 0.035, 0.16
# Share of the ripples' height that is kept under the product. Larger: it stands less firmly.
KEPT_RIPPLES = 0.2
# Things per square unit around the product. More: denser, slower to load.
CLOD_DENSITY, PEBBLE_DENSITY, CURL_DENSITY = 900, 460, 2000


def create_sand_ground(request: GroundRequest) -> NamedShapes:
    """Lays rippled sand, the kind "dunes" with high hills; returns the Mitsuba shape by name."""
    rng = request.rng
    sway, hills = (
        create_noise_field(seed=int(rng.integers(1000)), size=0.9),
        create_noise_field(seed=int(rng.integers(1000)), size=1.3, octaves=2),
    )
    angle = math.radians(rng.choice((-1, 1)) * rng.uniform(60, 76))
    hill = DUNE_HEIGHT if request.kind == "dunes" else HILL_HEIGHT

    def sand_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the sand in units at points (x, z): float, of the same shape."""
        along = x * math.cos(angle) + z * math.sin(angle) + 0.07 * sway(x, z)
        wave = np.sin(2 * math.pi * along / RIPPLE_LENGTH)
        # Ripples fade with the distance from the product.
        fade = np.clip(1.3 - 0.35 * np.hypot(x, z), 0, 1)
        behind = np.clip(0.6 - z, 0.15, 1)
        return RIPPLE_HEIGHT * (wave + 0.25 * wave**2) * fade + hill * behind * (hills(x, z) + 0.6)

    color = _color_as_sand(request.color) if request.color else SAND
    material = create_sand_material(pick_texture_placement(rng), color)
    return {
        "ground": load_land(request, shape_land(request, sand_heights, kept=KEPT_RIPPLES), material)
    }


def _color_as_sand(color: RGB) -> RGB:
    """Returns the sRGB of sand that is called by a color: red sand is of rusty grains."""
    red, green, blue = color
    return mix_colors(color, RUST, RUST_SHARE) if red - max(green, blue) > MIN_RED else color


def create_snow_ground(request: GroundRequest) -> NamedShapes:
    """Lays drifts of fresh snow; returns the Mitsuba shape by name."""
    rng = request.rng
    drifts, lumps = (
        create_noise_field(seed=int(rng.integers(1000)), size=0.8, octaves=2),
        create_noise_field(seed=int(rng.integers(1000)), size=0.16, octaves=3),
    )

    def snow_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the snow in units at points (x, z): float, of the same shape."""
        sides = 0.1 * np.clip(np.abs(x) - 0.5, 0, 1.2)
        return 0.07 * (drifts(x, z) + 0.7) + sides + 0.007 * lumps(x, z)

    material = create_snow_material(pick_texture_placement(rng), request.color or SNOW)
    return {"ground": load_land(request, shape_land(request, snow_heights), material)}


def create_soil_ground(request: GroundRequest) -> NamedShapes:
    """Lays dark crumbly soil; returns Mitsuba shapes by name."""
    rng, color = request.rng, request.color or SOIL
    hills, lumps = (
        create_noise_field(seed=int(rng.integers(1000)), size=0.5, octaves=2),
        create_noise_field(seed=int(rng.integers(1000)), size=0.07, octaves=3, fade=0.6),
    )
    heights = shape_land(request, lambda x, z: 0.03 * hills(x, z) + 0.008 * lumps(x, z))
    placement = pick_texture_placement(rng)
    gray, relief = draw_soil(placement.seed)
    dark, light = (
        mix_colors(color, (16, 10, 8), share=0.55),
        mix_colors(color, (190, 158, 124), share=0.3),
    )
    crumbs = create_relief_material(
        (tint_drawing(gray, (dark, color, light)), relief),
        depth=0.02,
        finish=materials.create_matte_material,
    )
    palette = create_palette_material((dark, color, color, light), root=0.75)
    return {
        "ground": load_land(request, heights, placement.apply_to(crumbs, scale=0.9)),
        **_strew_stones(
            request,
            heights,
            palette,
            name="clods",
            density=CLOD_DENSITY,
            sizes=(0.008, 0.03),
            steps=8,
        ),
    }


def create_pebble_ground(request: GroundRequest) -> NamedShapes:
    """Lays water-worn pebbles; returns Mitsuba shapes by name."""
    rng, colors = request.rng, PEBBLES
    if request.color:
        ends: tuple[RGB, ...] = ((20, 20, 22), (255, 255, 255), (90, 80, 70), (200, 200, 205))
        colors = tuple(mix_colors(request.color, end, share=0.25) for end in ends)
    hills = create_noise_field(seed=int(rng.integers(1000)), size=0.6, octaves=2)
    heights = shape_land(request, lambda x, z: 0.02 * hills(x, z))
    base = create_sand_material(
        pick_texture_placement(rng), mix_colors(colors[0], (60, 56, 52), share=0.6)
    )
    palette = create_palette_material(colors, root=0.9, is_mixed=False)
    return {
        "ground": load_land(request, heights, base),
        **_strew_stones(
            request,
            heights,
            palette,
            name="gravel",
            density=1.6 * PEBBLE_DENSITY,
            sizes=(0.02, 0.045),
        ),
        **_strew_stones(
            request,
            heights,
            palette,
            name="pebbles",
            density=PEBBLE_DENSITY,
            sizes=(0.045, 0.1),
            steps=16,
        ),
    }


def create_salt_ground(request: GroundRequest) -> NamedShapes:
    """Lays a salt flat cracked into plates with raised rims; returns the Mitsuba shape by name."""
    color = request.color or SALT
    placement = pick_texture_placement(request.rng)
    gray, relief = draw_salt(placement.seed)
    shade = mix_colors(color, (150, 136, 120), share=0.45)
    crust = create_relief_material(
        (tint_drawing(gray, (shade, color, mix_colors(color, (255, 255, 255), share=0.6))), relief),
        depth=0.03,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.7, specular=0.3),
    )
    heights = shape_land(request, lambda x, z: 0 * x)
    return {"ground": load_land(request, heights, placement.apply_to(crust, scale=2.2))}


def create_sawdust_ground(request: GroundRequest) -> NamedShapes:
    """Strews sawdust and shavings; returns Mitsuba shapes by name."""
    rng, color = request.rng, request.color or SAWDUST
    hills = create_noise_field(seed=int(rng.integers(1000)), size=0.4, octaves=3)
    heights = shape_land(request, lambda x, z: 0.025 * hills(x, z))
    dust = create_sand_material(
        pick_texture_placement(rng), mix_colors(color, (120, 84, 50), share=0.15)
    )
    places = choose_places(request.camera, find_detail_end(request), CURL_DENSITY, rng)
    count = len(places.x)
    curls = copy_mesh(
        create_shaving(),
        points=stand_on(heights, places),
        frames=create_random_frames(rng, count, lean=24, is_lying=True),
        shade=rng.random(count),
        scale=places.growth * (0.55 * rng.uniform(0.35, 1.0, count) ** 2 + 0.08),
    )
    light, dark = (
        mix_colors(color, (255, 244, 220), share=0.4),
        mix_colors(color, (110, 70, 36), share=0.3),
    )
    return {
        "ground": load_land(request, heights, dust),
        "shavings": world.load_mesh(
            "shavings", curls, create_palette_material((dark, color, light), root=0.85)
        ),
    }


def create_shaving() -> Mesh:
    """Creates a curled wood shaving of about 0.06 units on y = 0."""
    turns, steps, width = 0.8, 14, 0.03
    angle = np.linspace(0, 2 * math.pi * turns, steps)
    radius = 0.02 + 0.006 * angle / math.pi
    y, z = radius * (1 - np.cos(angle)), radius * np.sin(angle)
    sides = [np.column_stack([np.full(steps, side * width / 2), y, z]) for side in (-1, 1)]
    normal = np.column_stack([0 * angle, np.cos(angle), -np.sin(angle)])
    i = np.arange(steps - 1)
    faces = np.concatenate(
        [
            np.stack([i, i + steps, i + 1], axis=-1),
            np.stack([i + 1, i + steps, i + steps + 1], axis=-1),
        ]
    )
    along = np.linspace(0, 1, steps)
    return Mesh(
        vertices=np.concatenate(sides),
        normals=np.concatenate([normal, normal]),
        uv=np.column_stack([np.zeros(2 * steps), np.tile(along, 2)]),
        faces=faces,
    )


def _strew_stones(
    request: GroundRequest,
    heights: HeightField,
    material: materials.Material,
    name: str,
    density: float,
    sizes: tuple[float, float],
    steps: int = 12,
) -> NamedShapes:
    """Strews rounded stones over the ground, sunk in where the product stands.

    heights: of the ground. density: per square unit around the product.
    sizes: smallest and largest width in units.
    steps: vertices around each stone. More: rounder ones, and larger meshes.

    Returns the Mitsuba shape by name.
    """
    rng, parts = request.rng, []
    for _ in range(4):
        places = choose_places(request.camera, find_detail_end(request), density / 4, rng)
        count = len(places.x)
        size = places.growth * (sizes[0] + (sizes[1] - sizes[0]) * rng.random(count) ** 2)
        away = ramp_away_from_product(places.x, places.z, half_axes=(0.34, 0.26))
        points = stand_on(heights, places)
        # Their tops are level with the ground under the product, half out elsewhere.
        points[:, 1] += size * (0.16 * away - 0.15 * (1 - away))
        parts.append(
            copy_mesh(
                create_small_stone(rng, steps),
                points=points,
                frames=create_random_frames(rng, count, lean=14),
                shade=rng.random(count),
                scale=size,
            )
        )
    return {name: world.load_mesh(name, shapes.join_meshes(parts), material)}


def create_small_stone(rng: np.random.Generator, steps: int) -> Mesh:
    """Creates a stone of few triangles, 1 unit wide around the origin.

    rng: varies its shape.
    steps: vertices around.
    """
    depth, height = rng.uniform(0.65, 0.95), rng.uniform(0.42, 0.62)
    return props.create_pebble(size=(1.0, height, depth), rng=rng, steps=steps).translate(
        y=-height / 2
    )


@cache_drawing
def draw_soil(seed: int) -> textures.ReliefTexture:
    """Draws crumbs of soil: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 3 + 1)
    tone, heights = (np.zeros((side, side), np.float32) for _ in range(2))
    for across, weight in ((110, 0.5), (50, 0.5)):
        cells = create_cells(side, across, seed * 3 + across, jitter=1.0)
        shade = rng.random(across * across).astype(np.float32)[cells.labels]
        dome = np.clip(1 - (1.5 * cells.center) ** 2, 0, 1) * (0.3 + 0.7 * shade)
        tone += weight * (0.35 * dome + 0.25 * shade)
        heights += weight * dome
    drift = generate_fractal_noise(size=side, cells=4, octaves=5, seed=seed * 3 + 3)
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(0.12 + tone + 0.05 * drift, size)), textures.pack_heights(
        upscale_field(heights, size)
    )


@cache_drawing
def draw_salt(seed: int) -> textures.ReliefTexture:
    """Draws plates of salt: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side, across = textures.FIELD_SIDE, 6
    cells = create_cells(side, across, seed * 3 + 1)
    rough = generate_fractal_noise(size=side, cells=60, octaves=4, seed=seed * 3 + 2, fade=0.75)
    sway = 0.02 * generate_fractal_noise(size=side, cells=14, octaves=4, seed=seed * 3 + 3)
    border = np.abs(cells.border + sway)
    rim = np.exp(-((border / 0.045) ** 2))
    crack = np.exp(-((border / 0.007) ** 2))
    drift = generate_fractal_noise(size=side, cells=4, octaves=5, seed=seed * 3 + 4)
    tone = 0.5 + 0.35 * rim + 0.05 * drift + 0.04 * rough - 0.3 * crack
    heights = 0.3 + 0.5 * rim + 0.05 * rough - 0.3 * crack
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone, size)), textures.pack_heights(upscale_field(heights, size))


SANDS = Ground(create_sand_ground, gloss=0.0, shape=GroundShape.LAND)
SNOW_FIELD = Ground(create_snow_ground, gloss=0.04, shape=GroundShape.LAND)
SOIL_BED = Ground(create_soil_ground, gloss=0.0, shape=GroundShape.LAND)
PEBBLE_BED = Ground(create_pebble_ground, gloss=0.0, shape=GroundShape.LAND)
SALT_FLAT = Ground(create_salt_ground, gloss=0.03, shape=GroundShape.LAND)
SAWDUST_BED = Ground(create_sawdust_ground, gloss=0.0, shape=GroundShape.LAND)
