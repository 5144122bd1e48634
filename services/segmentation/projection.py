"""Alpha from the colors on both sides of an edge: how far between them a pixel lies.

The matting equation, color = alpha * product + (1 - alpha) * backdrop, has one unknown left where
both colors are known (A. R. Smith, J. F. Blinn: "Blue Screen Matting", SIGGRAPH 1996). Here they
are estimated from what surely is product and surely is backdrop nearby.
"""

import numpy as np

from services.imaging.windows import average_weighted_windows, average_windows
from services.segmentation.morphology import shrink

# Windows reach from one side of the band past the other; a share of them must be sure.
WINDOW = 3
LEAST_SURE = 0.02
UNKNOWN = 1e6
# RGB levels between the two colors: with fewer they tell nothing, with more all.
FAINT, CLEAR = 12.0, 40.0
# How far off the line between the two colors a pixel may lie, as a share of its length.
OFF_LINE = 0.25
# Alpha this near to either end is noise.
NOISE = 0.04


def sure_colors(
    photo: np.ndarray, mask: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The colors of product and backdrop nearby, float32 (h, w, 3), 0 to 255, and their spread.

    photo: float32 RGB (h, w, 3), 0 to 255. mask: bool (h, w), right but for `reach` pixels on each
    side of its edge. The spread is the sum of both variances, float32 (h, w); UNKNOWN where
    nothing sure is near.
    """
    (product, one), (backdrop, other) = (
        _mean(photo, shrink(side, reach), WINDOW * reach) for side in (mask, ~mask)
    )
    return product, backdrop, np.minimum(one + other, UNKNOWN)


def project(
    photo: np.ndarray, product: np.ndarray, backdrop: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solves the matting equation: alpha, and how far to trust it, float32 (...), 0 to 1 each.

    photo, product, backdrop: float32 RGB (..., 3), 0 to 255. spread: float32 (...).
    """
    line, offset = product - backdrop, photo - backdrop
    length = np.sqrt((line * line).sum(axis=-1))
    share = np.clip((offset * line).sum(axis=-1) / np.maximum(length, 1) ** 2, 0, 1)
    off = offset - share[..., np.newaxis] * line
    doubt = (off * off).sum(axis=-1) + spread
    trust = np.clip((length - FAINT) / (CLEAR - FAINT), 0, 1)
    trust *= np.exp(-doubt / np.maximum(OFF_LINE * length, 1) ** 2)
    return np.clip((share - NOISE) / (1 - 2 * NOISE), 0, 1), trust


def _mean(photo: np.ndarray, where: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean color around each pixel, and the variance; UNKNOWN where too little is sure."""
    weight = where.astype(np.float32)
    total, share = average_weighted_windows(photo, weight, radius)
    sure = np.maximum(share, 1e-6)
    mean = total / sure[..., np.newaxis]
    squares = average_windows((photo * photo).sum(axis=2) * weight, radius) / sure
    spread = np.maximum(squares - (mean * mean).sum(axis=2), 0)
    return mean, np.where(share > LEAST_SURE, spread, UNKNOWN).astype(np.float32)
