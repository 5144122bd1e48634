"""Finds rims: edges of a color that neither the product nor its ground has."""

import cv2
import numpy as np

from services.finishing.delta_e import delta_e

REACH = 7
LEAST = 1e-3


def halo(picture: np.ndarray, mask: np.ndarray) -> float | None:
    """How far an edge is from a mix of its two sides, as mean CIEDE2000.

    picture: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W). Around each half-covered pixel the mean
    of what is fully product and of what is fully ground are looked up; a clean edge lies on the
    line between them. None when there is no soft edge.
    """
    x, y, width, height = cv2.boundingRect(mask)
    window = (
        slice(max(0, y - REACH), y + height + REACH),
        slice(max(0, x - REACH), x + width + REACH),
    )
    colors, alpha = picture[window].astype(np.float32), mask[window]
    inside = _local_sum(colors, alpha == 255)
    outside = _local_sum(colors, alpha == 0)
    rim = (alpha > 0) & (alpha < 255) & (inside[1] > LEAST) & (outside[1] > LEAST)
    if not rim.any():
        return None
    product, ground = (total[rim] / weight[rim][:, None] for total, weight in (inside, outside))
    edge = colors[rim]
    span = product - ground
    along = ((edge - ground) * span).sum(axis=1) / np.maximum((span**2).sum(axis=1), 1e-6)
    nearest = ground + np.clip(along, 0, 1)[:, None] * span
    return float(delta_e(*(np.rint(each).astype(np.uint8) for each in (edge, nearest))).mean())


def _local_sum(colors: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Around each pixel: of colors where a bool is set their mean share, and the share of those."""
    weight = where.astype(np.float32)
    size = (2 * REACH + 1,) * 2
    return cv2.boxFilter(colors * weight[..., None], -1, size), cv2.boxFilter(weight, -1, size)
