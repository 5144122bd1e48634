"""Light that a product throws onto the ground around it, in its own colour."""

import cv2
import numpy as np

from services.inpainting.blur import blur
from services.inpainting.contour import Contour

REACH, STRENGTH, STRONGEST = 0.16, 0.22, 1.6


def bounced_tint(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, size: float
) -> np.ndarray:
    """What each channel of the ground is multiplied with: float32 (h, w, 3), about 1.

    picture: uint8 RGB (h, w, 3); mask: uint8 alpha (h, w); size: the product's extent in pixels.
    The tint is that of the product just above, strongest at the line of contact; it shifts the
    hue alone, for how light it is there is the shadow's business.
    """
    reach = REACH * size
    share = mask.astype(np.float32) / 255
    color = blur(picture * share[..., None], reach)
    channels = cv2.split(color)
    mean = (channels[0] + channels[1] + channels[2]) / 3 + 1e-3
    near = np.exp(-_distance(contour, mask.shape[0]) / reach)
    tints = (np.minimum(channel / mean, STRONGEST) - 1 for channel in channels)
    return cv2.merge([1 + STRENGTH * near * tint for tint in tints])


def _distance(contour: Contour, height: int) -> np.ndarray:
    """From the line of contact, in pixels: float32 (height, w); far where nothing touches."""
    line = np.full((height, len(contour.lowest)), 255, np.uint8)
    columns = np.flatnonzero(contour.weight > 0)
    line[contour.lowest[columns], columns] = 0
    return cv2.distanceTransform(line, cv2.DIST_L2, 3)
