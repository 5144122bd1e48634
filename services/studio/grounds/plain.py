"""Even grounds: lacquer, acrylic, glass, mirrors, paper, and rubber mats."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import generate_fractal_noise
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement

# sRGB where the request names no color.
LACQUER: RGB = (232, 226, 216)
ACRYLIC: RGB = (228, 230, 232)
GLASS: RGB = (88, 110, 105)
FROSTED_GLASS: RGB = (170, 188, 184)
PAPER: RGB = (236, 231, 222)
RUBBER: RGB = (42, 43, 46)
TRACK: RGB = (176, 70, 48)
COURT: RGB = (52, 98, 142)
TENNIS_COURT: RGB = (66, 122, 94)
YOGA_MAT: RGB = (112, 104, 142)
USUAL_RUBBER = {"track": TRACK, "court": COURT, "tennis": TENNIS_COURT, "yoga mat": YOGA_MAT}
LANE_WHITE: RGB = (236, 234, 228)
# Share of the light that a mirror returns. Larger: no visible difference to the mirrored set.
MIRROR_REFLECTANCE: RGB = (242, 244, 244)


def create_plain_ground(request: GroundRequest) -> NamedShapes:
    """Lays a smooth lacquered top; returns the Mitsuba shape by name."""
    lacquer = materials.create_glossy_material(
        request.color or LACQUER, roughness=0.5, specular=0.4
    )
    return lay_slab(request, lacquer)


def create_acrylic_ground(request: GroundRequest) -> NamedShapes:
    """Lays a sheet of glossy acrylic; returns the Mitsuba shape by name."""
    gloss = materials.create_glossy_material(request.color or ACRYLIC, roughness=0.03, specular=1.0)
    return lay_slab(request, gloss)


def create_glass_ground(request: GroundRequest) -> NamedShapes:
    """Lays back-painted glass, the kind "frosted" dull; returns the Mitsuba shape by name."""
    roughness, usual = (0.3, FROSTED_GLASS) if request.kind == "frosted" else (0.02, GLASS)
    glass = materials.create_glossy_material(
        request.color or usual, roughness=roughness, specular=1.0
    )
    return lay_slab(request, glass)


def create_mirror_ground(request: GroundRequest) -> NamedShapes:
    """Lays a mirror, tinted by the request's color; returns the Mitsuba shape by name."""
    tint = MIRROR_REFLECTANCE
    if request.color:
        tint = mix_colors(request.color, MIRROR_REFLECTANCE, share=0.35)
    if request.kind == "black":
        black = materials.create_glossy_material((8, 8, 9), roughness=0.01, specular=1.0)
        return lay_slab(request, black)
    return lay_slab(request, materials.create_metal_material(tint, roughness=0.0))


def create_paper_ground(request: GroundRequest) -> NamedShapes:
    """Lays heavy paper, the kind "kraft" brown; returns the Mitsuba shape by name."""
    usual = (196, 160, 118) if request.kind == "kraft" else PAPER
    placement = pick_texture_placement(request.rng)
    tooth = materials.create_texture(textures.draw_paper_tooth(placement.seed))
    sheet = materials.create_matte_material(request.color or usual)
    return lay_slab(
        request,
        placement.apply_to(materials.add_relief(sheet, heights=tooth, depth=0.0009), scale=0.6),
    )


def create_rubber_ground(request: GroundRequest) -> NamedShapes:
    """Lays a speckled mat, a running track or a court; returns the Mitsuba shape by name."""
    is_track = request.kind in ("track", "court", "tennis")
    color = request.color or USUAL_RUBBER.get(request.kind, RUBBER)
    placement = pick_texture_placement(request.rng)
    if is_track:
        placement = replace(placement, turn=0, shift=(placement.shift[0], 0.12))
    gray, heights = draw_track(placement.seed) if is_track else draw_speckled_rubber(placement.seed)
    dark = mix_colors(color, (0, 0, 0), share=0.35)
    fleck = LANE_WHITE if is_track else mix_colors(color, (214, 216, 220), share=0.75)
    rubber = create_relief_material(
        (tint_drawing(gray, (dark, color, color, fleck)), heights),
        depth=0.006,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.75, specular=0.25),
    )
    return lay_slab(request, placement.apply_to(rubber, scale=1.6 if is_track else 1.1))


@cache_drawing
def draw_speckled_rubber(seed: int) -> textures.ReliefTexture:
    """Draws pressed rubber crumbs with pale flecks.

    seed: equal seeds draw equal crumbs.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each; a third of the gray's
    range is the mat, the upper end its flecks.
    """
    side = textures.TEXTURE_SIDE
    crumbs = generate_fractal_noise(size=side, cells=180, octaves=3, seed=seed * 3 + 1, fade=0.7)
    flecks = np.clip(
        6 * (generate_fractal_noise(size=side, cells=110, octaves=2, seed=seed * 3 + 2) - 2.35),
        0,
        1,
    )
    tone = np.clip(0.4 + 0.06 * crumbs, 0, 0.66)
    return pack_gray(tone + (1 - tone) * flecks), textures.pack_heights(0.5 + 0.14 * crumbs)


@cache_drawing
def draw_track(seed: int) -> textures.ReliefTexture:
    """Draws a running track with one white lane line along the width.

    seed: equal seeds draw equal granules.

    Returns gray, uint8, and heights 0 to 1, float16, (2048, 2048) each; the upper end of the gray
    is the line.
    """
    side = textures.TEXTURE_SIDE
    granules = generate_fractal_noise(size=side, cells=150, octaves=3, seed=seed * 3 + 21, fade=0.8)
    down = np.arange(side, dtype=np.float32)[:, None] / side
    ragged = 0.0012 * granules
    line = np.clip(((0.016 - np.abs(down - 0.5 + ragged)) * 400), 0, 1) * 0.93
    tone = np.clip(0.42 + 0.09 * granules, 0, 0.66)
    return pack_gray(tone + (1 - tone) * line), textures.pack_heights(0.5 + 0.16 * granules)


PLAIN = Ground(create_plain_ground, gloss=0.1, shape=GroundShape.SLAB)
ACRYLIC_SHEET = Ground(create_acrylic_ground, gloss=0.5, shape=GroundShape.SLAB)
GLASS_PLATE = Ground(create_glass_ground, gloss=0.6, shape=GroundShape.SLAB)
MIRROR = Ground(create_mirror_ground, gloss=1.0, shape=GroundShape.SLAB)
PAPER_SHEET = Ground(create_paper_ground, gloss=0.0, shape=GroundShape.SLAB)
RUBBER_MAT = Ground(create_rubber_ground, gloss=0.05, shape=GroundShape.SLAB)
