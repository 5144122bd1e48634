"""The soft edge of a product."""

import cv2
import numpy as np


def rim_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns, int (n,) each, where uint8 alpha (H, W) is neither 0 nor 255."""
    found = cv2.findNonZero(cv2.inRange(mask, 1, 254))
    if found is None:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    columns, rows = found.reshape(-1, 2).T
    return rows, columns
