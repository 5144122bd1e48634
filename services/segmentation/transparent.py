"""Photos that are already cut out: their alpha is the answer."""

import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.mask import find_solid_pixels
from services.runtime.engines import EngineTraits
from services.runtime.errors import ProductNotFound
from services.segmentation.engine import Finding, Prompt
from services.segmentation.scale import fit_rgba_within

CLEAR_SHARE = 0.005


class Transparent:
    """Keeps the alpha that a photo came with: an engine that no request has to choose."""

    name = "alpha"
    version = "1"
    traits = EngineTraits()

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Crops uint8 RGBA (H, W, 4) to what is not fully transparent."""
        alpha = photo[..., 3]
        if not alpha.any():
            raise ProductNotFound("the photo is fully transparent; send one that shows the product")
        bounds = find_bounding_box(alpha)
        return Finding(fit_rgba_within(crop_to_box(photo, bounds), prompt.max_side), bounds, 1.0)


def is_cut_out(photo: np.ndarray) -> bool:
    """Whether uint8 (H, W, 3 or 4) has enough transparency to mean it."""
    return photo.shape[2] == 4 and float((~find_solid_pixels(photo[..., 3])).mean()) > CLEAR_SHARE
