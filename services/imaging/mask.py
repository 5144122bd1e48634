"""What in an alpha channel counts as product."""

import numpy as np

# Alpha from which on a pixel is more product than surroundings, and at which it is all product.
SOLID, OPAQUE = 128, 255


def solid_part(alpha: np.ndarray) -> np.ndarray:
    """Where a uint8 alpha is more opaque than not: bool of its shape."""
    return alpha >= SOLID


def most_solid_part(alpha: np.ndarray) -> np.ndarray:
    """The same, but of a product that is faint all over where it is most opaque."""
    return alpha >= min(SOLID, int(alpha.max()))


def foot_row(alpha: np.ndarray) -> int:
    """The row below the lowest solid pixel of uint8 alpha (h, w); h where none is solid."""
    rows = np.flatnonzero(solid_part(alpha.max(axis=1)))
    return int(rows[-1]) + 1 if len(rows) else len(alpha)
