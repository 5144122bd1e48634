"""Where a standing product touches the ground."""

from dataclasses import dataclass

import numpy as np

SOLID = 128
NEAR_BASE = 0.07


@dataclass(frozen=True)
class Contour:
    """The lower outline of a product.

    lowest: int (W,), the lowest solid row of each column, -1 where there is none.
    weight: float32 (W,), how surely the column touches the ground, 0 to 1.
    base: the lowest row of all.
    """

    lowest: np.ndarray
    weight: np.ndarray
    base: int


def lower_contour(mask: np.ndarray, pitch: float) -> Contour:
    """Follows the lower edge of uint8 alpha (H, W) for a camera that looks down `pitch` degrees.

    A column touches where its lowest pixel is near the base; the more the camera looks down, the
    further up the picture the ground reaches under the product.
    """
    solid = mask >= min(SOLID, int(mask.max()))
    rows = np.arange(mask.shape[0])[:, None]
    lowest = np.where(solid, rows, -1).max(axis=0)
    base = int(lowest.max())
    columns = np.flatnonzero(lowest >= 0)
    width = columns[-1] - columns[0] + 1
    height = base - int(np.flatnonzero(solid.any(axis=1))[0]) + 1
    depth = NEAR_BASE * height + 0.25 * width * np.sin(np.radians(pitch))
    lift = (base - lowest) / max(depth, 1.0)
    weight = np.where(lowest >= 0, np.clip(1.5 - 1.5 * lift, 0, 1), 0).astype(np.float32)
    return Contour(lowest, weight, base)
