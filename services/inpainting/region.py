"""Finds the product in a picture and the window around it that shadows and reflections reach."""

import math
from dataclasses import dataclass

import numpy as np

from services.imaging.box import Box, Slices, find_bounding_box, slices_from_box, widen_box
from services.imaging.mask import find_most_solid_pixels


@dataclass(frozen=True)
class ProductRegion:
    """A window around a product.

    box: the product's x, y, width and height within the window.
    window: the window's rows and columns in the picture.
    """

    box: Box
    window: Slices

    @property
    def extent(self) -> float:
        """The geometric mean of the product's sides, in pixels."""
        return math.sqrt(self.box[2] * self.box[3])


def find_product_region(mask: np.ndarray, reach: float) -> ProductRegion:
    """Finds the product and a window that extends beyond it on all sides.

    mask: uint8 alpha (H, W) of the product.
    reach: how far the window extends beyond the product, as a share of its longer side.
    """
    x, y, width, height = find_bounding_box(find_most_solid_pixels(mask))
    # Eight pixels more, as a blur reaches beyond small products too.
    margin = round(reach * max(width, height)) + 8
    window_box = left, top, _, _ = widen_box((x, y, width, height), margin, *mask.shape)
    product_box = (x - left, y - top, width, height)
    return ProductRegion(product_box, slices_from_box(window_box))
