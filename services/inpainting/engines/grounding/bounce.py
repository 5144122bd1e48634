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
    """Returns factors, about 1, that tint the ground with light from the product: (h, w, 3).

    The result is float32, to be multiplied with the ground's RGB channels. The tint is the hue of
    the product right above, strongest where it touches the ground. It does not change how light
    the ground is, which shadows do.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    contour: the product's lower outline and where it touches the ground.
    extent: the geometric mean of the product's sides, in pixels.
    """
    height, width = mask.shape
    # The tint is wide and soft, so half the resolution is enough.
    half_size = max(1, width // 2), max(1, height // 2)
    reach = BOUNCE_REACH * extent / 2
    alpha = cv2.resize(mask, half_size).astype(np.float32) / 255
    product_color = gaussian_blur(cv2.resize(picture, half_size) * alpha[..., None], reach)
    red, green, blue = channels = cv2.split(product_color)
    mean = (red + green + blue) / 3 + 1e-3
    nearness = BOUNCE_STRENGTH * np.exp(-_measure_contact_distance(contour, half_size) / reach)
    tints = (np.minimum(channel / mean, MAX_CHANNEL_RATIO) - 1 for channel in channels)
    return cv2.resize(cv2.merge([1 + nearness * tint for tint in tints]), (width, height))


def _measure_contact_distance(contour: LowerContour, size: tuple[int, int]) -> np.ndarray:
    """Returns each pixel's distance to where the product touches the ground: float32 (h, w).

    In pixels of the result, which has half the contour's resolution. Very large if nothing touches
    the ground.

    size: (width, height) of the result.
    """
    width, height = size
    # 0 at the points of contact, as the distance transform measures the distance to zeros.
    line = np.full((height, width), 255, np.uint8)
    columns = np.flatnonzero(contour.weight > 0)
    rows = np.minimum(contour.lowest[columns] // 2, height - 1)
    line[rows, np.minimum(columns // 2, width - 1)] = 0
    return cv2.distanceTransform(line, cv2.DIST_L2, maskSize=3)
