"""Finds the soft edge of a product."""

import cv2
import numpy as np


def find_soft_edge(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the half-transparent pixels at a product's edge, with alpha neither 0 nor 255.

    Returns their rows and their columns, int (n,) each, for use as an index.

    mask: uint8 alpha (H, W) of the product.
    """
    points = cv2.findNonZero(cv2.inRange(mask, 1, 254))
    # OpenCV returns None for no points.
    if points is None:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    columns, rows = points.reshape(-1, 2).T
    return rows, columns
