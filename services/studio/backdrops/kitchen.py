"""Painting of a bright kitchen with a worktop, shelves and a window."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import Canvas, create_canvas, defocus_light
from services.studio.color import linear_from_srgb


def paint_kitchen(
    size: tuple[float, float], counter: float, side: int, wall: RGB, wood: RGB, seed: int
) -> np.ndarray:
    """Paints a kitchen: linear light, float32 RGB (h, w, 3).

    size: (height, width) in units.
    counter: height of the worktop.
    side: of the window, -1 left or 1 right.
    wall, wood: sRGB.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, linear_from_srgb(wall))
    half = size[1] / 2
    window = side * min(0.36, half * 0.55) + rng.uniform(-0.03, 0.03)
    _paint_window(canvas, window, counter + 0.13, 0.4, 1.1, rng)
    _paint_shelves(canvas, -side * 0.3, counter + 0.2, linear_from_srgb(wood), rng)
    canvas.fill_box(
        -half,
        counter - 3,
        size[1],
        3,
        0.55 * linear_from_srgb(wall) + 0.12 * linear_from_srgb(wood),
    )
    canvas.fill_box(-half, counter - 0.045, size[1], 0.05, 0.9 * linear_from_srgb(wall) + 0.05)
    for x in np.arange(-half, half, 0.34):
        canvas.fill_box(x, counter - 3, 0.012, 2.93, 0.25 * linear_from_srgb(wall))
    _paint_worktop_items(canvas, counter, -side, rng)
    _apply_light_falloff(canvas, window, counter + 0.5, side)
    return defocus_light(canvas.light, 0.034)


def _paint_window(
    canvas: Canvas, x: float, y: float, width: float, height: float, rng: np.random.Generator
) -> None:
    """Paints a tall window with a hazy garden behind it."""
    frame, sky = linear_from_srgb((236, 234, 228)), np.array([2.6, 2.75, 2.9])
    canvas.fill_box(x - width / 2 - 0.03, y - 0.03, width + 0.06, height + 0.06, frame)
    canvas.fill_box(x - width / 2, y, width, height, sky)
    canvas.fill_box(x - width / 2, y, width, 0.14, np.array([1.5, 1.7, 1.35]))
    for _ in range(14):
        spot = x + rng.uniform(-0.5, 0.5) * width, y + abs(rng.normal(0, 0.12))
        shine = np.array([0.85, 1.0, 0.62]) * rng.uniform(0.6, 1.6)
        canvas.fill_ellipse(*spot, rng.uniform(0.05, 0.13), rng.uniform(0.05, 0.13), shine)
    canvas.fill_box(x - 0.012, y, 0.024, height, frame)
    canvas.fill_box(x - width / 2, y + 0.45, width, 0.02, frame)


def _paint_shelves(
    canvas: Canvas, x: float, y: float, wood: np.ndarray, rng: np.random.Generator
) -> None:
    """Paints two boards with crockery and a trailing plant."""
    for level in (y, y + 0.24):
        canvas.fill_box(x - 0.34, level - 0.028, 0.68, 0.028, wood)
        canvas.fill_box(x - 0.34, level - 0.06, 0.68, 0.032, 0.35 * wood)
        place = x - 0.32
        while place < x + 0.28:
            width, height = rng.uniform(0.035, 0.08), rng.uniform(0.06, 0.17)
            pick = rng.integers(4)
            glaze = linear_from_srgb(
                [(238, 234, 226), (196, 170, 140), (142, 150, 140), (214, 206, 192)][pick]
            )
            canvas.fill_box(place, level, width, height, glaze * rng.uniform(0.6, 1.0))
            place += width + rng.uniform(0.01, 0.07)
    for _ in range(16):
        spot = x - 0.3 + rng.normal(0, 0.05), y + 0.24 + rng.uniform(-0.12, 0.12)
        green = linear_from_srgb((88, 118, 70)) * rng.uniform(0.5, 1.4)
        canvas.fill_ellipse(*spot, rng.uniform(0.03, 0.08), rng.uniform(0.03, 0.08), green)


def _paint_worktop_items(
    canvas: Canvas, counter: float, side: int, rng: np.random.Generator
) -> None:
    """Paints a leaning board, jars and a bowl of fruit."""
    board = linear_from_srgb((172, 122, 78))
    canvas.fill_box(side * 0.42 - 0.07, counter, 0.14, 0.2, board)
    canvas.fill_box(side * 0.2 - 0.03, counter, 0.06, 0.11, linear_from_srgb((224, 218, 206)))
    for place, width, height in ((0.3, 0.05, 0.17), (0.12, 0.045, 0.09), (-0.42, 0.07, 0.13)):
        clay = linear_from_srgb(
            [(198, 176, 150), (126, 138, 124), (228, 222, 210)][rng.integers(3)]
        )
        x = side * place + rng.uniform(-0.03, 0.03)
        canvas.fill_box(x, counter, width, height * rng.uniform(0.8, 1.2), clay)
    for _ in range(5):
        fruit = linear_from_srgb([(214, 150, 46), (206, 168, 60), (180, 84, 48)][rng.integers(3)])
        spot = -side * 0.16 + rng.normal(0, 0.03), counter + 0.025 + rng.uniform(0, 0.03)
        canvas.fill_ellipse(*spot, 0.05, 0.05, fruit)


def _apply_light_falloff(canvas: Canvas, window: float, level: float, side: int) -> None:
    """Darkens the canvas with the distance from the window."""
    x, y = canvas.pixel_coordinates()
    distance = np.hypot(x - window, (y - level) * 0.7)
    bright = canvas.light.max(axis=2) > 1.0
    shade = 0.3 + 0.6 * np.exp(-((distance / 0.6) ** 1.2))
    canvas.light[:] = np.where(bright, 1.0, shade)[..., None] * canvas.light
