"""Cloth whose weave shows: denim, corduroy and tartan."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.fabrics import create_gentle_folds, drape_ground
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.noise import generate_fractal_noise
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement

# sRGB where the request names no color.
INDIGO: RGB = (70, 92, 132)
CORD: RGB = (158, 112, 68)
TARTAN_RED: RGB = (168, 30, 36)
# Bands of a tartan in the order of their threads, each with its share of a repeat: sRGB, or None
# for the color of the cloth. The second half mirrors the first.
SETT: tuple[tuple[RGB | None, float], ...] = (
    *((None, 0.34), ((22, 44, 40), 0.1), ((24, 34, 72), 0.18), ((22, 44, 40), 0.1)),
    *((None, 0.16), ((236, 210, 120), 0.03), (None, 0.09)),
)
# Repeats of the sett, ribs of corduroy, and threads of denim along a texture's side.
SETT_REPEATS, RIBS, TWILL_THREADS = 4, 48, 130


def create_denim_ground(request: GroundRequest) -> NamedShapes:
    """Spreads denim; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or INDIGO
    ramp = (
        mix_colors(color, (8, 12, 26), share=0.6),
        color,
        mix_colors(color, (232, 234, 238), share=0.6),
    )
    gray, heights = draw_twill(placement.seed)
    denim = create_relief_material(
        (tint_drawing(gray, ramp), heights), depth=0.008, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.018), placement.apply_to(denim, scale=0.6)
    )


@cache_drawing
def draw_twill(seed: int) -> textures.ReliefTexture:
    """Draws diagonal ribs of dyed threads with pale ones between them.

    seed: equal seeds draw equal threads.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each.
    """
    side = textures.TEXTURE_SIDE
    down, across = np.mgrid[0:side, 0:side].astype(np.float32) / side * TWILL_THREADS
    # Threads of uneven thickness, along which dye is lost.
    slubs = generate_fractal_noise(
        size=side, cells=90, octaves=3, seed=seed * 3 + 1, stretch=0.06, fade=0.8
    )
    worn = generate_fractal_noise(size=side, cells=4, octaves=5, seed=seed * 3 + 2)
    rib = 0.5 + 0.5 * np.sin(2 * math.pi * (across + down) / 2 + 0.5 * slubs)
    thread = np.abs(np.sin(math.pi * across))
    tone = 0.24 + 0.34 * rib * thread + 0.13 * slubs + 0.06 * worn
    return pack_gray(tone), textures.pack_heights(0.2 + 0.6 * rib * (0.6 + 0.4 * thread))


def create_corduroy_ground(request: GroundRequest) -> NamedShapes:
    """Spreads corduroy, its ribs away from the camera; returns the Mitsuba shape by name."""
    placement, color = replace(pick_texture_placement(request.rng), turn=0), request.color or CORD
    ramp = (
        mix_colors(color, (24, 14, 8), share=0.7),
        color,
        mix_colors(color, (255, 236, 206), share=0.3),
    )
    gray, heights = draw_ribs(placement.seed)
    cord = create_relief_material(
        (tint_drawing(gray, ramp), heights), depth=0.02, finish=materials.create_matte_material
    )
    # Pulled a little askew, as cloths are.
    placement = replace(placement, turn=float(request.rng.uniform(-20, 20)))
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.025), placement.apply_to(cord, scale=1.0)
    )


@cache_drawing
def draw_ribs(seed: int) -> textures.ReliefTexture:
    """Draws ribs of cut pile: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.TEXTURE_SIDE
    across = np.arange(side, dtype=np.float32)[None] / side
    pile = generate_fractal_noise(size=side, cells=130, octaves=3, seed=seed * 3 + 1, fade=0.8)
    brushed = generate_fractal_noise(size=side, cells=5, octaves=4, seed=seed * 3 + 2)
    rib = np.sqrt(np.abs(np.sin(math.pi * RIBS * across + 0.08 * pile)))
    tone = 0.04 + 0.44 * rib + 0.05 * pile + 0.05 * brushed
    return pack_gray(tone), textures.pack_heights(0.1 + 0.75 * rib + 0.04 * pile)


def create_tartan_ground(request: GroundRequest) -> NamedShapes:
    """Spreads a tartan; returns the Mitsuba shape by name."""
    placement = pick_texture_placement(request.rng)
    placement = replace(placement, turn=float(request.rng.uniform(-24, 24)))
    woven, heights = textures.draw_weave(placement.seed)
    threads = lay_sett(request.color or TARTAN_RED)
    shade = (0.72 + 0.4 * woven.astype(np.float32) / 255)[..., None]
    picture = np.clip((threads[None] + threads[:, None]) / 2 * shade, 0, 255).astype(np.uint8)
    cloth = create_relief_material(
        (picture, heights), depth=0.002, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.025), placement.apply_to(cloth, scale=1.5)
    )


def lay_sett(color: RGB) -> np.ndarray:
    """Returns the sRGB of the threads along a texture's side: float32 (2048, 3).

    color: sRGB of the cloth.
    """
    bands = np.array([band or color for band, _ in SETT], np.float32)
    ends = np.cumsum([share for _, share in SETT])
    place = np.arange(textures.TEXTURE_SIDE) / textures.TEXTURE_SIDE * SETT_REPEATS % 1
    mirrored = np.minimum(place, 1 - place) * 2
    threads: np.ndarray = bands[np.searchsorted(ends, mirrored).clip(max=len(bands) - 1)]
    return threads


DENIM = Ground(create_denim_ground, gloss=0.0, shape=GroundShape.CLOTH)
CORDUROY = Ground(create_corduroy_ground, gloss=0.0, shape=GroundShape.CLOTH)
TARTAN = Ground(create_tartan_ground, gloss=0.0, shape=GroundShape.CLOTH)
