"""Light that a product throws onto the ground around it, in its own colour."""

import cv2
import numpy as np

from services.imaging.blur import gaussian_blur
from services.inpainting.engines.grounding.contour import Contour

REACH, STRENGTH, STRONGEST = 0.16, 0.22, 1.6


def bounced_tint(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, size: float
) -> np.ndarray:
    """What each channel of the ground is multiplied with: float32 (h, w, 3), about 1.

    picture: uint8 RGB (h, w, 3); mask: uint8 alpha (h, w); size: the product's extent in pixels.
    The tint is that of the product just above, strongest at the line of contact; it shifts the
    hue alone, for how light it is there is the shadow's business.
    """
    height, width = mask.shape
    # Wide and soft as it is, a quarter of the pixels will do.
    small = max(1, width // 2), max(1, height // 2)
    reach, share = REACH * size / 2, cv2.resize(mask, small).astype(np.float32) / 255
    color = gaussian_blur(cv2.resize(picture, small) * share[..., None], reach)
    channels = cv2.split(color)
    mean = (channels[0] + channels[1] + channels[2]) / 3 + 1e-3
    near = STRENGTH * np.exp(-_distance(contour, small) / reach)
    tints = (np.minimum(channel / mean, STRONGEST) - 1 for channel in channels)
    return cv2.resize(cv2.merge([1 + near * tint for tint in tints]), (width, height))


def _distance(contour: Contour, size: tuple[int, int]) -> np.ndarray:
    """From the line of contact, in pixels of half the contour's grid: float32 of (width, height).

    Far where nothing touches.
    """
    width, height = size
    line = np.full((height, width), 255, np.uint8)
    columns = np.flatnonzero(contour.weight > 0)
    rows = np.minimum(contour.lowest[columns] // 2, height - 1)
    line[rows, np.minimum(columns // 2, width - 1)] = 0
    return cv2.distanceTransform(line, cv2.DIST_L2, 3)
