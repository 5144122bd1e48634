"""Alpha from the colors on both sides of an edge: how far between them a pixel lies.

The matting equation, color = alpha * product + (1 - alpha) * backdrop, has one unknown left where
both colors are known (A. R. Smith, J. F. Blinn: "Blue Screen Matting", SIGGRAPH 1996). Here they
are estimated from what surely is product and surely is backdrop nearby.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.segmentation.morphology import shrink

# Windows reach from one side of the band past the other; a share of them must be sure.
WINDOW = 3
LEAST_SURE = 0.02
# RGB levels between the two colors: with fewer they tell nothing, with more all.
FAINT, CLEAR = 12.0, 40.0
# How far off the line between the two colors a pixel may lie, as a share of its length.
OFF_LINE = 0.25
# Alpha this near to either end is noise.
NOISE = 0.04


@dataclass(frozen=True)
class Projection:
    """What is known of an edge.

    alpha: float32 (h, w), 0 to 1. trust: float32 (h, w), 0 to 1, how far to believe it.
    product, backdrop: float32 (h, w, 3), 0 to 255; 0 where nothing sure is near.
    """

    alpha: np.ndarray
    trust: np.ndarray
    product: np.ndarray
    backdrop: np.ndarray


def project(photo: np.ndarray, mask: np.ndarray, reach: int) -> Projection:
    """Solves the matting equation in the band around a mask's edge.

    photo: float32 RGB (h, w, 3), 0 to 255. mask: bool (h, w), right but for `reach` pixels on each
    side of its edge; outside that band the trust is 0.
    """
    inside, outside = shrink(mask, reach), shrink(~mask, reach)
    product, product_spread = _colors(photo, inside, WINDOW * reach)
    backdrop, backdrop_spread = _colors(photo, outside, WINDOW * reach)
    line, offset = product - backdrop, photo - backdrop
    length = np.sqrt((line * line).sum(axis=2))
    share = (offset * line).sum(axis=2) / np.maximum(length, 1) ** 2
    alpha = np.clip((share - NOISE) / (1 - 2 * NOISE), 0, 1)
    off = np.linalg.norm(offset - np.clip(share, 0, 1)[..., np.newaxis] * line, axis=2)
    trust = np.clip((length - FAINT) / (CLEAR - FAINT), 0, 1)
    doubt = off**2 + product_spread + backdrop_spread
    trust *= np.exp(-doubt / np.maximum(OFF_LINE * length, 1) ** 2)
    trust[inside | outside] = 0
    return Projection(alpha, trust, product, backdrop)


def _colors(photo: np.ndarray, where: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean color around each pixel, and the variance; infinite where too little is sure."""
    window = (2 * radius + 1, 2 * radius + 1)
    weight = where.astype(np.float32)[..., np.newaxis]
    share = cv2.blur(weight, window)
    sure = np.maximum(share, 1e-6)[..., np.newaxis]
    mean = cv2.blur(photo * weight, window) / sure
    squares = cv2.blur((photo * photo).sum(axis=2) * weight[..., 0], window) / sure[..., 0]
    spread = np.maximum(squares - (mean * mean).sum(axis=2), 0)
    return mean, np.where(share > LEAST_SURE, spread, np.inf)
