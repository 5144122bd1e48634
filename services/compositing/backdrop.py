"""A background of any size made to cover the picture that was asked for."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.scene import Scene

# Nearer than this, a background is too soft and too much of it is lost.
CLOSEST = 1.6


def covering_scale(background: tuple[int, int], canvas: tuple[int, int]) -> float:
    """Canvas pixels per background pixel, so that (height, width) covers (height, width)."""
    return max(canvas[0] / background[0], canvas[1] / background[1])


def cover(
    background: np.ndarray, canvas: tuple[int, int], scene: Scene, lowest: float = 1.0
) -> tuple[np.ndarray, Scene]:
    """Scales and cuts uint8 RGB (h, w, 3) to a canvas of (height, width).

    What is too much goes evenly left and right of the middle, above and below the ground line,
    which so keeps its height; the scene comes back as it lies in the result. lowest: where the
    ground line may be at most, as a share of the height; a lower one is brought up by moving
    closer, as far as that looks well.
    """
    ground = scene.ground_line
    closer = min(CLOSEST, (1 - lowest) / (1 - ground)) if lowest < ground < 1 else 1.0
    if background.shape[:2] == canvas and closer == 1:
        return background, scene
    scale = covering_scale(background.shape[:2], canvas) * closer
    width, height = (
        max(least, round(side * scale))
        for least, side in zip(canvas[::-1], background.shape[1::-1], strict=True)
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(background, (width, height), interpolation=method)
    left = (width - canvas[1]) // 2
    top = round(ground * height - min(ground, lowest) * canvas[0])
    top = max(0, min(top, height - canvas[0]))
    part = scaled[top : top + canvas[0], left : left + canvas[1]]
    shifted = replace(
        scene,
        ground_line=(ground * height - top) / canvas[0],
        horizon=(scene.horizon * height - top) / canvas[0],
    )
    return np.ascontiguousarray(part), shifted


def plain(color: tuple[int, int, int], canvas: tuple[int, int]) -> np.ndarray:
    """A canvas of (height, width) of one sRGB colour: uint8 RGB (H, W, 3)."""
    return np.full((*canvas, 3), color, np.uint8)
