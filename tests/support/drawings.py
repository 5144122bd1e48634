"""Drawn product photos with their true alpha, and the similarity of a cut-out to it."""

import cv2
import numpy as np

from services.segmentation.engine import SegmentationResult
from tests.support.pictures import BACKDROP

SIZE = 200, 240
GREEN, BLUE, DARK = (40, 130, 70), (30, 70, 170), (25, 25, 28)


def draw_disc(x: float, y: float, radius: float, hole: float = 0, size=SIZE) -> np.ndarray:
    """Returns the share of each pixel that a disc or ring covers, float32 (h, w), 0 to 1."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    distance = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    share = np.clip(radius + 0.5 - distance, 0, 1) * np.clip(distance + 0.5 - hole, 0, 1)
    return share.astype(np.float32)


def draw_box(left: float, top: float, right: float, bottom: float, size=SIZE) -> np.ndarray:
    """Returns the share of each pixel that a box covers, float32 (h, w), 0 to 1."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    down = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0, 1)
    across = np.clip(np.minimum(columns + 1, right) - np.maximum(columns, left), 0, 1)
    return (down * across).astype(np.float32)


def paint_product(
    alpha: np.ndarray, color=GREEN, backdrop=BACKDROP, noise: float = 2, seed: int = 0
) -> np.ndarray:
    """Returns a product photo, uint8 RGB (h, w, 3), with noise of this standard deviation.

    alpha: float32 (h, w), 0 to 1. color, backdrop: RGB, or RGB images (h, w, 3).
    """
    share = alpha[..., np.newaxis]
    photo = share * np.float32(color) + (1 - share) * np.float32(backdrop)
    photo = photo + np.random.default_rng(seed).normal(0, noise, photo.shape)
    return np.clip(np.rint(photo), 0, 255).astype(np.uint8)


def draw_shadowed_backdrop(x: int, y: int, radius: int, blur: float) -> np.ndarray:
    """Returns the backdrop with a soft shadow of half its brightness, float32 RGB (h, w, 3)."""
    dark = np.zeros(SIZE, np.float32)
    cv2.ellipse(dark, (x, y), (radius, radius // 2), 0, 0, 360, 0.5, -1)
    return np.float32(BACKDROP) * (1 - cv2.GaussianBlur(dark, (0, 0), blur)[..., np.newaxis])


def draw_clutter(size=SIZE, seed: int = 0) -> np.ndarray:
    """Returns a cluttered backdrop: patches of warm colors, float32 RGB (h, w, 3)."""
    shape = size[0] // 12 + 1, size[1] // 12 + 1, 3
    patches = np.random.default_rng(seed).normal((190, 120, 60), (30, 25, 25), shape)
    return cv2.resize(np.float32(patches), size[::-1], interpolation=cv2.INTER_NEAREST)


def paste_on_canvas(found: SegmentationResult, photo: np.ndarray) -> np.ndarray:
    """Returns the cut-out at its place in the photo, uint8 RGBA (H, W, 4)."""
    x, y, width, height = found.bounds
    canvas = np.zeros((*photo.shape[:2], 4), np.uint8)
    canvas[y : y + height, x : x + width] = cv2.resize(found.cutout, (width, height))
    return canvas


def cutout_iou(found: SegmentationResult, photo: np.ndarray, truth: np.ndarray) -> float:
    """Returns the intersection over union of a cut-out and the true alpha, float32 (h, w)."""
    return mask_iou(paste_on_canvas(found, photo)[..., 3] >= 128, truth >= 0.5)


def mask_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the intersection over union of two bool masks (h, w)."""
    return float((a & b).sum() / (a | b).sum())
