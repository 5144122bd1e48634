"""Smoke, steam, fog and mist: veils that swirl through the air."""

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.air.canvas import CANVAS_SIDE, AirCanvas, light_through, sample_wrapped
from services.studio.color import linear_from_srgb

# sRGB where the brief names no color.
SMOKE, STEAM, FOG = (222, 222, 226), (240, 240, 240), (226, 230, 234)


def paint_smoke(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints smoke that rises at both sides of the product, in folded sheets and threads.

    canvas: to paint on; color: sRGB or None; toward_light: direction in the picture, right and up.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w), canvas-sized.
    """
    density = 1.5 * _draw_sheets(canvas, number=0) + 0.7 * _draw_sheets(canvas, number=40)
    clouds = sample_wrapped(
        canvas.generate_noise(cells=4, octaves=6, number=80, fade=0.55),
        *canvas.trace_flow(cells=4, number=81, reach=110),
    )
    density += 0.22 * np.clip(0.5 + 0.5 * clouds, 0, 2) * _shape_plumes(canvas, width=0.3)
    density *= canvas.calm_middle(0.65)
    return _light_veil(density, color or SMOKE, toward_light, strength=0.95)


def paint_steam(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints wisps of steam that rise behind the product and fade; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    columns, rows = canvas.trace_flow(cells=5, number=1, reach=90, rise=60)
    sheets = _draw_ridges(canvas, columns, rows, number=2, stretch=0.4)
    rise = np.clip((canvas.y - 0.1) / 0.35, 0, 1) * np.clip((1.05 - canvas.y) / 0.6, 0, 1)
    bend = 0.06 * np.sin(5 * canvas.y + canvas.seed)
    column = np.exp(-(((canvas.x - bend) / (0.1 + 0.16 * np.clip(canvas.y, 0, 1))) ** 2))
    return _light_veil(1.1 * sheets * rise * column, color or STEAM, toward_light, strength=0.8)


def paint_fog(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints fog that lies low, denser toward the ground; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    columns, rows = canvas.trace_flow(cells=3, number=1, reach=120)
    clouds = sample_wrapped(
        canvas.generate_noise(cells=3, octaves=6, number=2, fade=0.5), columns, 2.4 * rows
    )
    low = np.exp(-(((canvas.y - 0.02) / 0.26) ** 2)) + 0.22 * np.clip(0.9 - canvas.y, 0, 1)
    density = np.clip(0.75 + 0.42 * clouds, 0, 2.2) * low * canvas.calm_middle(0.5)
    return _light_veil(0.8 * density, color or FOG, toward_light, strength=0.9)


def paint_mist(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints a thin even mist in the whole picture, denser at its sides; as paint_smoke, float32.

    Returns light to add, RGB (h, w, 3), and alpha (h, w).
    """
    columns, rows = canvas.trace_flow(cells=2, number=1, reach=140)
    clouds = sample_wrapped(
        canvas.generate_noise(cells=2, octaves=5, number=2), columns, 1.7 * rows
    )
    density = np.clip(0.4 + 0.26 * clouds, 0, 1.4) * canvas.calm_middle(0.6)
    return _light_veil(0.6 * density, color or FOG, toward_light, strength=0.95)


def _shape_plumes(canvas: AirCanvas, width: float) -> np.ndarray:
    """Returns where smoke rises, 0 to 1, float32 (h, w): from both sides, one stronger.

    width: of a plume in units.
    """
    strong = 1 if canvas.seed % 2 else -1
    field = np.zeros_like(canvas.x)
    for side, strength in ((strong, 1.0), (-strong, 0.7)):
        lean = side * (0.36 + 0.05 * np.sin(3.1 * canvas.y + canvas.seed))
        spread = width * (0.75 + 0.55 * np.clip(canvas.y, 0, 1.2))
        plume = np.exp(-(((canvas.x - lean) / spread) ** 2))
        field += strength * plume
    fade = np.clip((canvas.y + 0.22) / 0.3, 0, 1) * np.clip((1.25 - canvas.y) / 0.7, 0, 1)
    return np.clip(field, 0, 1) * fade


def _draw_sheets(canvas: AirCanvas, number: int) -> np.ndarray:
    """Draws folded sheets of smoke, float32 (h, w); number: of their noise fields."""
    columns, rows = canvas.trace_flow(cells=3, number=number, reach=150, steps=30, rise=40)
    small_columns, small_rows = canvas.trace_flow(cells=9, number=number + 1, reach=26)
    height, width = canvas.shape
    grid = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    columns, rows = columns + small_columns - grid[0], rows + small_rows - grid[1]
    plumes = _sample_plane(canvas, _shape_plumes(canvas, width=0.24), columns, rows)
    return _draw_ridges(canvas, columns, rows, number + 2, stretch=0.35) * plumes


def _draw_ridges(
    canvas: AirCanvas, columns: np.ndarray, rows: np.ndarray, number: int, stretch: float
) -> np.ndarray:
    """Draws thin lines with a soft side each, as sheets of smoke look edge-on: float32 (h, w).

    columns, rows: where the air came from, float32 (h, w) each.
    number: of the noise field; stretch: of the rows. Smaller: longer upright lines.
    """
    field = canvas.generate_noise(cells=4, octaves=2, number=number, fade=0.35)
    value = sample_wrapped(field, columns, stretch * rows) * 1.6
    fold = value - np.round(value)
    edge = np.exp(-((fold / 0.045) ** 2))
    soft = np.where(fold > 0, np.exp(-fold / 0.17), 0.0)
    patch = sample_wrapped(canvas.generate_noise(3, 4, number + 1), columns, rows)
    fine = sample_wrapped(canvas.generate_noise(40, 2, number + 2), columns, 0.25 * rows)
    return (0.35 * edge + 0.65 * soft) * np.clip(0.55 + 0.5 * patch, 0, 1.6) * (1 + 0.1 * fine)


def _sample_plane(
    canvas: AirCanvas, field: np.ndarray, columns: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Samples a field of the canvas, float32 (h, w), where the air came from; beyond it, 0."""
    soft = cv2.GaussianBlur(field.astype(np.float32), (0, 0), CANVAS_SIDE / 100)
    return cv2.remap(soft, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


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
