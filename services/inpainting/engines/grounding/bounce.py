"""Tints the ground around a product with the light that the product reflects onto it."""

import cv2
import numpy as np

from services.imaging.blur import gaussian_blur
from services.inpainting.engines.grounding.contour import LowerContour

# Sigma of the blur and distance of decay, as a share of the product's extent. Larger: the tint
# spreads further and varies less along the product.
BOUNCE_REACH = 0.16
# Weight of the tint at the line of contact, 0 to 1. Larger: a more saturated ground.
BOUNCE_STRENGTH = 0.22
# Largest ratio of a channel to the mean of all. Larger: saturated products tint more.
MAX_CHANNEL_RATIO = 1.6


def compute_bounce_factors(
    picture: np.ndarray, mask: np.ndarray, contour: LowerContour, extent: float
) -> np.ndarray:
    """Returns the factors, about 1, by which to multiply the ground's channels: float32 (h, w, 3).

    The tint is the hue of the product right above, strongest at the line of contact. It does not
    change how light the ground is, which shadows do.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    extent: the product's extent in pixels.
    """
    height, width = mask.shape
    # The tint is wide and soft, so half the resolution is enough.
    small = max(1, width // 2), max(1, height // 2)
    reach, share = BOUNCE_REACH * extent / 2, cv2.resize(mask, small).astype(np.float32) / 255
    color = gaussian_blur(cv2.resize(picture, small) * share[..., None], reach)
    channels = cv2.split(color)
    mean = (channels[0] + channels[1] + channels[2]) / 3 + 1e-3
    near = BOUNCE_STRENGTH * np.exp(-_measure_contact_distance(contour, small) / reach)
    tints = (np.minimum(channel / mean, MAX_CHANNEL_RATIO) - 1 for channel in channels)
    return cv2.resize(cv2.merge([1 + near * tint for tint in tints]), (width, height))


def _measure_contact_distance(contour: LowerContour, size: tuple[int, int]) -> np.ndarray:
    """Returns each pixel's distance to the line of contact: float32 (height, width).

    Works at half the contour's resolution, with distances in its pixels; very large if nothing
    touches the ground.

    size: (width, height).
    """
    width, height = size
    line = np.full((height, width), 255, np.uint8)
    columns = np.flatnonzero(contour.weight > 0)
    rows = np.minimum(contour.lowest[columns] // 2, height - 1)
    line[rows, np.minimum(columns // 2, width - 1)] = 0
    return cv2.distanceTransform(line, cv2.DIST_L2, 3)
