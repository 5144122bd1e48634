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
        """Crops a photo that is already cut out to the pixels that are not fully transparent.

        photo: uint8 RGBA (H, W, 4). prompt: only its max_side is used, the longest side of the
        cut-out in pixels; a larger one is scaled down.

        Raises ProductNotFound if the photo is fully transparent.
        """
        alpha = photo[..., 3]
        if not alpha.any():
            raise ProductNotFound("the photo is fully transparent; send one that shows the product")
        bounds = find_bounding_box(alpha)
        cutout = shrink_cutout(crop_to_box(photo, bounds), prompt.max_side)
        return SegmentationResult(cutout, bounds, confidence=1.0)


def is_already_cut_out(photo: np.ndarray) -> bool:
    """Whether so much of a photo is transparent that it needs no segmentation.

    photo: uint8 RGB or RGBA (H, W, C). Pixels with alpha below 128 count as transparent.
    """
    has_alpha = photo.shape[2] == 4
    if not has_alpha:
        return False
    return float((~find_solid_pixels(photo[..., 3])).mean()) > MIN_TRANSPARENT_SHARE
