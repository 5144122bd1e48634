"""Skins of grown things: small pictures that lie around a body once, and their materials.

Columns of a skin run around the body (or across a blade), rows from its top (or base) down.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.noise import generate_fractal_noise
from services.studio.textures import blend_pixels, round_to_bytes

# Pixels per side. Larger: sharper skins up close, more memory per copy.
SKIN_SIDE = 256


def create_skin_grid() -> tuple[np.ndarray, np.ndarray]:
    """Returns the position around and down of each pixel, 0 to 1: float32 (256, 256) each."""
    steps = (np.arange(SKIN_SIDE, dtype=np.float32) + 0.5) / SKIN_SIDE
    around, down = np.meshgrid(steps, steps)
    return around, down


def generate_skin_noise(
    rng: np.random.Generator, cells: int, octaves: int = 4, stretch: float = 1.0
) -> np.ndarray:
    """Generates noise that wraps around: float32 (256, 256), mean 0, deviation 1.

    rng: random generator of its seed.
    cells: across; octaves: layers; stretch: how many times longer than wide cells are.
    """
    seed = int(rng.integers(1 << 20))
    return generate_fractal_noise(
        size=SKIN_SIDE, cells=cells, octaves=octaves, seed=seed, stretch=stretch
    )


def scatter_spots(
    rng: np.random.Generator, count: int, radius: float, squeeze: float = 1.0
) -> np.ndarray:
    """Scatters soft round spots, 1 in their middle and 0 elsewhere: float32 (256, 256).

    rng: random generator of their places.
    count: of spots; radius: share of the skin's side; squeeze: height over width.
    """
    spots = np.zeros((SKIN_SIDE, SKIN_SIDE), np.float32)
    for x, y, size in rng.uniform((0, 0, 0.6), (1, 1, 1.2), (count, 3)):
        for turn in (-1, 0, 1):
            # OpenCV takes places and radii in sixteenths of a pixel: 4 fractional bits.
            center = (round((x + turn) * SKIN_SIDE * 16), round(y * SKIN_SIDE * 16))
            width = radius * size * SKIN_SIDE * 16
            axes = (round(width), round(width * squeeze))
            cv2.ellipse(spots, center, axes, 0, 0, 360, 1.0, cv2.FILLED, cv2.LINE_8, 4)
    return cv2.GaussianBlur(spots, (0, 0), 0.35 * radius * SKIN_SIDE + 0.4)


def paint_skin(base: RGB, layers: Sequence[tuple[RGB, np.ndarray]]) -> np.ndarray:
    """Paints colors over each other: uint8 RGB (256, 256, 3).

    base: sRGB.
    layers: an sRGB color and how much of it covers each pixel, 0 to 1, float (256, 256).
    """
    picture: RGB | np.ndarray = base
    for color, share in layers:
        picture = blend_pixels(picture, color, np.clip(share, 0, 1).astype(np.float32))
    return round_to_bytes(np.asarray(picture))


def create_skin_material(
    picture: np.ndarray, roughness: float = 0.4, specular: float = 0.5
) -> materials.Material:
    """Creates the material of a closed body from its skin, uint8 RGB (h, w, 3).

    roughness, specular: as of materials.create_glossy_material.
    """
    return materials.create_glossy_material(materials.create_texture(picture), roughness, specular)


def create_downy_material(picture: np.ndarray) -> materials.Material:
    """Creates a closed body with a bloom of fine hair or dust, brighter at grazing angles.

    picture: its skin, uint8 RGB (h, w, 3).
    """
    return materials.Material(
        {
            "type": "principled",
            "base_color": materials.create_texture(picture),
            "roughness": 0.7,
            "specular": 0.25,
            "sheen": 0.8,
        }
    )


def add_skin_relief(
    material: materials.Material, heights: np.ndarray, depth: float
) -> materials.Material:
    """Returns the material with a relief.

    heights: 0 to 1, float (h, w).
    depth: units from the lowest to the highest point.
    """
    return materials.add_relief(
        material, materials.create_texture(heights.astype(np.float16)), depth
    )


def create_wet_material(color: RGB | np.ndarray, roughness: float = 0.25) -> materials.Material:
    """Creates a body under a hard, clear, wet coat.

    color: sRGB, or a skin, uint8 RGB (h, w, 3).
    roughness: of the body below the coat.
    """
    if isinstance(color, np.ndarray):
        body = materials.create_texture(color)
    else:
        body = materials.spectrum_from_srgb(color)
    return materials.Material(
        {
            "type": "principled",
            "base_color": body,
            "roughness": roughness,
            "specular": 0.6,
            "clearcoat": 1.0,
            "clearcoat_gloss": 0.96,
        }
    )
