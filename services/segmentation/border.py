"""Marks the border of an image: the strip along its edges, which rarely shows the product."""

import numpy as np


def compute_border_width(height: int, width: int, share: float) -> int:
    """Returns the width in pixels, at least 1, of a border that is a share of the longer side.

    height, width: of the image in pixels. share: 0 to 1.
    """
    return max(1, round(share * max(height, width)))


def create_border_mask(height: int, width: int, share: float) -> np.ndarray:
    """Returns a bool mask (height, width) that is true in a strip along the image's four edges.

    height, width: of the image in pixels.
    share: width of the strip as a share of the image's longer side, 0 to 1.
    """
    border_width = compute_border_width(height, width, share)
    border = np.ones((height, width), bool)
    border[border_width : height - border_width, border_width : width - border_width] = False
    return border
