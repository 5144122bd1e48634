"""Removes the color shift that a model's autoencoder adds to a picture."""

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
    """Removes the color shift of a repainted picture, by the colors right around the product.

    Matches mean and standard deviation of each channel to those of the composite, over a ring of
    RING_WIDTH pixels (Reinhard et al., "Color Transfer between Images", 2001). Scales deviations
    within GAIN_LIMITS and moves the mean by at most MAX_SHIFT levels.

    drawn, composite: uint8 RGB (H, W, 3), after and before the repainting; the result has the same
        shape and type. It is `drawn` itself if the ring is too small.
    mask: uint8 alpha (H, W) of the product.
    """
    ring = select_ring(mask, inner=0, outer=RING_WIDTH)
    if ring.sum() < MIN_RING_PIXELS:
        return drawn
    before, after = composite[ring].astype(np.float32), drawn[ring].astype(np.float32)
    # One level more, so that flat colors do not divide by 0.
    gain = np.clip((before.std(axis=0) + 1) / (after.std(axis=0) + 1), *GAIN_LIMITS)
    center = after.mean(axis=0)
    shift = np.clip(before.mean(axis=0) - center, -MAX_SHIFT, MAX_SHIFT)
    matched = (drawn - center) * gain + center + shift
    return np.clip(np.rint(matched), 0, 255).astype(np.uint8)
