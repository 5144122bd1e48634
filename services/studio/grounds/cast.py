"""Cast and troweled grounds: concrete, terrazzo, plaster and asphalt."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import (
    create_concrete_material,
    create_relief_material,
    create_surface_material,
    pick_texture_placement,
)

# sRGB where the request names no color.
CONCRETE: RGB = (176, 172, 166)
ASPHALT: RGB = (70, 71, 74)


def create_concrete_ground(request: GroundRequest) -> NamedShapes:
    """Lays a slab of cast concrete; returns the Mitsuba shape by name."""
    placement = pick_texture_placement(request.rng)
    return lay_slab(request, create_concrete_material(placement, request.color or CONCRETE))


def create_terrazzo_ground(request: GroundRequest) -> NamedShapes:
    """Lays polished terrazzo; returns the Mitsuba shape by name."""
    return lay_slab(
        request, create_surface_material("terrazzo", {}, request.rng, color=request.color)
    )


def create_plaster_ground(request: GroundRequest) -> NamedShapes:
    """Lays troweled plaster; returns the Mitsuba shape by name."""
    return lay_slab(
        request, create_surface_material("plaster", {}, request.rng, color=request.color)
    )


def create_asphalt_ground(request: GroundRequest) -> NamedShapes:
    """Lays asphalt, the kind "wet" with puddles that mirror; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or ASPHALT
    is_wet = request.kind == "wet"
    if is_wet:
        color = mix_colors(color, (6, 8, 12), share=0.5)
    gray, heights = draw_asphalt(placement.seed)
    dark, light = (
        mix_colors(color, (8, 8, 10), share=0.6),
        mix_colors(color, (190, 188, 184), share=0.4),
    )
    picture = tint_drawing(gray, (dark, color, light))
    if not is_wet:
        dry = create_relief_material(
            (picture, heights),
            depth=0.012,
            finish=lambda body: materials.create_glossy_material(body, roughness=0.8, specular=0.3),
        )
        return lay_slab(request, placement.apply_to(dry, scale=1.0))
    puddles = draw_puddles(placement.seed)
    relief = (heights * (1 - puddles) + 0.5 * puddles).astype(np.float16)
    wet = create_relief_material(
        (picture, relief),
        depth=0.01,
        finish=lambda body: materials.create_varied_gloss_material(
            body, roughness=materials.create_texture((0.32 - 0.29 * puddles).astype(np.float16))
        ),
    )
    return lay_slab(request, placement.apply_to(wet, scale=1.0))


@cache_drawing
def draw_asphalt(seed: int) -> textures.ReliefTexture:
    """Draws stones in tar: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    rng = np.random.default_rng(seed * 3 + 1)
    cells = create_cells(side, across=90, seed=seed * 3 + 2)
    shade = rng.beta(1.6, 3.0, 90 * 90).astype(np.float32)[cells.labels]
    lift = rng.uniform(0.4, 1.0, 90 * 90).astype(np.float32)[cells.labels]
    stone = np.clip(cells.border * 4, 0, 1)
    drift = generate_fractal_noise(size=side, cells=3, octaves=5, seed=seed * 3 + 3)
    tone = stone * shade + 0.05 * drift
    size = textures.TEXTURE_SIDE
    return (
        pack_gray(upscale_field(tone.astype(np.float32), size)),
        textures.pack_heights(upscale_field((stone * lift).astype(np.float32), size)),
    )


@cache_drawing
def draw_puddles(seed: int) -> np.ndarray:
    """Draws where water stands on asphalt, 0 to 1: float16 (2048, 2048), seamless."""
    field = generate_fractal_noise(
        size=textures.FIELD_SIDE, cells=3, octaves=6, seed=seed * 3 + 7, fade=0.5
    )
    return textures.pack_heights(
        upscale_field(np.clip(1.8 * field + 0.5, 0, 1), size=textures.TEXTURE_SIDE)
    )


CONCRETE_SLAB = Ground(create_concrete_ground, gloss=0.08, shape=GroundShape.SLAB)
TERRAZZO = Ground(create_terrazzo_ground, gloss=0.25, shape=GroundShape.SLAB)
PLASTER = Ground(create_plaster_ground, gloss=0.0, shape=GroundShape.SLAB)
ASPHALT_ROAD = Ground(create_asphalt_ground, gloss=0.15, shape=GroundShape.SLAB)
