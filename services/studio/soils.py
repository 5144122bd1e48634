"""Draws seamless textures of loose ground: sand and snow.

Every function returns the same texture for the same arguments; the latest ones are cached.
Factors on noise fields set contrast: the larger, the stronger the clouds, grain or relief.
"""

import numpy as np

from services.imaging.scene import RGB
from services.studio import textures
from services.studio.drawings import cache_drawing
from services.studio.noise import generate_fractal_noise, upscale_field
from services.studio.textures import ReliefTexture


@cache_drawing
def draw_sand(seed: int, color: RGB) -> ReliefTexture:
    """Draws fine sand with its relief, some of its grains dark.

    seed: equal seeds draw equal grains.
    color: sRGB.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    side = textures.TEXTURE_SIDE
    grains = generate_fractal_noise(size=side, cells=side // 5, octaves=2, seed=seed, fade=0.9)
    drift = upscale_field(
        generate_fractal_noise(size=textures.FIELD_SIDE, cells=5, octaves=5, seed=seed + 1),
        size=side,
    )
    dark = np.clip(
        generate_fractal_noise(size=side, cells=side // 4, octaves=1, seed=seed + 2) - 2.3, 0, 1
    )
    tone = np.exp(0.035 * grains + 0.03 * drift - 0.35 * dark)
    picture = np.clip(np.array(color, np.float32) * tone[..., None], 0, 255).astype(np.uint8)
    return picture, np.clip(0.5 + 0.09 * grains + 0.05 * drift, 0, 1).astype(np.float16)


@cache_drawing
def draw_snow(seed: int) -> np.ndarray:
    """Draws the relief of fresh snow: heights 0 to 1, half-precision float (2048, 2048).

    seed: equal seeds draw equal snow.
    """
    side = textures.TEXTURE_SIDE
    soft = upscale_field(
        generate_fractal_noise(size=textures.FIELD_SIDE, cells=24, octaves=5, seed=seed, fade=0.6),
        size=side,
    )
    flakes = generate_fractal_noise(size=side, cells=side // 6, octaves=2, seed=seed + 1, fade=0.8)
    return np.clip(0.5 + 0.09 * soft + 0.045 * flakes, 0, 1).astype(np.float16)
