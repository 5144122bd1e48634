"""Painting of trees between the product and what is far behind it: palms, firs and trunks."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.studio.backdrops.canvas import PIXELS_PER_UNIT, Canvas, defocus_light
from services.studio.color import linear_from_srgb

# For each hour, sRGB of a palm's trunk and of its leaves in light and in shade.
PALM_TONES = {
    "day": ((134, 110, 84), (104, 146, 62), (40, 78, 40)),
    "low": ((70, 52, 46), (104, 92, 52), (44, 42, 36)),
    "dark": ((22, 24, 30), (26, 36, 40), (14, 20, 26)),
}
# For each hour, sRGB of a fir's tips in light and of its inner boughs.
FIR_TONES = {
    "day": ((84, 112, 76), (30, 52, 42)),
    "low": ((92, 80, 58), (34, 36, 38)),
    "dark": ((24, 34, 40), (12, 18, 24)),
}
# For each hour, sRGB of a trunk's bark in light and in shade.
BARK_TONES = {
    "day": ((146, 124, 90), (44, 36, 26)),
    "low": ((176, 120, 72), (44, 30, 22)),
    "dark": ((40, 44, 46), (12, 14, 16)),
}
# Radius, in units, of the disc that a point of a tree becomes: nearer, and so sharper, than land
# and sea far behind it.
PALM_BLUR, FIR_BLUR = 0.007, 0.012
# Palms as (way from the middle to the picture's edge, height in units), and the way that a crown
# leans toward the middle, as a share of the height.
PALMS = ((0.93, 0.42), (1.08, 0.31), (1.24, 0.5), (-1.06, 0.33))
PALM_LEAN = 0.24
FRONDS, LEAFLETS = 11, 26
# Firs across half a picture, their height in units, and the share of the way from the middle to the
# edge that stays free for the product.
FIRS, FIR_HEIGHT, FREE_MIDDLE = 7, 0.42, 0.5

# Rows of trunks, far to near: how many across a picture, their width in units, the share of the
# bark that haze leaves, the radius of the blur in units, and the share of the way from the middle
# to the edge that stays free for the product.
TRUNKS = ((15, 0.022, 0.4, 0.02, 0.0), (9, 0.042, 0.65, 0.018, 0.25), (8, 0.08, 0.95, 0.015, 0.5))


def plant_palms(
    light: np.ndarray, foot: float, half_width: float, hour: str, seed: int
) -> np.ndarray:
    """Paints palms at both sides, most of them at one: linear light, float32 RGB (h, w, 3).

    light: the painting that they stand in front of, float32 (h, w, 3).
    foot: height of their feet in units above the center.
    half_width: way from the middle to the picture's edge in units.
    hour: "day", "low" for sunrise and sunset, "dark".
    """
    rng = np.random.default_rng(seed)
    trunk_light, lit, shaded = (linear_from_srgb(tone) for tone in PALM_TONES[hour])
    layer = Canvas(np.zeros((*light.shape[:2], 4), np.float32))
    first_side = rng.choice((-1, 1))
    for way, height in PALMS:
        side, tall = first_side * np.sign(way), height * rng.uniform(0.9, 1.1)
        x = first_side * way * half_width
        crown = np.array((x - side * PALM_LEAN * tall * rng.uniform(0.5, 1.2), foot + tall))
        _draw_trunk(layer, np.array((x, foot)), crown, trunk_light)
        for angle in _spread_fronds(rng):
            tone = shaded + (lit - shaded) * max(0.0, math.sin(angle)) * rng.uniform(0.6, 1.0)
            _draw_frond(layer, crown, angle, 0.5 * tall * rng.uniform(0.8, 1.1), tone)
    return _lay_over(light, layer.light, PALM_BLUR)


def plant_firs(
    light: np.ndarray, foot: float, half_width: float, hour: str, seed: int
) -> np.ndarray:
    """Paints firs at both sides of the product: linear light, float32 RGB (h, w, 3).

    Arguments as for plant_palms.
    """
    rng = np.random.default_rng(seed)
    x, y = Canvas(light).pixel_coordinates()
    lit, inner = (linear_from_srgb(tone) for tone in FIR_TONES[hour])
    layer = np.zeros((*light.shape[:2], 4), np.float32)
    for side in (-1, 1):
        for number in range(FIRS):
            way = FREE_MIDDLE + (1.2 - FREE_MIDDLE) * (number + rng.uniform(0, 0.8)) / FIRS
            height = FIR_HEIGHT * rng.uniform(0.5, 0.75) * (0.4 + way)
            cover = cover_with_fir(x, y, side * way * half_width, foot, height, number)
            tip = np.clip((y - foot) / height, 0, 1)[..., None] * rng.uniform(0.4, 0.9)
            layer[..., :3] += (inner + (lit - inner) * tip - layer[..., :3]) * cover[..., None]
            layer[..., 3] = np.maximum(layer[..., 3], cover)
    layer[..., :3] *= layer[..., 3:]
    return _lay_over(light, layer, FIR_BLUR)


def plant_trunks(
    light: np.ndarray, foot: float, half_width: float, hour: str, seed: int
) -> np.ndarray:
    """Paints trunks of tall trees, the nearest at both sides: linear light, float32 RGB (h, w, 3).

    Arguments as for plant_palms.
    """
    rng = np.random.default_rng(seed)
    x, y = Canvas(light).pixel_coordinates()
    lit, shaded = (linear_from_srgb(tone) for tone in BARK_TONES[hour])
    haze = light.mean(axis=(0, 1))
    for count, width, share, blur, free in TRUNKS:
        layer = np.zeros((*light.shape[:2], 4), np.float32)
        for way in np.linspace(-1.1, 1.1, count) + rng.uniform(-0.08, 0.08, count):
            if abs(way) < free:
                continue
            half = width * rng.uniform(0.35, 0.6)
            axis = way * half_width + rng.uniform(-0.06, 0.06) * (y - foot)
            offset = (x - axis) / half
            cover = np.clip((1 - np.abs(offset)) * half / 0.004, 0, 1) * (y >= foot)
            side = np.clip(0.5 + 0.5 * offset, 0, 1)[..., None] ** 1.5
            bark = haze + (shaded + (lit - shaded) * side - haze) * share
            layer[..., :3] += (bark - layer[..., :3]) * cover[..., None]
            layer[..., 3] = np.maximum(layer[..., 3], cover)
        layer[..., :3] *= layer[..., 3:]
        light = _lay_over(light, layer, blur)
    return light


def cover_with_fir(
    x: np.ndarray, y: np.ndarray, stem_x: float, foot: float, height: float, number: int
) -> np.ndarray:
    """Returns how much a fir with ragged boughs covers each pixel, 0 to 1: float (h, w).

    x, y: coordinates of the pixels in units, float (h, w) each.
    stem_x, foot, height: of the tree in units.
    number: of the tree; others have other boughs.
    """
    share_from_top = np.clip((foot + height - y) / height, 0, 1.2)
    bough = 0.75 + 0.25 * np.abs(np.sin(share_from_top * 17 + number))
    half_width = 0.22 * height * share_from_top * bough + 0.004
    cover: np.ndarray = np.clip((half_width - np.abs(x - stem_x)) / 0.01, 0, 1)
    return cover * ((share_from_top > 0) & (y >= foot))


def _spread_fronds(rng: np.random.Generator) -> Sequence[float]:
    """Returns the angles in radians at which fronds leave a crown, the lower ones first."""
    angles = np.linspace(math.radians(-35), math.radians(215), FRONDS)
    angles += rng.uniform(-0.12, 0.12, FRONDS)
    return sorted(angles.tolist(), key=math.sin)


def _draw_trunk(layer: Canvas, foot: np.ndarray, crown: np.ndarray, light: np.ndarray) -> None:
    """Draws a trunk that bends toward its crown; foot and crown: (x, y) in units."""
    bend = np.array((foot[0], (foot[1] + crown[1]) / 2))
    for share in np.linspace(0, 1, 40):
        point = (1 - share) ** 2 * foot + 2 * share * (1 - share) * bend + share**2 * crown
        width = (0.026 - 0.011 * share) * PIXELS_PER_UNIT / 2
        cv2.circle(layer.light, layer.pixel_at(*point), round(width), [*map(float, light), 1.0], -1)


def _draw_frond(
    layer: Canvas, crown: np.ndarray, angle: float, length: float, light: np.ndarray
) -> None:
    """Draws a frond: a rib that droops, and leaflets that hang from both of its sides.

    crown: (x, y) where it begins, in units.
    angle: in radians at which it leaves the crown, counterclockwise from the right.
    length: in units.
    light: linear RGB, float (3,).
    """
    color = [*map(float, light), 1.0]
    outward, last = np.array((math.cos(angle), math.sin(angle))), crown
    for share in np.linspace(0.06, 1, LEAFLETS):
        point = crown + length * (share * outward - (0, 0.55 * share**2.2))
        leaflet = 0.21 * length * math.sin(math.pi * min(1.0, 0.15 + 0.8 * share))
        along = (point - last) / max(float(np.hypot(*(point - last))), 1e-6)
        across = np.array((-along[1], along[0]))
        for side in (-1, 1):
            tip = point + leaflet * (0.55 * along + 0.5 * side * across - (0, 0.45))
            line = (layer.pixel_at(*point), layer.pixel_at(*tip))
            cv2.line(layer.light, *line, color, max(1, round(0.005 * PIXELS_PER_UNIT)))
        cv2.line(layer.light, layer.pixel_at(*last), layer.pixel_at(*point), color, 2)
        last = point


def _lay_over(light: np.ndarray, layer: np.ndarray, blur: float) -> np.ndarray:
    """Returns light with a layer of premultiplied light and coverage, float (h, w, 4), blurred."""
    soft = defocus_light(layer, blur)
    return light * (1 - np.minimum(soft[..., 3:], 1)) + soft[..., :3]
