"""Painting of a bright kitchen with a worktop, shelves and a window."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import Canvas, create_canvas, defocus_light
from services.studio.color import linear_from_srgb


def paint_kitchen(
    size: tuple[float, float], counter: float, side: int, wall: RGB, wood: RGB, seed: int
) -> np.ndarray:
    """Paints a kitchen out of focus: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    counter: height of the worktop, in units above the center.
    side: of the window, -1 left or 1 right.
    wall, wood: sRGB.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb(wall))
    half = size[1] / 2
    window_x = side * min(0.36, half * 0.55) + rng.uniform(-0.03, 0.03)
    _paint_window(canvas, x=window_x, y=counter + 0.13, width=0.4, height=1.1, rng=rng)
    _paint_shelves(canvas, x=-side * 0.3, y=counter + 0.2, wood=linear_from_srgb(wood), rng=rng)
    canvas.fill_box(
        x=-half,
        y=counter - 3,
        width=size[1],
        height=3,
        light=0.55 * linear_from_srgb(wall) + 0.12 * linear_from_srgb(wood),
    )
    canvas.fill_box(
        x=-half,
        y=counter - 0.045,
        width=size[1],
        height=0.05,
        light=0.9 * linear_from_srgb(wall) + 0.05,
    )
    for x in np.arange(-half, half, 0.34):
        canvas.fill_box(
            x, y=counter - 3, width=0.012, height=2.93, light=0.25 * linear_from_srgb(wall)
        )
    _paint_worktop_items(canvas, counter, side=-side, rng=rng)
    _apply_light_falloff(canvas, window_x, level=counter + 0.5, side=side)
    return defocus_light(canvas.light, radius=0.034)


def _paint_window(
    canvas: Canvas, x: float, y: float, width: float, height: float, rng: np.random.Generator
) -> None:
    """Paints a tall window with a hazy garden behind it.

    canvas: changed in place.
    x, y: middle of the window's lower edge, in units; width, height: of its panes.
    rng: random generator, which varies the garden.
    """
    frame, sky = linear_from_srgb((236, 234, 228)), np.array([2.6, 2.75, 2.9])
    canvas.fill_box(
        x=x - width / 2 - 0.03, y=y - 0.03, width=width + 0.06, height=height + 0.06, light=frame
    )
    canvas.fill_box(x=x - width / 2, y=y, width=width, height=height, light=sky)
    canvas.fill_box(
        x=x - width / 2, y=y, width=width, height=0.14, light=np.array([1.5, 1.7, 1.35])
    )
    for _ in range(14):
        spot_x, spot_y = x + rng.uniform(-0.5, 0.5) * width, y + abs(rng.normal(0, 0.12))
        shine = np.array([0.85, 1.0, 0.62]) * rng.uniform(0.6, 1.6)
        canvas.fill_ellipse(
            x=spot_x,
            y=spot_y,
            width=rng.uniform(0.05, 0.13),
            height=rng.uniform(0.05, 0.13),
            light=shine,
        )
    canvas.fill_box(x=x - 0.012, y=y, width=0.024, height=height, light=frame)
    canvas.fill_box(x=x - width / 2, y=y + 0.45, width=width, height=0.02, light=frame)


def _paint_shelves(
    canvas: Canvas, x: float, y: float, wood: np.ndarray, rng: np.random.Generator
) -> None:
    """Paints two boards with crockery and a trailing plant.

    canvas: changed in place.
    x, y: middle of the lower board's upper edge, in units.
    wood: linear RGB of the boards, float (3,).
    rng: random generator, which varies the things on them.
    """
    for level in (y, y + 0.24):
        canvas.fill_box(x=x - 0.34, y=level - 0.028, width=0.68, height=0.028, light=wood)
        canvas.fill_box(x=x - 0.34, y=level - 0.06, width=0.68, height=0.032, light=0.35 * wood)
        item_x = x - 0.32
        while item_x < x + 0.28:
            width, height = rng.uniform(0.035, 0.08), rng.uniform(0.06, 0.17)
            color_number = rng.integers(4)
            glaze = linear_from_srgb(
                [(238, 234, 226), (196, 170, 140), (142, 150, 140), (214, 206, 192)][color_number]
            )
            canvas.fill_box(
                x=item_x, y=level, width=width, height=height, light=glaze * rng.uniform(0.6, 1.0)
            )
            item_x += width + rng.uniform(0.01, 0.07)
    for _ in range(16):
        leaf_x, leaf_y = x - 0.3 + rng.normal(0, 0.05), y + 0.24 + rng.uniform(-0.12, 0.12)
        green = linear_from_srgb((88, 118, 70)) * rng.uniform(0.5, 1.4)
        canvas.fill_ellipse(
            x=leaf_x,
            y=leaf_y,
            width=rng.uniform(0.03, 0.08),
            height=rng.uniform(0.03, 0.08),
            light=green,
        )


def _paint_worktop_items(
    canvas: Canvas, counter: float, side: int, rng: np.random.Generator
) -> None:
    """Paints a leaning board, jars and a bowl of fruit on the worktop.

    canvas: changed in place.
    counter: height of the worktop in units.
    side: where the board leans, -1 left or 1 right; the fruit is on the other.
    """
    board = linear_from_srgb((172, 122, 78))
    canvas.fill_box(x=side * 0.42 - 0.07, y=counter, width=0.14, height=0.2, light=board)
    canvas.fill_box(
        x=side * 0.2 - 0.03,
        y=counter,
        width=0.06,
        height=0.11,
        light=linear_from_srgb((224, 218, 206)),
    )
    # Jars: x on the board's side (below 0: on the other), width, height.
    for place, width, height in ((0.3, 0.05, 0.17), (0.12, 0.045, 0.09), (-0.42, 0.07, 0.13)):
        clay = linear_from_srgb(
            [(198, 176, 150), (126, 138, 124), (228, 222, 210)][rng.integers(3)]
        )
        x = side * place + rng.uniform(-0.03, 0.03)
        canvas.fill_box(
            x, y=counter, width=width, height=height * rng.uniform(0.8, 1.2), light=clay
        )
    for _ in range(5):
        fruit = linear_from_srgb([(214, 150, 46), (206, 168, 60), (180, 84, 48)][rng.integers(3)])
        fruit_x = -side * 0.16 + rng.normal(0, 0.03)
        fruit_y = counter + 0.025 + rng.uniform(0, 0.03)
        canvas.fill_ellipse(x=fruit_x, y=fruit_y, width=0.05, height=0.05, light=fruit)


def _apply_light_falloff(canvas: Canvas, window: float, level: float, side: int) -> None:
    """Darkens what is not shining by its distance from the window.

    canvas: changed in place.
    window, level: x and y of the window's middle, in units.
    side: of the window, -1 left or 1 right; unused.
    """
    x, y = canvas.pixel_coordinates()
    distance = np.hypot(x - window, (y - level) * 0.7)
    bright = canvas.light.max(axis=2) > 1.0
    shade = 0.3 + 0.6 * np.exp(-((distance / 0.6) ** 1.2))
    canvas.light[:] = np.where(bright, 1.0, shade)[..., None] * canvas.light
