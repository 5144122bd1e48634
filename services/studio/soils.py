"""Drawn materials of loose ground: sand and snow.

Every function returns the same picture for the same arguments; the latest ones are kept.
"""

from functools import lru_cache

import numpy as np

from services.imaging.scene import RGB
from services.studio import textures
from services.studio.noise import enlarge, fractal_noise
from services.studio.textures import KEPT, Relief


@lru_cache(KEPT)
def sand(seed: int, color: RGB) -> Relief:
    """Fine sand, some of its grains dark."""
    side = textures.SIDE
    grains = fractal_noise(side, side // 5, 2, seed, fade=0.9)
    drift = enlarge(fractal_noise(textures.DRAWN, 5, 5, seed + 1), side)
    dark = np.clip(fractal_noise(side, side // 4, 1, seed + 2) - 2.3, 0, 1)
    tone = np.exp(0.035 * grains + 0.03 * drift - 0.35 * dark)
    picture = np.clip(np.float32(color) * tone[..., None], 0, 255).astype(np.uint8)
    return picture, np.clip(0.5 + 0.09 * grains + 0.05 * drift, 0, 1).astype(np.float16)


@lru_cache(KEPT)
def snow(seed: int) -> np.ndarray:
    """Fresh snow: heights 0 to 1, float16 (2048, 2048)."""
    side = textures.SIDE
    soft = enlarge(fractal_noise(textures.DRAWN, 24, 5, seed, fade=0.6), side)
    flakes = fractal_noise(side, side // 6, 2, seed + 1, fade=0.8)
    return np.clip(0.5 + 0.09 * soft + 0.045 * flakes, 0, 1).astype(np.float16)
