"""Turns a mask with a true edge into soft alpha and clean colors, strip by strip."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.segmentation.decontamination import blur_sides, uncover
from services.segmentation.guided import guided_filter
from services.segmentation.morphology import grow, shrink
from services.segmentation.projection import UNKNOWN, project, sure_colors
from services.segmentation.scale import enlarge

# A share of the longer side, and the variance below which a photo counts as flat.
RADIUS = 0.004
EPSILON = 1e-3
HAZE = 0.05
WIDE_BLUR = 90
STRIP = 256
# Of the band that is looked at closely: in pixels of the mask, and at least in the photo's.
REACH, LEAST_REACH = 2.0, 3


def soften(photo: np.ndarray, work: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Returns the photo cut out, uint8 RGBA (H, W, 4) with straight alpha.

    photo: uint8 RGB (H, W, 3). work: the same, smaller or as large, uint8 RGB (h, w, 3).
    alpha: float32 (h, w), 0 to 1, right but for a pixel or two.

    In strips, so that a photo of 64 megapixels takes little more memory than itself and its
    cut-out.
    """
    height, width = photo.shape[:2]
    layers = (alpha, *_sides(work.astype(np.float32), alpha > 0.5))
    radius = max(1, round(RADIUS * max(height, width)))
    reach = max(LEAST_REACH, round(REACH * height / alpha.shape[0]))
    cutout = np.empty((height, width, 4), np.uint8)
    for rows, own in _strips(height, max(2 * radius, reach)):
        down = alpha.shape[0] / height
        box = (0, rows.start * down, alpha.shape[1], (rows.stop - rows.start) * down)
        size = (rows.stop - rows.start, width)
        fitted = [enlarge(layer, box, *size) for layer in layers]
        cutout[rows][own] = _soften_strip(photo[rows], *fitted, radius, reach)[own]
    return cutout


def _sides(work: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is known of the colors of product and backdrop, and how far they spread."""
    product, backdrop, spread = sure_colors(work, mask, round(REACH))
    unknown = (spread >= UNKNOWN)[..., np.newaxis]
    wide = blur_sides(work, mask.astype(np.float32), WIDE_BLUR)
    return np.where(unknown, wide[0], product), np.where(unknown, wide[1], backdrop), spread


def _strips(height: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Rows with a margin around them, and which of those rows are without."""
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        first, last = max(top - margin, 0), min(bottom + margin, height)
        yield slice(first, last), slice(top - first, bottom - first)


def _soften_strip(
    photo: np.ndarray,
    soft: np.ndarray,
    product: np.ndarray,
    backdrop: np.ndarray,
    spread: np.ndarray,
    radius: int,
    reach: int,
) -> np.ndarray:
    alpha = _follow(photo, soft, radius)
    mask = soft > 0.5
    edge = np.nonzero(grow(mask, reach) & ~shrink(mask, reach))
    colors = photo[edge].astype(np.float32)
    solved, trust = project(colors, product[edge], backdrop[edge], spread[edge])
    alpha[edge] = trust * solved + (1 - trust) * alpha[edge]
    levels = np.rint(alpha * 255).astype(np.uint8)
    strip = np.dstack([photo, levels])
    rim = np.nonzero(levels < 255)
    colors = uncover(photo[rim].astype(np.float32), alpha[rim], product[rim], backdrop[rim])
    strip[rim[0], rim[1], :3] = np.rint(colors)
    return strip


def _follow(photo: np.ndarray, alpha: np.ndarray, radius: int) -> np.ndarray:
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    soft = guided_filter(guide, alpha, radius, EPSILON)
    return np.clip((soft - HAZE) / (1 - 2 * HAZE), 0, 1)
