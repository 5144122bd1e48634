"""Creates seeds for GrabCut: an ellipse or a box that probably contains the product."""

import cv2
import numpy as np

from services.segmentation.border import create_border_mask

# Width of the border that is certainly background, as a share of the longer side. Wider: products
# that reach the photo's edges are cut off.
BORDER_SHARE = 0.015


def create_ellipse_seeds(
    height: int, width: int, across: float, down: float, x: float = 0.5, y: float = 0.5
) -> np.ndarray:
    """Returns GrabCut seeds, uint8 (height, width): the inside of an ellipse is probably product.

    A thin border is certainly background.

    across, down: the ellipse's semi-axes, x, y: its center, as shares of width and height.
    """
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    center = min(int(x * width), width - 1), min(int(y * height), height - 1)
    axes = round(width * across), round(height * down)
    cv2.ellipse(seeds, center, axes, 0, 0, 360, cv2.GC_PR_FGD, -1)
    return mark_border_as_background(seeds)


def create_box_seeds(height: int, width: int, share: float) -> np.ndarray:
    """Returns GrabCut seeds, uint8 (height, width): a centered box is probably product.

    share: the box's share of each side. Everything outside the box is certainly background.
    """
    top, left = (max(1, round(side * (1 - share) / 2)) for side in (height, width))
    seeds = np.full((height, width), cv2.GC_BGD, np.uint8)
    seeds[top : height - top, left : width - left] = cv2.GC_PR_FGD
    return seeds


def mark_border_as_background(seeds: np.ndarray) -> np.ndarray:
    """Returns a copy of GrabCut seeds, uint8 (h, w), with a thin border of certain background."""
    height, width = seeds.shape[:2]
    marked = seeds.copy()
    marked[create_border_mask(height, width, BORDER_SHARE)] = cv2.GC_BGD
    return marked
