"""Specks of light and matter: dust, sparks, sparkle, snowflakes, rain and soap bubbles."""

import math

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.air.canvas import AirCanvas
from services.studio.color import linear_from_srgb

# sRGB where the brief names no color.
DUST, SPARK, SPARKLE, SNOWFLAKE = (255, 226, 180), (255, 170, 70), (255, 236, 200), (255, 255, 255)
BUBBLE: RGB = (236, 242, 250)
# Specks in the whole picture. More: denser air.
DUST_COUNT, SPARK_COUNT, SPARKLE_COUNT, FLAKE_COUNT, DROP_COUNT = 150, 130, 110, 260, 420
BUBBLE_COUNT = 17
# Units that specks keep from the middle of the product's place.
CLEAR_RADIUS = 0.24
# OpenCV takes places in sixteenths of a pixel: 4 fractional bits.
FRACTION_BITS = 4

PaintedAir = tuple[np.ndarray, np.ndarray]


def paint_dust(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints motes of dust that drift in the light, each more or less out of focus.

    canvas: to paint on; color: sRGB or None; toward_light: direction in the picture, right and up.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w), canvas-sized.
    """
    brightness = np.zeros_like(canvas.x)
    side = 0.5 + 0.5 * math.copysign(1, toward_light[0])
    for x, y in _place_specks(canvas, DUST_COUNT, crowd_x=side):
        blur = 0.6 + 9 * canvas.rng.random() ** 5
        _add_disc(brightness, x, y, radius=blur, strength=0.9 / (1 + 0.35 * blur**1.3))
    return _tint(brightness, color or DUST), np.zeros_like(brightness)


def paint_sparks(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints glowing sparks that fly up from both sides, as streaks; as paint_dust, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    rng, light = canvas.rng, np.zeros((*canvas.shape, 3), np.float32)
    core, glow = linear_from_srgb((255, 232, 190)), linear_from_srgb(color or SPARK)
    for x, y in _place_specks(canvas, SPARK_COUNT, crowd_x=None):
        length, lean = rng.exponential(12) + 1.0, rng.normal(0, 0.6)
        bend = rng.normal(0, 0.25)
        strength = rng.uniform(0.4, 2.2)
        steps = np.linspace(0, 1, 7)
        heading = lean + bend * steps
        path_x = x + np.cumsum(np.sin(heading)) * length / 7
        path_y = y - np.cumsum(np.cos(heading)) * length / 7
        points = np.rint(np.column_stack([path_x, path_y]) * 2**FRACTION_BITS).astype(np.int32)
        tone = tuple(float(v) for v in strength * (0.5 * core + 0.5 * glow))
        cv2.polylines(light, [points], False, tone, 1, cv2.LINE_AA, FRACTION_BITS)
    halo = cv2.GaussianBlur(light, (0, 0), 5) * 1.6 + cv2.GaussianBlur(light, (0, 0), 1.0)
    return 2.2 * light + halo * glow.astype(np.float32), np.zeros(canvas.shape, np.float32)


def paint_sparkle(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints glitter: sharp glints, a few with rays, and soft discs of light out of focus.

    canvas, color, toward_light: as of paint_dust.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w).
    """
    rng, brightness = canvas.rng, np.zeros_like(canvas.x)
    for number, (x, y) in enumerate(_place_specks(canvas, SPARKLE_COUNT, crowd_x=None)):
        if number % 4 == 0:
            _add_disc(brightness, x, y, rng.uniform(4, 15), rng.uniform(0.05, 0.22), edge=0.35)
        else:
            strength = 3.5 * rng.random() ** 3 + 0.3
            _add_disc(brightness, x, y, radius=0.8, strength=strength)
            if strength > 2:
                _add_rays(brightness, x, y, reach=5 * strength, strength=0.5 * strength)
    return _tint(brightness, color or SPARKLE), np.zeros_like(brightness)


