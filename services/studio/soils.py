"""Draws seamless textures of loose ground: sand and snow.

Every function returns the same texture for the same arguments; the latest ones are cached.
Factors on noise fields set contrast: the larger, the stronger the clouds, grain or relief.
"""

from functools import lru_cache

import numpy as np

from services.imaging.scene import RGB
from services.studio import textures
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.textures import CACHED_TEXTURES, ReliefTexture


@lru_cache(CACHED_TEXTURES)
def draw_sand(seed: int, color: RGB) -> ReliefTexture:
    """Draws fine sand of this sRGB color, some of its grains dark."""
    side = textures.TEXTURE_SIDE
    grains = generate_fractal_noise(side, side // 5, 2, seed, fade=0.9)
    drift = upscale_field(generate_fractal_noise(textures.FIELD_SIDE, 5, 5, seed + 1), side)
    dark = np.clip(generate_fractal_noise(side, side // 4, 1, seed + 2) - 2.3, 0, 1)
    tone = np.exp(0.035 * grains + 0.03 * drift - 0.35 * dark)
    picture = np.clip(np.array(color, np.float32) * tone[..., None], 0, 255).astype(np.uint8)
    return picture, np.clip(0.5 + 0.09 * grains + 0.05 * drift, 0, 1).astype(np.float16)


@lru_cache(CACHED_TEXTURES)
def draw_snow(seed: int) -> np.ndarray:
    """Draws fresh snow: heights 0 to 1, half-precision float (2048, 2048)."""
    side = textures.TEXTURE_SIDE
    soft = upscale_field(generate_fractal_noise(textures.FIELD_SIDE, 24, 5, seed, fade=0.6), side)
    flakes = generate_fractal_noise(side, side // 6, 2, seed + 1, fade=0.8)
    return np.clip(0.5 + 0.09 * soft + 0.045 * flakes, 0, 1).astype(np.float16)
