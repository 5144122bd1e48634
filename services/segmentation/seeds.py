"""Creates seeds for GrabCut: an ellipse, a box or a map that probably shows the product."""

import cv2
import numpy as np

from services.segmentation.border import create_border_mask

# Width of the border that is certainly background, as a share of the longer side. Wider: products
# that reach the photo's edges are cut off.
BORDER_SHARE = 0.015


def create_ellipse_seeds(
    height: int, width: int, across: float, down: float, x: float = 0.5, y: float = 0.5
) -> np.ndarray:
    """Returns seeds for GrabCut: the inside of an ellipse is probably product, the rest background.

    Seeds say what each pixel is at the start, as OpenCV's constants, uint8 (height, width). A thin
    border of the image is certainly background.

    height, width: of the image in pixels.
    across, down: the ellipse's semi-axes, as shares of the image's width and height.
    x, y: the ellipse's center, as shares of the image's width and height.
    """
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    center = min(int(x * width), width - 1), min(int(y * height), height - 1)
    axes = round(width * across), round(height * down)
    cv2.ellipse(
        seeds,
        center,
        axes,
        angle=0,
        startAngle=0,
        endAngle=360,
        color=cv2.GC_PR_FGD,
        thickness=cv2.FILLED,
    )
    return mark_border_as_background(seeds)


def create_box_seeds(height: int, width: int, share: float) -> np.ndarray:
    """Returns seeds for GrabCut: a centered box is probably product, the rest is background.

    Seeds say what each pixel is at the start, as OpenCV's constants, uint8 (height, width).
    Outside the box is certainly background.

    height, width: of the image in pixels. share: the box's share of each side, 0 to 1; at least one
    pixel along each edge stays outside the box.
    """
    top, left = (max(1, round(side * (1 - share) / 2)) for side in (height, width))
    seeds = np.full((height, width), cv2.GC_BGD, np.uint8)
    seeds[top : height - top, left : width - left] = cv2.GC_PR_FGD
    return seeds


def create_probability_seeds(
    probability: np.ndarray, sure_background: float, sure_product: float
) -> np.ndarray:
    """Returns what each pixel is at the start of GrabCut, as OpenCV's constants, uint8 (h, w).

    probability: that a pixel shows the product, float32 (h, w), 0 to 1.
    sure_background, sure_product: probabilities below the one and above the other are certain.
    """
    probable = np.where(probability > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    seeds = np.where(probability > sure_product, cv2.GC_FGD, probable)
    return np.where(probability < sure_background, cv2.GC_BGD, seeds).astype(np.uint8)


def mark_border_as_background(seeds: np.ndarray) -> np.ndarray:
    """Returns a copy of GrabCut's seeds in which a thin border is certainly background.

    seeds: what each pixel is at the start, as OpenCV's constants, uint8 (h, w).
    """
    height, width = seeds.shape[:2]
    marked = seeds.copy()
    marked[create_border_mask(height, width, BORDER_SHARE)] = cv2.GC_BGD
    return marked
