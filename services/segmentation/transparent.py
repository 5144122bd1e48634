"""Segments photos that are already transparent: their alpha is the result."""

import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.mask import find_solid_pixels
from services.runtime.engines import EngineTraits
from services.runtime.errors import ProductNotFound
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.scale import shrink_cutout

# Share of transparent pixels from which on a photo counts as cut out. Smaller: a stray transparent
# pixel turns segmentation off.
MIN_TRANSPARENT_SHARE = 0.005


class AlphaSegmentation:
    """Keeps the alpha of a photo that is already cut out; chosen by the photo, not by a request."""

    name = "alpha"
    version = "1"
    traits = EngineTraits()

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Crops uint8 RGBA (H, W, 4) to its pixels that are not fully transparent.

        Raises ProductNotFound if all pixels are.
        """
        alpha = photo[..., 3]
        if not alpha.any():
            raise ProductNotFound("the photo is fully transparent; send one that shows the product")
        bounds = find_bounding_box(alpha)
        cutout = shrink_cutout(crop_to_box(photo, bounds), prompt.max_side)
        return SegmentationResult(cutout, bounds, confidence=1.0)


def is_already_cut_out(photo: np.ndarray) -> bool:
    """Whether a photo, uint8 RGB or RGBA (H, W, C), has a significant share of transparency."""
    if photo.shape[2] != 4:
        return False
    return float((~find_solid_pixels(photo[..., 3])).mean()) > MIN_TRANSPARENT_SHARE
