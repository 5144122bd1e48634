"""Cloth: linen, checkered and striped weaves, knit, burlap, felt, velvet, silk, and leather."""

import math
from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures, world
from services.studio.cells import create_cells
from services.studio.cloth import create_cloth_folds
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement
from services.studio.terrain import (
    HeightField,
    create_noise_field,
    create_terrain,
    flatten_front,
    ramp_away_from_product,
)

# sRGB where the request names no color.
LINEN: RGB = (222, 210, 190)
COTTON: RGB = (232, 228, 220)
BURLAP: RGB = (182, 146, 98)
FELT: RGB = (120, 126, 132)
WOOL: RGB = (226, 216, 200)
LEATHER: RGB = (128, 74, 44)
VELVET: RGB = (96, 22, 44)
SILK: RGB = (230, 212, 204)
CHECK_WHITE: RGB = (244, 242, 238)
CHECK_RED: RGB = (186, 38, 40)
# Of silk and satin. Smaller: brighter, narrower streaks on their folds.
SILK_ROUGHNESS = 0.24
# z in units up to which cloth reaches where nothing ends it.
CLOTH_END = -7.0
# Half-axes, in units, of the ellipse under the product where cloth is smooth.
SMOOTH_HALF_AXES = (0.44, 0.3)
# Units: radius of the curve in which cloth falls over an edge, and how far it hangs down.
HEM_RADIUS, HEM_DROP = 0.05, 0.25
# Units from the edge over which folds flatten. Larger: a straighter edge.
FLAT_HEM = 0.7