def paint_snowflakes(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints falling snow: many small flakes and a few large ones out of focus, as paint_dust.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w).
    """
    cover = np.zeros_like(canvas.x)
    for x, y in _place_specks(canvas, FLAKE_COUNT, crowd_x=None):
        radius = 1.0 + 11 * canvas.rng.random() ** 6
        _add_disc(cover, x, y, radius, strength=min(0.95, 1.6 / radius**0.75), edge=0.35)
    alpha = np.clip(cover, 0, 0.95)
    return _tint(0.92 * alpha, color or SNOWFLAKE), alpha


def paint_rain(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints streaks of rain that slant, bright on a dark set; as paint_dust, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    rng, streaks = canvas.rng, np.zeros_like(canvas.x)
    slant = rng.uniform(-0.16, 0.16)
    height, width = canvas.shape
    for _ in range(DROP_COUNT):
        x, y, near = rng.uniform(0, width), rng.uniform(-40, height), rng.random() ** 3
        length = (12 + 52 * near) * rng.uniform(0.7, 1.2)
        ends = np.array([(x, y), (x + slant * length, y + length)])
        points = np.rint(ends * 2**FRACTION_BITS).astype(np.int32)
        layer_strength = float(rng.uniform(0.12, 0.4) * (0.6 + near))
        cv2.polylines(streaks, [points], False, layer_strength, 1, cv2.LINE_AA, FRACTION_BITS)
    soft = cv2.GaussianBlur(streaks, (0, 0), 0.7) * canvas.calm_middle(0.6)
    return _tint(0.8 * soft, color or (226, 234, 244)), 0.35 * np.clip(soft, 0, 1)


def paint_bubbles(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> PaintedAir:
    """Paints soap bubbles: clear inside, with a bright iridescent rim and a window's reflection.

    canvas, color, toward_light: as of paint_dust.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w).
    """
    light = np.zeros((*canvas.shape, 3), np.float32)
    alpha = np.zeros(canvas.shape, np.float32)
    places = list(_place_specks(canvas, BUBBLE_COUNT, crowd_x=None))
    for number, (x, y) in enumerate(places):
        radius = canvas.rng.uniform(0.3, 1) ** 2 * (46 if number < 6 else 20) + 3
        _add_bubble(light, alpha, x, y, radius, color or BUBBLE, toward_light)
    return light, np.clip(alpha, 0, 0.5)


def _place_specks(
    canvas: AirCanvas, count: int, crowd_x: float | None
) -> list[tuple[float, float]]:
    """Returns (column, row) of specks all over the picture, fewer where the product will be.

    crowd_x: share of the width around which half of them gather; None: none do.
    """
    rng, (height, width) = canvas.rng, canvas.shape
    places: list[tuple[float, float]] = []
    while len(places) < count:
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if crowd_x is not None and rng.random() < 0.5:
            x = rng.normal(crowd_x, 0.28) * width
        right = (x / width - canvas.camera.product_x) * canvas.camera.width_in_units
        up = (canvas.camera.ground_line - y / height) * canvas.camera.height_in_units
        if math.hypot(right / CLEAR_RADIUS, (up - 0.28) / 0.34) > 1 or rng.random() < 0.12:
            places.append((x, y))
    return places


def _add_disc(
    field: np.ndarray, x: float, y: float, radius: float, strength: float, edge: float = 1.0
) -> None:
    """Adds a disc to a field, float32 (h, w), in place.

    x, y: of its middle in pixels; radius: in pixels.
    edge: share of the radius over which it fades. 1: a soft speck.
    """
    reach = math.ceil(radius * 1.6 + 2)
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    part = field[top : max(0, int(y) + reach + 1), left : max(0, int(x) + reach + 1)]
    rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    away = np.hypot(columns + left - x, rows + top - y) / max(radius, 0.3)
    if edge >= 1:
        part += strength * np.exp(-2 * away**2)
    else:
        part += strength * np.clip((1 - away) / edge + 0.5, 0, 1)


def _add_rays(field: np.ndarray, x: float, y: float, reach: float, strength: float) -> None:
    """Adds a four-pointed star to a field, float32 (h, w), in place; reach in pixels."""
    size = math.ceil(reach * 1.5)
    top, left = max(0, int(y) - size), max(0, int(x) - size)
    part = field[top : max(0, int(y) + size + 1), left : max(0, int(x) + size + 1)]
    rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    right, down = np.abs(columns + left - x), np.abs(rows + top - y)
    for along, aside in ((right, down), (down, right)):
        part += strength * np.exp(-3 * along / reach - (aside / 0.7) ** 2)


def _add_bubble(
    light: np.ndarray,
    alpha: np.ndarray,
    x: float,
    y: float,
    radius: float,
    color: RGB,
    toward_light: tuple[float, float],
) -> None:
    """Adds a bubble to light, float32 (h, w, 3), and alpha, float32 (h, w), in place.

    x, y, radius: in pixels.
    """
    reach = math.ceil(radius + 3)
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    window = slice(top, max(0, int(y) + reach + 1)), slice(left, max(0, int(x) + reach + 1))
    rows, columns = np.mgrid[0 : alpha[window].shape[0], 0 : alpha[window].shape[1]]
    right, up = (columns + left - x) / radius, -(rows + top - y) / radius
    away = np.hypot(right, up)
    inside = np.clip((1 - away) * radius + 0.5, 0, 1)
    rim = np.clip(away, 0, 1) ** 7
    # A film's colors run around the rim with its thickness.
    film = 6.0 * away**2 + 1.3 * np.sin(2.2 * right + 1.4 * up) + 0.05 * x
    hue = 0.62 + 0.38 * np.cos(film[..., None] + np.array([0.0, 2.1, 4.2]))
    tint = linear_from_srgb(color)
    shine = np.zeros_like(away)
    for side, strength in ((1, 1.5), (-0.92, 0.45)):
        off_x, off_y = right - 0.6 * side * toward_light[0], up - 0.6 * side * toward_light[1]
        shine += strength * np.exp(-((off_x / 0.14) ** 4) - (off_y / 0.1) ** 4)
    glow = (0.9 * rim[..., None] * hue + 0.05 + shine[..., None]) * tint
    light[window] += (inside[..., None] * glow).astype(np.float32)
    alpha[window] += (inside * (0.04 + 0.3 * rim)).astype(np.float32)


def _tint(brightness: np.ndarray, color: RGB) -> np.ndarray:
    """Returns brightness, float32 (h, w), as light of a color, float32 (h, w, 3)."""
    return brightness[..., None] * linear_from_srgb(color).astype(np.float32)
