"""Masks from alpha: which pixels count as product."""

import math

import cv2
import numpy as np

# From half of the range on, a pixel is more product than background; at 255 it is product alone.
SOLID_ALPHA, OPAQUE_ALPHA = 128, 255
# Alpha below which a pixel is hardly seen in front of any background: a tenth. Larger: glass and
# veils do not count as product.
FAINT_ALPHA = 26
# Percentile of a product's alpha that is taken for its clearest part, and share of it from which on
# pixels count. Larger: of jars with lids only the lid counts.
CLEAR_PERCENTILE, CLEAR_LEVEL = 20, 0.9


def find_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns which pixels are more opaque than transparent (at least 128): bool (h, w).

    alpha: uint8 (h, w).
    """
    return alpha >= SOLID_ALPHA


def find_most_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns which pixels count as product: the solid ones, or if none is, the most opaque.

    Where much of the product is transparent, as glass is, so are its clearer parts.

    alpha: uint8 (h, w); from 128 on a pixel is solid. Returns bool (h, w).
    """
    return alpha >= min(find_product_level(alpha), int(alpha.max()))


def find_product_level(alpha: np.ndarray) -> int:
    """Returns the alpha from which on pixels count as product: 128, less for transparent products.

    alpha: uint8 (h, w).
    """
    counts = count_levels(alpha)
    counts[:FAINT_ALPHA] = 0
    if not counts.any():
        return SOLID_ALPHA
    return min(SOLID_ALPHA, int(CLEAR_LEVEL * find_percentile(counts, CLEAR_PERCENTILE)))


def count_levels(levels: np.ndarray) -> np.ndarray:
    """Returns how many pixels have each level: int64 (256,); levels: uint8 (h, w)."""
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256])
    return counts.ravel().astype(np.int64)


def find_percentile(counts: np.ndarray, percent: float) -> float:
    """Returns a percentile of levels, interpolated as np.percentile does, 0 to 255.

    Counting levels takes a fraction of the time of sorting them.

    counts: of pixels per level, int64 (256,), at least one of them above 0. percent: 0 to 100.
    """
    ranks = np.cumsum(counts)
    rank = percent / 100 * (int(ranks[-1]) - 1)
    # The level of the pixel with a rank is the first one up to which there are more pixels.
    below, above = np.searchsorted(ranks, (math.floor(rank), math.ceil(rank)), side="right")
    return float(below + (rank - math.floor(rank)) * (above - below))


def find_foot_row(alpha: np.ndarray) -> int:
    """Returns the row just below the product's lowest pixel, where it touches the ground.

    alpha: uint8 (h, w); from 128 on a pixel is solid, and less counts where much of the product is
        transparent. Returns h if nothing counts.
    """
    rows = np.flatnonzero(alpha.max(axis=1) >= find_product_level(alpha))
    return int(rows[-1]) + 1 if len(rows) else len(alpha)
