"""Removes the color shift that a model's autoencoder adds to a picture."""

import cv2
import numpy as np

from services.imaging.box import find_bounding_box, slices_from_box, widen_box
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
    box = widen_box(find_bounding_box(mask > 0), RING_WIDTH, *mask.shape)
    window = slices_from_box(box)
    ring = select_ring(mask[window], inner=0, outer=RING_WIDTH)
    if ring.sum() < MIN_RING_PIXELS:
        return drawn
    before, after = (picture[window][ring].astype(np.float32) for picture in (composite, drawn))
    # One level more, so that flat colors do not divide by 0.
    gain = np.clip((before.std(axis=0) + 1) / (after.std(axis=0) + 1), *GAIN_LIMITS)
    center = after.mean(axis=0)
    shift = np.clip(before.mean(axis=0) - center, -MAX_SHIFT, MAX_SHIFT)
    # A table with the new value of each level, as each channel is changed alike everywhere.
    levels = np.arange(256, dtype=np.float32)[:, None]
    matched = (levels - center) * gain + center + shift
    table = np.clip(np.rint(matched), 0, 255).astype(np.uint8)
    return cv2.LUT(drawn, table[None])
