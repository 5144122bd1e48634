"""Measures whether an outline can be that of a round product: symmetric about an upright axis."""

import cv2
import numpy as np

# Distance from the axis as a share of the product's width that still counts as on it, and leans of
# the axis that are tried, as slopes. Larger: crooked products count as symmetric.
OFF_AXIS, LEANS = 0.03, np.linspace(-0.08, 0.08, 17)


def measure_symmetry(solid: np.ndarray, column: float) -> float:
    """Returns the share of rows whose middle lies on an axis through the foot, 0 to 1.

    solid: bool (h, w). column: of the middle of the foot.
    """
    rows = np.flatnonzero(solid.any(axis=1))
    first = solid[rows].argmax(axis=1)
    last = solid.shape[1] - 1 - solid[rows, ::-1].argmax(axis=1)
    off = (first + last + 1) / 2 - column
    axis = LEANS[:, None] * (rows[-1] - rows)
    width = last.max() - first.min() + 1
    return float((np.abs(off - axis) < max(OFF_AXIS * width, 1.5)).mean(axis=1).max())


def measure_hole_share(solid: np.ndarray) -> float:
    """Returns the share of holes in the area within the outer outlines, 0 to 1.

    solid: bool (h, w), not empty.
    """
    contours, _ = cv2.findContours(
        solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    filled = cv2.drawContours(np.zeros(solid.shape, np.uint8), contours, -1, 1, cv2.FILLED)
    return 1 - int(np.count_nonzero(solid)) / int(np.count_nonzero(filled))
