"""Masks from alpha: which pixels count as product."""

import numpy as np

# From half of the range on, a pixel is more product than background; at 255 it is product alone.
SOLID_ALPHA, OPAQUE_ALPHA = 128, 255


def find_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns which pixels are more opaque than transparent (at least 128): bool (h, w).

    alpha: uint8 (h, w).
    """
    return alpha >= SOLID_ALPHA


def find_most_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns which pixels count as product: the solid ones, or if none is, the most opaque.

    So glass and other faint products have a mask too.

    alpha: uint8 (h, w); from 128 on a pixel is solid. Returns bool (h, w).
    """
    return alpha >= min(SOLID_ALPHA, int(alpha.max()))


def find_foot_row(alpha: np.ndarray) -> int:
    """Returns the row just below the lowest solid pixel, where a product touches the ground.

    alpha: uint8 (h, w); from 128 on a pixel is solid. Returns h if none is solid.
    """
    rows = np.flatnonzero(find_solid_pixels(alpha.max(axis=1)))
    return int(rows[-1]) + 1 if len(rows) else len(alpha)
