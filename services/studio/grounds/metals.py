"""Metal sheets: steel, brass, copper, aluminum and gold, brushed, polished or rusty."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import displace_field, generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement

# sRGB of the reflection of each metal.
METALS: dict[str, RGB] = {
    "steel": (196, 198, 200),
    "aluminum": (214, 216, 218),
    "brass": (232, 190, 112),
    "gold": (232, 190, 110),
    "copper": (214, 138, 104),
    "iron": (120, 120, 122),
}
# sRGB of rust, from bare dark iron to bright flakes.
RUST: tuple[RGB, ...] = ((58, 50, 48), (92, 50, 34), (146, 76, 38), (186, 110, 60))


def create_metal_ground(request: GroundRequest) -> NamedShapes:
    """Lays a sheet of metal; returns the Mitsuba shape by name."""
    placement = replace(pick_texture_placement(request.rng), turn=0)
    if request.kind == "rusty":
        return lay_slab(request, placement.apply_to(_create_rust(placement.seed), scale=2.2))
    color = request.color or METALS.get(request.kind, METALS["steel"])
    streaks = draw_brushed_metal(placement.seed)
    shade = tint_drawing(streaks, (_dim(color, 0.78), color))
    roughness = materials.create_texture(0.2 + 0.2 * streaks.astype(np.float32) / 255)
    brushed = materials.create_brushed_metal_material(materials.create_texture(shade), roughness)
    return lay_slab(request, placement.apply_to(brushed, scale=1.6))


def _dim(color: RGB, factor: float) -> RGB:
    """Multiplies an sRGB color by a factor below 1."""
    red, green, blue = (round(value * factor) for value in color)
    return red, green, blue


def _create_rust(seed: int) -> materials.Material:
    """Creates rusty iron, its texture not yet placed."""
    gray, heights = draw_rust(seed)
    return create_relief_material(
        (tint_drawing(gray, RUST), heights),
        depth=0.014,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.75, specular=0.3),
    )


@cache_drawing
def draw_brushed_metal(seed: int) -> np.ndarray:
    """Draws the streaks of brushing along the width: gray, uint8 (2048, 2048), seamless."""
    side = textures.TEXTURE_SIDE
    streaks = sum(
        weight
        * generate_fractal_noise(
            size=side, cells=across, octaves=1, seed=seed * 3 + across, stretch=stretch
        )
        for across, stretch, weight in ((1, 1 / 900, 0.13), (2, 1 / 400, 0.09))
    )
    clouds = upscale_field(
        generate_fractal_noise(size=textures.FIELD_SIDE, cells=3, octaves=4, seed=seed * 3),
        size=side,
    )
    return pack_gray(0.5 + streaks + 0.08 * clouds)


@cache_drawing
def draw_rust(seed: int) -> textures.ReliefTexture:
    """Draws rust: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    bends = [
        0.05 * side * generate_fractal_noise(size=side, cells=5, octaves=5, seed=seed * 3 + i)
        for i in (1, 2)
    ]
    broad = displace_field(
        generate_fractal_noise(size=side, cells=3, octaves=8, seed=seed * 3 + 5, fade=0.68), *bends
    )
    flakes = generate_fractal_noise(size=side, cells=40, octaves=4, seed=seed * 3 + 6, fade=0.8)
    size = textures.TEXTURE_SIDE
    tone = upscale_field(0.5 + 0.2 * broad + 0.07 * flakes, size)
    return pack_gray(tone), textures.pack_heights(
        upscale_field(0.5 + 0.1 * broad + 0.09 * flakes, size)
    )


METAL = Ground(create_metal_ground, gloss=0.35, shape=GroundShape.SLAB)
