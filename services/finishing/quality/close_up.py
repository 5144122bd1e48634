"""The product and what is around it, cropped and shrunk, for what is seen at a glance."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import find_most_solid_pixels

# Longer side of the product in pixels. Larger: takes longer.
PRODUCT_SIDE = 256
# What is seen around the product, as a share of its longer side. Larger: things that are far from
# it count as its surroundings.
MARGIN_SHARE = 0.35


@dataclass(frozen=True)
class CloseUp:
    """A product and its surroundings at a small size.

    ad: uint8 RGB (h, w, 3). alpha: uint8 (h, w) of the product.
    """

    ad: np.ndarray
    alpha: np.ndarray

    @cached_property
    def solid(self) -> np.ndarray:
        """Where the product is most solid: bool (h, w)."""
        return find_most_solid_pixels(self.alpha)

    @cached_property
    def ground(self) -> np.ndarray:
        """Where nothing of the product is: bool (h, w)."""
        return np.equal(self.alpha, 0)

    @cached_property
    def box(self) -> Box:
        """The product's bounds: x, y, width, height."""
        return find_bounding_box(self.solid)

    @cached_property
    def lab(self) -> np.ndarray:
        """The picture in CIE L*a*b* (D65): float32 (h, w, 3), L 0 to 100."""
        return lab_from_srgb(self.ad)


def crop_close_up(ad: np.ndarray, alpha: np.ndarray, box: Box) -> CloseUp:
    """Returns the part of a picture around its product, shrunk but never enlarged.

    ad: uint8 RGB (H, W, 3). alpha: uint8 (H, W). box: x, y, width and height of the product.
    """
    side = max(box[2:])
    seen = widen_box(box, MARGIN_SHARE * side, *alpha.shape)
    scale = min(1.0, PRODUCT_SIDE / side)
    size = [max(1, round(length * scale)) for length in seen[2:]]
    colors, opacity = (
        cv2.resize(crop_to_box(image, seen), size, interpolation=cv2.INTER_AREA)
        for image in (ad, alpha)
    )
    return CloseUp(colors, opacity)
