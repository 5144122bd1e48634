"""Fits backgrounds of any size to the canvas of a composite."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.scene import Scene

# Largest extra magnification to raise a ground line. Larger: lower ground lines can be raised, but
# the background gets softer and loses more of its edges.
MAX_ZOOM = 1.6


def compute_cover_scale(background: tuple[int, int], canvas: tuple[int, int]) -> float:
    """Returns the smallest scale at which a background covers a canvas; both (height, width)."""
    return max(canvas[0] / background[0], canvas[1] / background[1])


def fit_background(
    background: np.ndarray, canvas: tuple[int, int], scene: Scene, lowest_ground: float = 1.0
) -> tuple[np.ndarray, Scene]:
    """Scales and crops a background to cover the canvas; returns it with its adjusted scene.

    Crops left and right evenly. Crops above and below so that the ground line keeps its relative
    height.

    background: uint8 RGB (h, w, 3); the result is uint8 RGB (H, W, 3).
    canvas: (height, width).
    lowest_ground: the lowest ground line, as a share of the height from the top. A lower one is
        raised by zooming in, up to MAX_ZOOM.
    """
    ground = scene.ground_line
    zoom = min(MAX_ZOOM, (1 - lowest_ground) / (1 - ground)) if lowest_ground < ground < 1 else 1.0
    if background.shape[:2] == canvas and zoom == 1:
        return background, scene
    scale = compute_cover_scale(background.shape[:2], canvas) * zoom
    width, height = (
        max(least, round(side * scale))
        for least, side in zip(canvas[::-1], background.shape[1::-1], strict=True)
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(background, (width, height), interpolation=method)
    left = (width - canvas[1]) // 2
    top = round(ground * height - min(ground, lowest_ground) * canvas[0])
    top = max(0, min(top, height - canvas[0]))
    part = scaled[top : top + canvas[0], left : left + canvas[1]]
    cropped_scene = replace(
        scene,
        ground_line=(ground * height - top) / canvas[0],
        horizon=(scene.horizon * height - top) / canvas[0],
    )
    return np.ascontiguousarray(part), cropped_scene


def fill_canvas(color: tuple[int, int, int], canvas: tuple[int, int]) -> np.ndarray:
    """Returns a canvas of (height, width) in one sRGB color: uint8 RGB (H, W, 3)."""
    return np.full((*canvas, 3), color, np.uint8)
