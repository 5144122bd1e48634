"""Where GrabCut starts: inside an ellipse or a box is probably product."""

import cv2
import numpy as np

from services.segmentation.frames import draw_frame

FRAME_SHARE = 0.015


def seed_ellipse(
    height: int, width: int, across: float, down: float, x: float = 0.5, y: float = 0.5
) -> np.ndarray:
    """An ellipse is probably product, a thin frame certainly is not: uint8 (h, w).

    across, down: the ellipse's semi-axes; x, y: its center; all as shares of width and height.
    """
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    center = min(int(x * width), width - 1), min(int(y * height), height - 1)
    axes = round(width * across), round(height * down)
    cv2.ellipse(seeds, center, axes, 0, 0, 360, cv2.GC_PR_FGD, -1)
    return frame_in(seeds)


def seed_box(height: int, width: int, share: float) -> np.ndarray:
    """A centered box that covers `share` of each side is probably product: uint8 (h, w)."""
    top, left = (max(1, round(side * (1 - share) / 2)) for side in (height, width))
    seeds = np.full((height, width), cv2.GC_BGD, np.uint8)
    seeds[top : height - top, left : width - left] = cv2.GC_PR_FGD
    return seeds


def frame_in(seeds: np.ndarray) -> np.ndarray:
    """The same seeds, uint8 (h, w), but that a thin frame certainly is no product."""
    framed = seeds.copy()
    framed[draw_frame(*seeds.shape, FRAME_SHARE)] = cv2.GC_BGD
    return framed
