"""Takes the color shift of a server's autoencoder out of its picture."""

import numpy as np

from services.inpainting.engines.diffusion.ring import ring_around

RING = 16
GAINS = (0.8, 1.25)
# A shift beyond this is something that was painted, such as a shadow, rather than an error.
MOST_SHIFT = 12.0
FEWEST = 64


def match_ring(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Gives a picture the mean and spread that the composite has around the product.

    drawn, composite: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W). Per channel, over a ring of
    16 pixels around the product (Reinhard et al., 'Color Transfer between Images', 2001). The
    spread changes by a factor of 0.8 to 1.25, the mean by at most 12 levels.
    """
    ring = ring_around(mask, 0, RING)
    if ring.sum() < FEWEST:
        return drawn
    ours, theirs = composite[ring].astype(np.float32), drawn[ring].astype(np.float32)
    gain = np.clip((ours.std(axis=0) + 1) / (theirs.std(axis=0) + 1), *GAINS)
    center = theirs.mean(axis=0)
    shift = np.clip(ours.mean(axis=0) - center, -MOST_SHIFT, MOST_SHIFT)
    matched = (drawn - center) * gain + center + shift
    return np.clip(np.rint(matched), 0, 255).astype(np.uint8)
