"""Painting of a park in autumn: trunks under crowns of orange and golden leaves."""

import cv2
import numpy as np

from services.studio.backdrops.canvas import PIXELS_PER_UNIT, Canvas, create_canvas, defocus_light
from services.studio.color import linear_from_srgb

# sRGB of leaves from those in the shade to those that the sun shines through, and of trunks near
# and far.
SHADED, SUNLIT = ((96, 38, 16), (140, 62, 20)), ((226, 116, 24), (238, 158, 38), (204, 70, 26))
NEAR_TRUNK, FAR_TRUNK = (52, 38, 32), (150, 108, 74)
# sRGB of the haze between the trees, at its lower end and around the sun, and of the lawn.
HAZE, SUN = (214, 150, 84), (255, 226, 168)
LAWN = (122, 112, 50)
# Rows of trees from the furthest to the nearest: trunks per unit of width, smallest and largest
# width of a trunk, and radius of the disc that the lens turns a point into. Larger discs: softer.
ROWS = ((6.5, (0.012, 0.028), 0.02), (3.0, (0.026, 0.045), 0.012), (1.3, (0.05, 0.08), 0.014))
# Leaves per square unit, their smallest and largest radius, and the share of them that is sunlit.
LEAVES, LEAF_RADII, SUNLIT_SHARE = 1500, (0.007, 0.019), 0.66
# Crowns per unit of width, their extent along x and y in units, and units above the ground where
# they begin. Share of the leaves that lie on the lawn, and up to which height.
CROWNS, CROWN_EXTENT, CROWN_BASE = 17, (0.12, 0.075), 0.2
FALLEN, LAWN_RISE = 0.2, 0.06


def paint_autumn(size: tuple[float, float], ground: float, sun: int, seed: int) -> np.ndarray:
    """Paints a park in autumn: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    ground: height of the lawn's lower end above the painting's center, in units.
    sun: side that it stands at, -1 left or 1 right.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb(HAZE))
    _shine_through(canvas, size, sun)
    for number, (density, widths, radius) in enumerate(ROWS):
        nearness = number / (len(ROWS) - 1)
        _plant_trunks(canvas, size, ground, (density, widths), nearness, rng)
        _strew_leaves(canvas, size, ground, nearness, rng)
        canvas = Canvas(defocus_light(canvas.light, radius))
    return canvas.light


def _shine_through(canvas: Canvas, size: tuple[float, float], sun: int) -> None:
    """Lightens the haze around the sun; canvas: changed in place, the others as of paint_autumn."""
    x, y = canvas.pixel_coordinates()
    distance = np.hypot(x - sun * 0.32 * size[1], y - 0.12)
    glow = np.exp(-((distance / 0.5) ** 1.4))[..., None]
    canvas.light[:] = canvas.light * (0.75 + 0.25 * glow) + glow * linear_from_srgb(SUN) * 0.9


def _plant_trunks(
    canvas: Canvas,
    size: tuple[float, float],
    ground: float,
    row: tuple[float, tuple[float, float]],
    nearness: float,
    rng: np.random.Generator,
) -> None:
    """Paints a row of trunks and the lawn below it; canvas: changed in place.

    size, ground: as of paint_autumn. row: trunks per unit of width, and their widths in units.
    nearness: 0 for the furthest row, 1 for the nearest.
    """
    far, near = linear_from_srgb(FAR_TRUNK), linear_from_srgb(NEAR_TRUNK)
    color = far + (near - far) * nearness
    width, foot = size[1], ground + 0.07 * (1 - nearness)
    lawn = linear_from_srgb(LAWN) * (1.25 - 0.35 * nearness)
    canvas.fill_box(-width / 2, -size[0], width, size[0] + foot, lawn)
    count = max(2, round(row[0] * width))
    for number in range(count):
        x = ((number + rng.uniform(0.2, 0.8)) / count - 0.5) * width
        half = rng.uniform(*row[1]) / 2
        lean, top = rng.uniform(-0.08, 0.08), size[0] / 2
        corners = (
            *((x - 1.5 * half, foot - 0.01), (x + 1.5 * half, foot - 0.01)),
            *((x + lean + 0.7 * half, top), (x + lean - 0.7 * half, top)),
        )
        points = np.array([canvas.pixel_at(*corner) for corner in corners], np.int32)
        shade = color * rng.uniform(0.8, 1.15)
        cv2.fillPoly(canvas.light, [points], [float(value) for value in shade], cv2.LINE_AA)


def _strew_leaves(
    canvas: Canvas,
    size: tuple[float, float],
    ground: float,
    nearness: float,
    rng: np.random.Generator,
) -> None:
    """Paints leaves in crowns above a row of trunks, and some on the lawn; as _plant_trunks."""
    height, width = size
    base = ground + CROWN_BASE * (1.3 - 0.3 * nearness)
    corners = (-width / 2, base), (width / 2, height / 2)
    crowns = rng.uniform(*corners, (round(CROWNS * width), 2))
    for _ in range(round(LEAVES * width * (height / 2 - ground))):
        x, y = rng.normal(crowns[int(rng.integers(len(crowns)))], CROWN_EXTENT)
        if rng.random() < FALLEN:
            x = rng.uniform(-width / 2, width / 2)
            y = ground + 0.07 * (1 - nearness) + rng.uniform(-0.03, LAWN_RISE)
        is_sunlit = rng.random() < SUNLIT_SHARE
        tones = SUNLIT if is_sunlit else SHADED
        light = linear_from_srgb(tones[int(rng.integers(len(tones)))])
        light = light * (rng.uniform(0.8, 1.6) if is_sunlit else 0.9)
        radius = round(rng.uniform(*LEAF_RADII) * PIXELS_PER_UNIT * (0.6 + 0.4 * nearness))
        center = canvas.pixel_at(float(x), float(y))
        cv2.circle(canvas.light, center, radius, [float(value) for value in light], -1, cv2.LINE_AA)
