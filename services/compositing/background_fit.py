"""Fits backgrounds of any size to the canvas of a composite."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.recipe import Crop
from services.imaging.scene import Scene

# Largest extra magnification to raise a ground line. Larger: lower ground lines can be raised, but
# the background gets softer and loses more of its edges.
MAX_ZOOM = 1.6


# Rows of a horizon that the contract's Scene admits, as shares of the height.
HORIZON_LIMITS = (-10.0, 10.0)


def compute_cover_scale(background: tuple[int, int], canvas: tuple[int, int]) -> float:
    """Returns the smallest scale at which a background covers a canvas; both (height, width)."""
    return max(canvas[0] / background[0], canvas[1] / background[1])


def fit_background(
    background: np.ndarray, canvas: tuple[int, int], scene: Scene, lowest_ground: float = 1.0
) -> tuple[np.ndarray, Scene]:
    """Scales and crops a background to cover the canvas, the area of the finished ad.

    Crops left and right so that the product's column keeps its relative place: evenly where it is
    in the middle. Crops above and below so that the ground line, on which the product will stand,
    keeps its relative height. Returns the background, uint8 RGB (H, W, 3), and
    the scene with ground line, horizon and the recipe's crop as they are in it.

    background: uint8 RGB (h, w, 3).
    canvas: (height, width).
    scene: of the background; its lines are shares of the height, from the top.
    lowest_ground: the lowest allowed ground line, as a share of the height from the top. A lower
        one is raised by zooming in, up to MAX_ZOOM.
    """
    ground = scene.ground_line
    zoom = min(MAX_ZOOM, (1 - lowest_ground) / (1 - ground)) if lowest_ground < ground < 1 else 1.0
    if background.shape[:2] == canvas and zoom == 1:
        return background, scene
    scale = compute_cover_scale(background.shape[:2], canvas) * zoom
    canvas_height, canvas_width = canvas
    # At least the canvas, as rounding may leave out a pixel.
    height = max(canvas_height, round(background.shape[0] * scale))
    width = max(canvas_width, round(background.shape[1] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(background, (width, height), interpolation=method)
    left = round(scene.product_x * (width - canvas_width))
    top = round(ground * height - min(ground, lowest_ground) * canvas_height)
    top = max(0, min(top, height - canvas_height))
    cropped = scaled[top : top + canvas_height, left : left + canvas_width]
    part = Crop(left / width, top / height, canvas_width / width, canvas_height / height)
    cropped_scene = replace(
        scene,
        recipe=scene.recipe and replace(scene.recipe, crop=scene.recipe.crop.cut(part)),
        ground_line=float(np.clip((ground * height - top) / canvas_height, 0, 1)),
        horizon=float(np.clip((scene.horizon * height - top) / canvas_height, *HORIZON_LIMITS)),
    )
    return np.ascontiguousarray(cropped), cropped_scene
