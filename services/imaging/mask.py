"""Masks from alpha: which pixels count as product."""

import numpy as np

# From half of the range on, a pixel is more product than background; at 255 it is product alone.
SOLID_ALPHA, OPAQUE_ALPHA = 128, 255


def find_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns where uint8 alpha (h, w) is more opaque than transparent: bool (h, w)."""
    return alpha >= SOLID_ALPHA


def find_most_solid_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns the solid pixels of uint8 alpha (h, w), or the most opaque if none is: bool (h, w).

    So glass and other faint products have a mask too.
    """
    return alpha >= min(SOLID_ALPHA, int(alpha.max()))


def find_foot_row(alpha: np.ndarray) -> int:
    """Returns the row below the lowest solid pixel of uint8 alpha (h, w); h if none is solid."""
    rows = np.flatnonzero(find_solid_pixels(alpha.max(axis=1)))
    return int(rows[-1]) + 1 if len(rows) else len(alpha)
