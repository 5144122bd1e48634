"""Paintings of lights at night, out of focus: a lit tree, a skyline, a street."""

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import PIXELS_PER_UNIT, Canvas, create_canvas, defocus_light
from services.studio.color import linear_from_srgb

# Radii, in units, of the discs that near and far lights become. Larger: more out of focus.
NEAR_RADIUS, FAR_RADIUS = 0.046, 0.026
# sRGB of windows and fairy lights, of car lights, and of neon signs.
WARM: tuple[RGB, ...] = ((255, 196, 110), (255, 170, 80), (255, 220, 160))
TRAFFIC: tuple[RGB, ...] = ((255, 60, 40), (255, 240, 220), (255, 180, 90))
SIGNS: tuple[RGB, ...] = ((255, 80, 190), (60, 200, 255), (255, 190, 90), (150, 110, 255))


def paint_tree_lights(
    size: tuple[float, float], level: float, dark: RGB, tints: tuple[RGB, ...], seed: int
) -> np.ndarray:
    """Paints a lit fir and a garland across a dim room: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height of the table's far edge, in units above the center.
    dark: sRGB of the room.
    tints: sRGB of the lamps.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb(dark))
    x, y = canvas.pixel_coordinates()
    side = rng.choice((-1, 1))
    stem = side * min(0.34, 0.3 * size[1])
    share = np.clip((level + 1.0 - y) / 1.0, 0, 1)
    cover = np.clip((0.4 * share + 0.02 - np.abs(x - stem)) / 0.08, 0, 1)
    glow = np.exp(-(np.hypot((x + stem * 0.9) / 0.8, (y - level - 0.3) / 0.55) ** 2))
    warm = linear_from_srgb(tints[0])
    canvas.light[:] += glow[..., None] * warm * 0.1
    fir = linear_from_srgb((22, 46, 32)) * 0.7
    canvas.light[:] += (fir - canvas.light) * 0.85 * cover[..., None]
    near, far = np.zeros((2, *canvas.light.shape), np.float32)
    for _ in range(90):
        down = rng.random() ** 0.7
        spot = stem + rng.uniform(-1, 1) * 0.38 * down, level + 1.0 - down
        add_light_point(
            Canvas(far), spot, tint=tints[rng.integers(len(tints))], strength=rng.gamma(2.0, 90.0)
        )
    for _ in range(round(26 * size[1])):
        spot = rng.uniform(-0.5, 0.5) * size[1], level + abs(rng.normal(0.45, 0.3))
        add_light_point(
            Canvas(near), spot, tint=tints[rng.integers(len(tints))], strength=rng.gamma(1.6, 110.0)
        )
    return defocus_light(canvas.light + near, radius=NEAR_RADIUS) + defocus_light(
        far, radius=FAR_RADIUS
    )


def paint_skyline(size: tuple[float, float], level: float, horizon: float, seed: int) -> np.ndarray:
    """Paints towers with lit windows at dusk, seen from a roof: linear, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level, horizon: heights of the ledge's far edge and of the horizon, in units above the center.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=np.zeros(3))
    _, y = canvas.pixel_coordinates()
    rise = np.clip((y - horizon + 0.1) / 0.7, 0, 1)[..., None]
    low, high = linear_from_srgb((112, 84, 92)), linear_from_srgb((16, 24, 48))
    canvas.light[:] = 0.8 * (low + (high - low) * rise**0.6)
    near, far = np.zeros((2, *canvas.light.shape), np.float32)
    left = -size[1] / 2 - 0.1
    while left < size[1] / 2:
        width = rng.uniform(0.09, 0.22)
        top = horizon + abs(rng.normal(0.16, 0.14)) + 0.02
        canvas.fill_box(
            x=left,
            y=level - 1.0,
            width=width,
            height=top - level + 1.0,
            light=linear_from_srgb((20, 22, 34)),
        )
        for _ in range(round(120 * width * (top - level))):
            spot = left + rng.random() * width, rng.uniform(level - 0.05, top - 0.02)
            add_light_point(
                Canvas(far), spot, tint=WARM[rng.integers(3)], strength=rng.gamma(1.2, 34.0)
            )
        left += width * rng.uniform(0.75, 1.1)
    for _ in range(round(16 * size[1])):
        spot = rng.uniform(-0.5, 0.5) * size[1], level + abs(rng.normal(0.0, 0.12))
        pick = (*WARM, *SIGNS)[rng.integers(7)]
        add_light_point(Canvas(near), spot, tint=pick, strength=rng.gamma(1.5, 110.0))
    return defocus_light(canvas.light + near, radius=NEAR_RADIUS * 0.85) + defocus_light(
        far, radius=0.014
    )


def paint_street(size: tuple[float, float], level: float, horizon: float, seed: int) -> np.ndarray:
    """Paints a wet street at night with signs and car lights: linear, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height at which the ground in focus ends; unused, as the street reaches the lower edge.
    horizon: height of the horizon, in units above the center.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb((14, 16, 28)))
    x, y = canvas.pixel_coordinates()
    glow = np.exp(-(np.hypot(x / 0.6, (y - horizon) / 0.4) ** 2))[..., None]
    canvas.light[:] += glow * linear_from_srgb((120, 84, 96)) * 0.5
    near, far = np.zeros((2, *canvas.light.shape), np.float32)
    for _ in range(round(44 * size[1])):
        across = rng.uniform(0.12, 0.5) * size[1] * rng.choice((-1, 1))
        spot = across, horizon + rng.uniform(-0.06, 0.62) * abs(across) / (0.5 * size[1])
        add_light_point(
            Canvas(near), spot, tint=SIGNS[rng.integers(4)], strength=rng.gamma(1.5, 120.0)
        )
    for _ in range(round(60 * size[1])):
        spot = rng.normal(0, 0.2) * size[1], horizon + rng.normal(-0.03, 0.04)
        add_light_point(
            Canvas(far), spot, tint=TRAFFIC[rng.integers(3)], strength=rng.gamma(1.5, 70.0)
        )
    near, far = (
        _mirror_in_wet_road(light, y, line=horizon - 0.07) for light in (canvas.light + near, far)
    )
    return defocus_light(near, radius=NEAR_RADIUS) + defocus_light(far, radius=FAR_RADIUS)


def _mirror_in_wet_road(light: np.ndarray, y: np.ndarray, line: float) -> np.ndarray:
    """Returns the light with what is above a line mirrored below it, smeared downward.

    light: linear, float32 RGB (h, w, 3).
    y: height of each pixel in units, float (h, w).
    line: height of the line in units.
    """
    row = int(np.clip(np.argmin(np.abs(y[:, 0] - line)), 1, len(y) - 1))
    count = min(row, len(light) - row)
    # The rows above the line, upside down.
    mirrored = light[row - count : row][::-1]
    smeared = cv2.blur(mirrored, (9, round(0.22 * PIXELS_PER_UNIT)))
    light = light.copy()
    light[row : row + count] = 0.55 * smeared + 0.002
    light[row + count :] = light[row + count - 1]
    return light


def add_light_point(canvas: Canvas, spot: tuple[float, float], tint: RGB, strength: float) -> None:
    """Adds a point of light, 2 x 2 pixels; its blurred disc is about strength / 1000 of white.

    canvas: changed in place; spot: x and y in units; tint: sRGB.
    """
    column, row = canvas.pixel_at(*spot)
    canvas.light[max(row, 0) : max(row + 2, 0), max(column, 0) : max(column + 2, 0)] += np.float32(
        strength * linear_from_srgb(tint)
    )
