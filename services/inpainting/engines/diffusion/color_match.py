"""Removes the color shift that an image server's autoencoder adds to a picture."""

import numpy as np

from services.inpainting.engines.diffusion.ring import select_ring

# Width in pixels of the ring that is compared. Larger: more pixels to average, but also more that
# was rightly repainted.
RING_WIDTH = 16
# Smallest and largest change of the spread. Wider: stronger corrections, but flat repainted ground
# gets its noise amplified.
GAIN_LIMITS = (0.8, 1.25)
# Largest change of the mean, in levels. A larger shift is something that was painted, such as a
# shadow, rather than an error.
MAX_SHIFT = 12.0
# Fewest pixels in the ring. With less, mean and spread say little and the picture stays as it is.
MIN_RING_PIXELS = 64


def match_ring_colors(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Matches the mean and spread of a picture's colors around the product to the composite's.

    Works per channel over a ring of RING_WIDTH pixels (Reinhard et al., "Color Transfer between
    Images", 2001). The spread changes within GAIN_LIMITS, the mean by at most MAX_SHIFT levels.

    drawn, composite: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    """
    ring = select_ring(mask, 0, RING_WIDTH)
    if ring.sum() < MIN_RING_PIXELS:
        return drawn
    wanted, found = composite[ring].astype(np.float32), drawn[ring].astype(np.float32)
    gain = np.clip((wanted.std(axis=0) + 1) / (found.std(axis=0) + 1), *GAIN_LIMITS)
    center = found.mean(axis=0)
    shift = np.clip(wanted.mean(axis=0) - center, -MAX_SHIFT, MAX_SHIFT)
    matched = (drawn - center) * gain + center + shift
    return np.clip(np.rint(matched), 0, 255).astype(np.uint8)
