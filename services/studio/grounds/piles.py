"""Piles: fur, shaggy rugs and looped towels."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures, world
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.fabrics import create_gentle_folds, drape_ground
from services.studio.grounds.foliage import create_grass_blade, create_palette_material
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
from services.studio.surfaces import create_relief_material, pick_texture_placement
from services.studio.terrain import create_noise_field, ramp_away_from_product

# sRGB where the request names no color.
FUR: RGB = (250, 244, 234)
TERRY: RGB = (240, 236, 228)
# Loops along the side of a texture of terry. More: a finer towel.
LOOPS = 96
# Tufts per square unit around the product, and their length in units.
TUFT_DENSITY, TUFT_LENGTH = 9000, 0.11


def create_fur_ground(request: GroundRequest) -> NamedShapes:
    """Lays fur, pressed down where the product stands; returns Mitsuba shapes by name."""
    rng, color = request.rng, request.color or FUR
    waves = create_noise_field(seed=int(rng.integers(1000)), size=0.3, octaves=2)
    heights = shape_land(request, lambda x, z: 0.018 * waves(x, z))
    skin = materials.create_matte_material(mix_colors(color, (60, 44, 34), share=0.08))
    places = choose_places(request.camera, find_detail_end(request), TUFT_DENSITY, rng)
    count = len(places.x)
    pressed = 0.35 + 0.65 * ramp_away_from_product(places.x, places.z, half_axes=(0.36, 0.26))
    # Combed: hairs lie toward one side, which sways.
    nap = create_noise_field(seed=int(rng.integers(1000)), size=0.4, octaves=2)
    turn = rng.uniform(-0.8, 0.8) + 0.9 * nap(places.x, places.z) + rng.normal(0, 0.45, count)
    tufts = copy_mesh(
        create_grass_blade(length=TUFT_LENGTH, width=0.009, bend=1.5),
        points=stand_on(heights, places),
        frames=create_random_frames(rng, count, lean=14, turn=turn),
        shade=np.clip(0.5 + 0.22 * rng.normal(size=count), 0.02, 0.98),
        scale=places.growth * pressed * rng.uniform(0.7, 1.2, count),
    )
    ends = (mix_colors(color, (120, 96, 70), share=0.1), color, mix_colors(color, (255,) * 3, 0.5))
    return {
        "ground": load_land(request, heights, skin),
        "tufts": world.load_mesh("tufts", tufts, create_palette_material(ends, root=0.9)),
    }


def create_terry_ground(request: GroundRequest) -> NamedShapes:
    """Spreads a towel of looped cotton; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or TERRY
    gray, heights = draw_loops(placement.seed)
    ramp = (
        mix_colors(color, (70, 58, 46), share=0.5),
        color,
        mix_colors(color, (255, 255, 255), share=0.35),
    )
    towel = create_relief_material(
        (tint_drawing(gray, ramp), heights), depth=0.035, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.03), placement.apply_to(towel, scale=1.0)
    )


@cache_drawing
def draw_loops(seed: int) -> textures.ReliefTexture:
    """Draws loops of yarn: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side, size = textures.FIELD_SIDE, textures.TEXTURE_SIDE
    cells = create_cells(side, across=LOOPS, seed=seed * 3 + 1, jitter=0.8)
    loop = np.clip(1 - 1.3 * cells.center, 0, 1)
    shade = np.random.default_rng(seed).normal(0, 0.07, LOOPS * LOOPS)[cells.labels]
    # Loops that were brushed to one side or another.
    brushed = generate_fractal_noise(size=side, cells=7, octaves=4, seed=seed * 3 + 2)
    tone = (0.26 + 0.5 * loop + shade + 0.04 * brushed).astype(np.float32)
    heights = (0.15 + 0.6 * loop + shade + 0.05 * brushed).astype(np.float32)
    return pack_gray(upscale_field(tone, size)), textures.pack_heights(upscale_field(heights, size))


TOWEL = Ground(create_terry_ground, gloss=0.0, shape=GroundShape.CLOTH)
FUR_RUG = Ground(create_fur_ground, gloss=0.0, shape=GroundShape.LAND)