def drape_ground(
    request: GroundRequest, folds: HeightField, material: materials.Material
) -> NamedShapes:
    """Spreads cloth at y = 0 up to the far edge, over which it falls.

    folds: height of the folds in units by x and z, away from the product.

    Returns the Mitsuba shape by name.
    """
    edge_z = max(request.far_z, CLOTH_END)

    def cloth_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the cloth in units at points (x, z): float, of the same shape."""
        away = ramp_away_from_product(x, z, half_axes=SMOOTH_HALF_AXES)
        beyond = np.clip((edge_z + HEM_RADIUS - z) / HEM_RADIUS, 0, None)
        fall = HEM_RADIUS * (np.sqrt(1 + beyond * beyond) - 1) * 2.5
        # Folds flatten toward the edge, which would look like a ridge of hills.
        flat = np.clip((z - edge_z) / FLAT_HEM, 0.15, 1)
        return flatten_front(away * flat * folds(x, z), z) - np.minimum(fall, HEM_DROP)

    half_width = max(2.5, 1.25 * request.camera.half_width_at_depth(z=edge_z))
    front = max(4.0, request.camera.height_in_units)
    mesh = create_terrain(half_width, back=edge_z - 0.1, front=front, heights=cloth_heights)
    return {"ground": world.load_mesh("ground", mesh, material)}


def create_gentle_folds(rng: np.random.Generator, depth: float = 0.02) -> HeightField:
    """Creates the few low folds of a cloth that was spread by hand; depth: units of their height.

    Returns a function of x and z, float arrays (...), to heights of the same shape.
    """
    slant = float(rng.choice((-1, 1)) * rng.uniform(0.5, 1.3))
    folds = create_cloth_folds(int(rng.integers(1000)), slant=slant, spacing=0.5, depth=depth)
    where = create_noise_field(seed=int(rng.integers(1000)), size=0.8, octaves=2)
    return lambda x, z: folds(x, z) * np.clip(0.5 + 0.5 * where(x, z), 0, 1.4)


def create_fabric_ground(request: GroundRequest) -> NamedShapes:
    """Spreads woven cotton, plain, checkered or striped; returns the Mitsuba shape by name."""
    placement = replace(pick_texture_placement(request.rng), turn=0)
    woven, heights = textures.draw_weave(placement.seed)
    if request.kind in ("checkered", "striped"):
        color = request.color or CHECK_RED
        pattern = draw_gingham(request.kind == "striped")
        picture = tint_drawing(pattern, (CHECK_WHITE, color))
        shade = (0.86 + 0.14 * woven.astype(np.float32) / 255)[..., None]
        picture = (picture * shade).astype(np.uint8)
        # Pulled a little askew, as cloths are.
        placement = replace(placement, turn=float(request.rng.uniform(-24, 24)))
    else:
        picture = textures.tint_weave(woven, request.color or COTTON)
    cloth = create_relief_material(
        (picture, heights), depth=0.001, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng), placement.apply_to(cloth, scale=1.3)
    )


@cache_drawing
def draw_gingham(is_striped: bool) -> np.ndarray:
    """Draws squares (or stripes) of dyed and undyed threads: share of dye, uint8 (2048, 2048)."""
    side = textures.TEXTURE_SIDE
    wave = np.clip(0.5 + 6 * np.sin(2 * math.pi * 9 * np.arange(side) / side), 0, 1)
    across = wave[None].astype(np.float32)
    return pack_gray(
        np.broadcast_to(across, (side, side)) if is_striped else (across + across.T) / 2
    )


def create_linen_ground(request: GroundRequest) -> NamedShapes:
    """Spreads natural linen; returns the Mitsuba shape by name."""
    placement = pick_texture_placement(request.rng)
    woven, heights = textures.draw_weave(placement.seed)
    picture = textures.tint_weave(woven, request.color or LINEN)
    cloth = create_relief_material(
        (picture, heights), depth=0.001, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.03), placement.apply_to(cloth, scale=1.2)
    )


def create_burlap_ground(request: GroundRequest) -> NamedShapes:
    """Spreads coarse burlap; returns the Mitsuba shape by name."""
    placement = pick_texture_placement(request.rng)
    woven, heights = textures.draw_weave(placement.seed, threads=72, unevenness=3.0)
    color = request.color or BURLAP
    dark = mix_colors(color, (46, 30, 14), share=0.75)
    cloth = create_relief_material(
        (
            tint_drawing(woven, (dark, color, mix_colors(color, (255, 236, 200), share=0.2))),
            heights,
        ),
        depth=0.012,
        finish=materials.create_matte_material,
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.025), placement.apply_to(cloth, scale=0.9)
    )


def create_wool_ground(request: GroundRequest) -> NamedShapes:
    """Spreads a knitted blanket; returns the Mitsuba shape by name."""
    placement, color = replace(pick_texture_placement(request.rng), turn=0), request.color or WOOL
    gray, heights = draw_knit(placement.seed)
    ramp = (mix_colors(color, (40, 30, 22), share=0.6), color, mix_colors(color, (255,) * 3, 0.3))
    knit = create_relief_material(
        (tint_drawing(gray, ramp), heights), depth=0.03, finish=materials.create_matte_material
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.035), placement.apply_to(knit, scale=1.1)
    )


@cache_drawing
def draw_knit(seed: int) -> textures.ReliefTexture:
    """Draws stockinette stitches: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side, columns, rows = textures.TEXTURE_SIDE, 28, 34
    down, across = np.mgrid[0:side, 0:side].astype(np.float32) / side
    sway = 0.0025 * upscale_field(
        generate_fractal_noise(size=textures.FIELD_SIDE, cells=5, octaves=3, seed=seed * 3), side
    )
    place = (across + sway) * columns
    # Each stitch is a V of two legs that lean toward its middle.
    leg = place * 2
    within = leg - np.floor(leg) - 0.5
    lean = np.where(np.floor(leg).astype(int) % 2 == 0, 1.0, -1.0)
    level = (down + sway) * rows + 0.75 * lean * within
    rise = level - np.floor(level) - 0.5
    strand = np.sqrt(np.clip(1 - (2 * rise) ** 2 * 0.9, 0, 1)) * np.sqrt(
        np.clip(1 - (2 * within) ** 2 * 0.95, 0, 1)
    )
    fuzz = generate_fractal_noise(size=side, cells=120, octaves=3, seed=seed * 3 + 1, fade=0.8)
    twist = np.sin(2 * math.pi * (2.5 * within + 2 * rise) * lean)
    heights = 0.1 + 0.75 * strand + 0.03 * fuzz + 0.03 * twist
    tone = 0.2 + 0.55 * strand + 0.04 * fuzz + 0.03 * twist
    return pack_gray(tone), textures.pack_heights(heights)


def create_felt_ground(request: GroundRequest) -> NamedShapes:
    """Lays felt; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or FELT
    gray, heights = draw_felt(placement.seed)
    ramp = (mix_colors(color, (0, 0, 0), share=0.25), color, mix_colors(color, (255,) * 3, 0.2))
    felt = create_relief_material(
        (tint_drawing(gray, ramp), heights), depth=0.005, finish=materials.create_matte_material
    )
    return lay_slab(request, placement.apply_to(felt, scale=0.9))


@cache_drawing
def draw_felt(seed: int) -> textures.ReliefTexture:
    """Draws matted fibers: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.TEXTURE_SIDE
    fibers = sum(
        generate_fractal_noise(
            size=side, cells=cells, octaves=2, seed=seed * 3 + cells, stretch=stretch
        )
        for cells, stretch in ((160, 3.0), (60, 0.33))
    )
    pile = generate_fractal_noise(size=side, cells=90, octaves=3, seed=seed * 3 + 1, fade=0.7)
    field = 0.07 * fibers + 0.07 * pile
    return pack_gray(0.5 + field), textures.pack_heights(0.5 + 1.3 * field)


