"""Finds the soft edge of a product."""

import cv2
import numpy as np


def find_soft_edge(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and columns, int (n,) each, where alpha is neither 0 nor 255.

    mask: uint8 alpha (H, W).
    """
    found = cv2.findNonZero(cv2.inRange(mask, 1, 254))
    if found is None:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    columns, rows = found.reshape(-1, 2).T
    return rows, columns
