"""Painting of a colored wall with strings of lights out of focus, for celebrations."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import Canvas, create_canvas, defocus_light
from services.studio.backdrops.lights import add_light_point
from services.studio.color import linear_from_srgb

# Radii, in units, of the discs that near and far lights become. Larger: more out of focus.
NEAR_RADIUS, FAR_RADIUS = 0.045, 0.026
# Lights per unit of width in each of the strings, and their mean strength (see add_light_point).
LIGHTS_PER_UNIT, LIGHT_STRENGTH = 7, 130.0
# Share of the wall's light that is left far from the middle. Smaller: a darker frame.
FALLOFF_SHARE = 0.45


def paint_festoon(
    size: tuple[float, float], level: float, wall: RGB, tints: tuple[RGB, ...], seed: int
) -> np.ndarray:
    """Paints a wall with sagging strings of lights: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height of the ground's far edge, in units above the center.
    wall, tints: sRGB of the wall and of the lights; without tints there are none.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb(wall))
    x, y = canvas.pixel_coordinates()
    center = rng.uniform(-0.25, 0.25)
    distance = np.hypot((x - center) / 0.75, (y - level - 0.3) / 0.6)
    canvas.light[:] *= (FALLOFF_SHARE + (1 - FALLOFF_SHARE) * np.exp(-(distance**2)))[..., None]
    if not tints:
        return canvas.light
    near, far = np.zeros((2, *canvas.light.shape), np.float32)
    for layer, strings in ((far, 2), (near, 1)):
        for _ in range(strings):
            height, sag = level + rng.uniform(0.12, 0.62), rng.uniform(0.04, 0.16)
            phase = rng.uniform(-0.5, 0.5)
            count = round(LIGHTS_PER_UNIT * size[1])
            for spot in (np.arange(count) + rng.uniform(0, 1)) / count - 0.5:
                drop = sag * (1 - (2 * ((spot * size[1] - phase) % 1.0) - 1) ** 2)
                place = spot * size[1], height - drop + rng.normal(0, 0.012)
                tint = tints[rng.integers(len(tints))]
                add_light_point(Canvas(layer), place, tint, LIGHT_STRENGTH * rng.gamma(3.0, 0.33))
    canvas.light[:] += defocus_light(near, NEAR_RADIUS) + defocus_light(far, FAR_RADIUS)
    return canvas.light