def create_leather_ground(request: GroundRequest) -> NamedShapes:
    """Lays grained leather; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or LEATHER
    gray, heights = draw_leather(placement.seed)
    ramp = (
        mix_colors(color, (14, 8, 6), share=0.6),
        color,
        mix_colors(color, (255, 214, 170), share=0.2),
    )
    hide = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.007,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.42, specular=0.45),
    )
    return drape_ground(
        request, create_gentle_folds(request.rng, 0.012), placement.apply_to(hide, scale=1.0)
    )


@cache_drawing
def draw_leather(seed: int) -> textures.ReliefTexture:
    """Draws the grain of hide: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    cells = create_cells(side, across=70, seed=seed * 3 + 1, jitter=1.0)
    pebble = np.clip(2.6 * cells.border, 0, 1) ** 0.6
    drift = generate_fractal_noise(size=side, cells=3, octaves=5, seed=seed * 3 + 2)
    fine = generate_fractal_noise(size=side, cells=150, octaves=2, seed=seed * 3 + 3)
    tone = 0.28 + 0.25 * pebble + 0.07 * drift + 0.02 * fine
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone, size)), textures.pack_heights(
        upscale_field(0.2 + 0.6 * pebble + 0.03 * fine, size)
    )


@dataclass(frozen=True)
class DrapedKind:
    """A draped cloth: usual sRGB, and distance and depth of its folds in units."""

    color: RGB
    spacing: float
    depth: float


DRAPED = {
    "silk": DrapedKind(SILK, 0.24, 0.075),
    "satin": DrapedKind(SILK, 0.3, 0.085),
    "velvet": DrapedKind(VELVET, 0.36, 0.105),
}


def _create_draped_ground(request: GroundRequest, name: str) -> NamedShapes:
    """Drapes a cloth of DRAPED in folds; returns the Mitsuba shape by name."""
    kind, rng = DRAPED[name], request.rng
    # Folds that run across the view, as light from the side shows them best.
    slant = float(rng.choice((-1, 1)) * rng.uniform(1.5, 2.1))
    folds = create_cloth_folds(int(rng.integers(1000)), slant, kind.spacing, kind.depth)
    color = request.color or kind.color
    material = (
        materials.create_velvet_material(color)
        if name == "velvet"
        else materials.create_satin_material(color, roughness=SILK_ROUGHNESS)
    )
    return drape_ground(request, folds, material)


def create_silk_ground(request: GroundRequest) -> NamedShapes:
    """Drapes silk in folds; returns the Mitsuba shape by name."""
    return _create_draped_ground(request, "silk")


def create_satin_ground(request: GroundRequest) -> NamedShapes:
    """Drapes satin in wide folds; returns the Mitsuba shape by name."""
    return _create_draped_ground(request, "satin")


def create_velvet_ground(request: GroundRequest) -> NamedShapes:
    """Drapes velvet in heavy folds; returns the Mitsuba shape by name."""
    return _create_draped_ground(request, "velvet")


FABRIC = Ground(create_fabric_ground, gloss=0.0, shape=GroundShape.CLOTH)
LINEN_CLOTH = Ground(create_linen_ground, gloss=0.0, shape=GroundShape.CLOTH)
BURLAP_CLOTH = Ground(create_burlap_ground, gloss=0.0, shape=GroundShape.CLOTH)
WOOL_BLANKET = Ground(create_wool_ground, gloss=0.0, shape=GroundShape.CLOTH)
FELT_SHEET = Ground(create_felt_ground, gloss=0.0, shape=GroundShape.SLAB)
LEATHER_HIDE = Ground(create_leather_ground, gloss=0.1, shape=GroundShape.CLOTH)
SILK_CLOTH = Ground(create_silk_ground, gloss=0.05, shape=GroundShape.CLOTH)
SATIN_CLOTH = Ground(create_satin_ground, gloss=0.05, shape=GroundShape.CLOTH)
VELVET_CLOTH = Ground(create_velvet_ground, gloss=0.0, shape=GroundShape.CLOTH)
