"""Tints the ground around a product with the light that the product reflects onto it."""

import numpy as np

from services.imaging.blur import gaussian_blur

# Sigma of the tint, as a share of the product's extent. Larger: it spreads further.
BOUNCE_REACH = 0.16
# Weight of the tint at the edge of the base, 0 to 1. Larger: a more saturated ground.
BOUNCE_STRENGTH = 0.12
# Largest ratio of a channel to the mean of all. Larger: saturated products tint more.
MAX_CHANNEL_RATIO = 1.6
# Part of the product's height, from the base up, whose color the ground reflects. Larger: lids and
# labels count as well.
BOUNCING_SHARE = 0.5


def measure_bounce_tint(
    picture: np.ndarray, mask: np.ndarray, base: int, height: int
) -> np.ndarray:
    """Returns how light from a product shifts the ground's channels: float (3,), 0 and below.

    One tint for all the ground: light from a whole side of the product mixes on it, so that parts
    of other colors leave no blotches. The product's strongest channel stays, the others weaken.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    base, height: the product's lowest row and its height, in pixels.
    """
    rows = slice(max(0, base + 1 - round(BOUNCING_SHARE * height)), base + 1)
    weight = mask[rows].astype(np.float32)
    color = np.einsum("hwc,hw->c", picture[rows].astype(np.float32), weight)
    ratios = np.minimum(color / max(float(color.mean()), 1e-3), MAX_CHANNEL_RATIO)
    return ratios - ratios.max()


def compute_bounce_weight(area: np.ndarray, extent: float) -> np.ndarray:
    """Returns how strongly the product's tint shows on the ground: float32 (h, w), 0 to 1.

    area: float32 (h, w), the footprint on ground where circles are round.
    extent: the geometric mean of the product's sides, in pixels.
    """
    nearness = np.minimum(2 * gaussian_blur(area, BOUNCE_REACH * extent), 1)
    return BOUNCE_STRENGTH * nearness
