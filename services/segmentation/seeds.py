"""Where GrabCut starts when nothing is known yet but where products usually are."""

import cv2
import numpy as np

FRAME_SHARE = 0.015


def seed_ellipse(height: int, width: int, across: float, down: float) -> np.ndarray:
    """A centered ellipse is probably product, a thin frame certainly is not: uint8 (h, w).

    across, down: the ellipse's semi-axes as shares of width and height.
    """
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    center, axes = (width // 2, height // 2), (round(width * across), round(height * down))
    cv2.ellipse(seeds, center, axes, 0, 0, 360, cv2.GC_PR_FGD, -1)
    frame = max(1, round(FRAME_SHARE * max(height, width)))
    inner = seeds[frame : height - frame, frame : width - frame].copy()
    seeds[:] = cv2.GC_BGD
    seeds[frame : height - frame, frame : width - frame] = inner
    return seeds


def seed_box(height: int, width: int, share: float) -> np.ndarray:
    """A centered box that covers `share` of each side is probably product: uint8 (h, w)."""
    top, left = (max(1, round(side * (1 - share) / 2)) for side in (height, width))
    seeds = np.full((height, width), cv2.GC_BGD, np.uint8)
    seeds[top : height - top, left : width - left] = cv2.GC_PR_FGD
    return seeds
