"""Chooses the product among the masks that Segment Anything offers for one box."""

from collections.abc import Sequence

import numpy as np

from services.segmentation.consensus import separation

SMALLEST, LARGEST = 0.002, 0.95
# A mask along this share of the frame is the backdrop's, and the product is what it leaves out.
MOST_OF_FRAME = 0.5


def choose_mask(
    photo: np.ndarray, masks: Sequence[np.ndarray], scores: Sequence[float]
) -> tuple[np.ndarray, float] | None:
    """Returns the best bool mask (h, w) and its score, 0 to 1; None when none can be a product.

    photo: uint8 RGB (h, w, 3); masks: bool (h, w) each; scores: the model's own, the IoU that it
    predicts. A high score alone tells no product from a backdrop, so a mask's colors must stand
    out too.
    """
    turned = [~mask if frame_share(mask) > MOST_OF_FRAME else mask for mask in masks]
    fitting = [
        (separation(photo, mask) * score, mask, score)
        for mask, score in zip(turned, scores, strict=True)
        if SMALLEST <= mask.mean() <= LARGEST
    ]
    if not fitting:
        return None
    _, mask, score = max(fitting, key=lambda each: each[0])
    return mask, float(np.clip(score, 0, 1))


def frame_share(mask: np.ndarray) -> float:
    """How much of a picture's outermost pixels a bool mask (h, w) covers, 0 to 1."""
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())
