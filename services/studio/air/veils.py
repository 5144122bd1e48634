"""Smoke, steam, fog and mist: veils that swirl through the air."""

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.air.canvas import AirCanvas, light_through, sample_wrapped
from services.studio.color import linear_from_srgb

# Pixels of the canvas. Larger: layers of smoke run into each other.
LAYER_BLUR = 1.3
# sRGB where the brief names no color.
SMOKE, STEAM, FOG = (222, 222, 226), (240, 240, 240), (226, 230, 234)


def paint_smoke(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints smoke that rises at both sides of the product, in folded sheets and threads.

    canvas: to paint on; color: sRGB or None; toward_light: direction in the picture, right and up.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w), canvas-sized.
    """
    strong = 1 if canvas.seed % 2 else -1
    density = np.zeros_like(canvas.x)
    for number, (x, width, strength) in enumerate(
        ((0.34 * strong, 0.1, 1.0), (0.27 * strong, 0.035, 0.9), (-0.37 * strong, 0.08, 0.7))
    ):
        density += strength * _draw_plume(canvas, x, width, number=10 * number)
    density *= canvas.calm_middle(0.6)
    return _light_veil(1.5 * density, color or SMOKE, toward_light, strength=0.9)


def paint_steam(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints wisps of steam that rise behind the product and fade; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    density = np.zeros_like(canvas.x)
    for number, (x, width) in enumerate(((-0.06, 0.05), (0.07, 0.06), (0.0, 0.03))):
        density += _draw_plume(canvas, x, width, number=10 * number)
    rise = np.clip((canvas.y - 0.12) / 0.3, 0, 1) * np.clip((0.95 - canvas.y) / 0.5, 0, 1)
    return _light_veil(0.9 * density * rise, color or STEAM, toward_light, strength=0.85)


def paint_fog(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints fog that lies low, denser toward the ground; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    clouds = _draw_clouds(canvas, cells=3, reach=36, flatten=2.2)
    low = np.exp(-(((canvas.y - 0.02) / 0.26) ** 2)) + 0.2 * np.clip(0.9 - canvas.y, 0, 1)
    density = np.clip(0.75 + 0.42 * clouds, 0, 2.2) * low * canvas.calm_middle(0.5)
    return _light_veil(0.8 * density, color or FOG, toward_light, strength=0.9)


def paint_mist(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints a thin even mist in the whole picture, denser at its sides; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    clouds = _draw_clouds(canvas, cells=2, reach=30, flatten=1.6)
    density = np.clip(0.42 + 0.2 * clouds, 0, 1.4) * canvas.calm_middle(0.6)
    return _light_veil(0.6 * density, color or FOG, toward_light, strength=0.95)


def _draw_clouds(canvas: AirCanvas, cells: int, reach: float, flatten: float) -> np.ndarray:
    """Draws soft clouds, mean 0 and deviation 1, float32 (h, w).

    cells: across; reach: pixels that they are stirred; flatten: width over height.
    """
    columns, rows = canvas.find_origin(cells=cells, number=1, reach=reach)
    field = canvas.generate_noise(cells, octaves=6, number=2, fade=0.5)
    return sample_wrapped(field, columns, flatten * rows)


def _draw_plume(canvas: AirCanvas, x: float, width: float, number: int) -> np.ndarray:
    """Draws a plume that rises straight at first, then folds into sheets: float32 (h, w).

    x: of its foot in units; width: in units; number: of its noise fields.

    Air that left at different times is added up: each time draws one silky layer.
    """
    stir = np.clip(0.1 + 1.5 * np.clip(canvas.y + 0.12, 0, 1.2), 0, 1.5)
    ribbons = canvas.generate_noise(cells=16, octaves=3, number=number + 1, fade=0.6)
    height, canvas_width = canvas.shape
    unit = canvas_width / canvas.camera.width_in_units
    middle = canvas_width / 2 + unit * x
    density, steps = np.zeros_like(canvas.x), 20
    flow = canvas.trace_flow(cells=4, number=number, reach=140, steps=steps, stir=stir)
    for step, (columns, rows) in enumerate(flow):
        if step < steps // 3:
            continue
        spread = width * unit * (0.6 + 0.9 * np.clip(canvas.y, 0, 1.2))
        sway = 0.25 * spread * np.sin(rows / height * 9 + number)
        aside = (columns - middle - sway) / spread
        ribbon = sample_wrapped(ribbons, 2.5 * columns, 0.12 * rows + 3 * step)
        density += np.exp(-(aside**2)) * np.clip(0.35 + 0.55 * ribbon, 0, 2)
    fade = np.clip((canvas.y + 0.2) / 0.25, 0, 1) * np.clip((1.3 - canvas.y) / 0.8, 0, 1)
    return cv2.GaussianBlur(density * fade / (steps - steps // 3), (0, 0), LAYER_BLUR)


def _light_veil(
    density: np.ndarray, color: RGB, toward_light: tuple[float, float], strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Converts density, float32 (h, w), to light, float32 (h, w, 3), and alpha, float32 (h, w).

    strength: of the light, 1 is paper white in full light.
    """
    density = np.clip(density, 0, None).astype(np.float32)
    alpha = 1 - np.exp(-density)
    lit = 0.45 + 0.55 * light_through(density, toward_light, depth=1.6)
    tint = linear_from_srgb(color).astype(np.float32) * strength
    return alpha[..., None] * lit[..., None] * tint, alpha
