"""Rays: light that falls in shafts through hazy air."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.air.canvas import AirCanvas
from services.studio.color import linear_from_srgb

# sRGB where the brief names no color.
SUNBEAM: RGB = (255, 240, 212)
# Shafts across the picture, and the brightness of the brightest, 1 is paper white.
SHAFT_COUNT, SHAFT_LIGHT = 9, 0.3
# Units beyond the picture's upper corner from which they come. Larger: closer to parallel.
SOURCE_DISTANCE = 1.1


def paint_rays(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints shafts of light from above, from the side of the key light.

    canvas: to paint on; color: sRGB or None; toward_light: direction in the picture, right and up.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w), canvas-sized.
    """
    side = math.copysign(1, toward_light[0])
    right = side * (np.abs(canvas.x).max() + 0.4 * SOURCE_DISTANCE) - canvas.x
    up = canvas.y.max() + SOURCE_DISTANCE - canvas.y
    # Degrees from straight down; shafts spread from steep to shallow ones.
    angle, distance = np.degrees(np.arctan2(side * right, up)), np.hypot(right, up)
    shafts = np.zeros_like(canvas.x)
    for number in range(SHAFT_COUNT):
        middle = 8 + (number + canvas.rng.uniform(0.1, 0.9)) * 62 / SHAFT_COUNT
        width = canvas.rng.uniform(0.8, 3.2)
        shafts += canvas.rng.uniform(0.35, 1) * np.exp(-(((angle - middle) / width) ** 2))
    fade = np.exp(-((distance / (distance.min() + canvas.camera.height_in_units)) ** 2))
    light = SHAFT_LIGHT * shafts * fade * canvas.calm_middle(0.5)
    tint = linear_from_srgb(color or SUNBEAM).astype(np.float32)
    return light[..., None].astype(np.float32) * tint, np.zeros_like(canvas.x)
