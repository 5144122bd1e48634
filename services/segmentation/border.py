"""Marks the border of an image: the strip along its edges, which rarely shows the product."""

import numpy as np


def compute_border_width(height: int, width: int, share: float) -> int:
    """Returns the width of a border in pixels: `share` of the longer side, at least 1."""
    return max(1, round(share * max(height, width)))


def create_border_mask(height: int, width: int, share: float) -> np.ndarray:
    """Returns a bool mask (height, width) that is true on a border of that width."""
    margin = compute_border_width(height, width, share)
    border = np.ones((height, width), bool)
    border[margin : height - margin, margin : width - margin] = False
    return border
