"""Water and ice: still, rippled, ringed, black and shallow water, and a frozen surface."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, textures, world
from services.studio.cells import create_cells
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.lands import mesh_land
from services.studio.grounds.slabs import lay_slab
from services.studio.noise import displace_field, generate_fractal_noise, upscale_field
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement
from services.studio.terrain import HeightField, create_noise_field

# sRGB where the request names no color: water as of a calm lake, black water, the bed of shallow
# water, and ice.
LAKE: RGB = (98, 140, 160)
BLACK_WATER: RGB = (5, 7, 9)
SHALLOW: RGB = (150, 206, 204)
DEEP: RGB = (12, 30, 42)
ICE: RGB = (206, 226, 236)
# Units: radius of the first ring, distance between rings, their height and that of the swell.
# Higher: more distorted reflections.
FIRST_RING, RING_SPACING, RING_HEIGHT, SWELL_HEIGHT = 0.3, 0.115, 0.0028, 0.0022


def create_water_ground(request: GroundRequest) -> NamedShapes:
    """Fills the view with water at y = 0 up to the far edge.

    Kinds: "still", "ripples" from where the product stands (also the usual kind), "rings" (a few
    strong ones), "black" (a black mirror with rings) and "shallow" (clear, over a bright bed).

    Returns the Mitsuba shape by name.
    """
    kind = request.kind
    usual = {"black": BLACK_WATER, "shallow": SHALLOW}.get(kind, LAKE)
    body = request.color or usual
    if kind == "shallow":
        placement = pick_texture_placement(request.rng)
        bed = tint_drawing(
            draw_caustics(placement.seed),
            (mix_colors(body, DEEP, share=0.25), body, mix_colors(body, (255,) * 3, share=0.75)),
        )
        water = placement.apply_to(
            materials.create_water_material(materials.create_texture(bed)), scale=1.6
        )
    else:
        water = materials.create_water_material(
            body if kind == "black" else mix_colors(body, DEEP, share=0.35)
        )
    mesh = mesh_land(request, _create_waves(request), reach=0.0)
    return {"ground": world.load_mesh("ground", mesh, water)}


def _create_waves(request: GroundRequest) -> HeightField:
    """Creates the heights of the water: rings around the product, and a faint swell."""
    swell = create_noise_field(seed=int(request.rng.integers(1000)), size=0.22, octaves=3)
    # Height of rings and swell relative to ripples.
    rings, rough = {
        "still": (0.0, 0.35),
        "black": (1.2, 0.25),
        "rings": (1.9, 0.3),
        "shallow": (0.5, 2.0),
    }.get(request.kind, (1.0, 1.0))

    def wave_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the water in units at points (x, z): float, of the same shape."""
        away = np.hypot(x, z + 0.05)
        ring = np.cos(2 * np.pi * (away - FIRST_RING) / RING_SPACING) * np.exp(
            -np.maximum(away - 0.25, 0) / (0.16 + 0.1 * (rings > 1))
        )
        # The swell fades with the distance, where its waves are finer than the mesh.
        far = np.clip(1 + (z + 0.6) / 2.6, 0, 1)
        return rings * RING_HEIGHT * ring + rough * SWELL_HEIGHT * far * swell(x, 0.6 * z)

    return wave_heights


@cache_drawing
def draw_caustics(seed: int) -> np.ndarray:
    """Draws the net of light on the bed of shallow water: gray, uint8 (2048, 2048), seamless."""
    side = textures.FIELD_SIDE
    bends = [
        0.035 * side * generate_fractal_noise(size=side, cells=6, octaves=3, seed=seed * 3 + i)
        for i in (1, 2)
    ]
    net = np.zeros((side, side), np.float32)
    for across, weight in ((9, 0.6), (14, 0.4)):
        cells = create_cells(side, across, seed * 3 + across)
        net += weight * np.exp(-displace_field(cells.border, *bends) / 0.07)
    drift = generate_fractal_noise(size=side, cells=3, octaves=3, seed=seed * 3 + 3)
    return pack_gray(upscale_field(0.3 + 0.55 * net + 0.06 * drift, textures.TEXTURE_SIDE))


def create_ice_ground(request: GroundRequest) -> NamedShapes:
    """Lays clear ice with cracks and trapped air; returns the Mitsuba shape by name."""
    placement, color = pick_texture_placement(request.rng), request.color or ICE
    gray, heights = draw_ice(placement.seed)
    ramp = (
        mix_colors(color, (38, 84, 116), share=0.6),
        color,
        mix_colors(color, (255, 255, 255), share=0.8),
    )
    ice = create_relief_material(
        (tint_drawing(gray, ramp), heights),
        depth=0.006,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.08, specular=0.7),
    )
    return lay_slab(request, placement.apply_to(ice, scale=2.0))


@cache_drawing
def draw_ice(seed: int) -> textures.ReliefTexture:
    """Draws ice: gray, uint8, and heights 0 to 1, float16, (2048, 2048) each."""
    side = textures.FIELD_SIDE
    bends = [
        0.05 * side * generate_fractal_noise(size=side, cells=4, octaves=6, seed=seed * 3 + i)
        for i in (1, 2)
    ]
    clouds = displace_field(
        generate_fractal_noise(size=side, cells=3, octaves=6, seed=seed * 3 + 5), *bends
    )
    cracks = np.zeros((side, side), np.float32)
    veil = np.zeros((side, side), np.float32)
    for across, width, weight in ((3, 0.004, 1.0), (5, 0.004, 0.6)):
        cells = create_cells(side, across, seed * 3 + across, jitter=1.0)
        border = displace_field(cells.border, bends[0] * 0.6, bends[1] * 0.6)
        cracks = np.maximum(cracks, weight * np.exp(-((border / width) ** 2)))
        veil += weight * np.exp(-border / 0.05)
    rough = generate_fractal_noise(size=side, cells=10, octaves=5, seed=seed * 3 + 7)
    tone = 0.38 + 0.11 * clouds + 0.14 * veil + 0.45 * cracks + 0.03 * rough
    heights = 0.6 + 0.08 * rough - 0.4 * cracks
    size = textures.TEXTURE_SIDE
    return pack_gray(upscale_field(tone, size)), textures.pack_heights(upscale_field(heights, size))


WATER = Ground(create_water_ground, gloss=0.6, shape=GroundShape.LIQUID)
ICE_SHEET = Ground(create_ice_ground, gloss=0.4, shape=GroundShape.SLAB)
