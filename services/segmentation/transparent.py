"""Photos that are already cut out: their alpha is the answer."""

import cv2
import numpy as np

from services.runtime.errors import NothingFound
from services.runtime.resizing import resize_rgba
from services.segmentation.engine import Finding, Prompt

CLEAR_SHARE = 0.005


class Transparent:
    """Keeps the alpha that a photo came with; an engine that is always there."""

    name = "alpha"
    version = "1"

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Crops uint8 RGBA (H, W, 4) to what is not fully transparent."""
        alpha = photo[..., 3]
        if not alpha.any():
            raise NothingFound("the photo is fully transparent; send one that shows the product")
        x, y, width, height = cv2.boundingRect(alpha)
        scale = min(1.0, prompt.max_side / max(width, height))
        size = (max(1, round(side * scale)) for side in (width, height))
        cutout = resize_rgba(photo[y : y + height, x : x + width], *size)
        return Finding(cutout, (x, y, width, height), confidence=1.0)


def is_cut_out(photo: np.ndarray) -> bool:
    """Whether uint8 (H, W, 3 or 4) has enough transparency to mean it."""
    return photo.shape[2] == 4 and float((photo[..., 3] < 128).mean()) > CLEAR_SHARE
