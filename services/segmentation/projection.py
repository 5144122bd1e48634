"""Estimates alpha from the colors on both sides of an edge: how far between them a pixel lies.

The matting equation, color = alpha * product + (1 - alpha) * background, has one unknown left if
both colors are known (A. R. Smith, J. F. Blinn: "Blue Screen Matting", SIGGRAPH 1996). Here they
are estimated from pixels nearby that certainly show the product or the background.
"""

import numpy as np

from services.imaging.windows import average_weighted_windows, average_windows
from services.segmentation.morphology import erode_mask

# Radius of the windows in multiples of the band's half-width, so that they reach from one side of
# the band past the other. Larger: colors from farther away.
WINDOW_REACH = 3
# The least share of a window that must be certain. Larger: fewer pixels have known colors.
MIN_CERTAIN_SHARE = 0.02
# Variance that stands for "unknown": far above any real one (three channels, 255² each).
UNKNOWN_VARIANCE = 1e6
# Distances in RGB levels between the two colors at which alpha is not trusted at all and fully.
# Larger: low-contrast edges keep the alpha of the mask.
MIN_CONTRAST, FULL_CONTRAST = 12.0, 40.0
# How far off the line between the two colors a pixel may lie, as a share of the line's length.
# Larger: pixels of a third color are trusted, too.
OFF_LINE = 0.25
# Alpha this close to 0 or 1 becomes exactly that. Larger: cleaner areas, but thinner soft edges.
ALPHA_NOISE = 0.04
# Avoids division by zero in windows without a certain pixel, whose result is discarded.
MIN_SHARE = 1e-6


def estimate_side_colors(
    photo: np.ndarray, mask: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the mean colors of product and background near each pixel, and their variance.

    Only pixels count that certainly show one of them: those farther than `reach` from the edge. The
    colors are float32 RGB (h, w, 3), 0 to 255. The variance, float32 (h, w), is the sum of both
    sides', or UNKNOWN_VARIANCE if a side has no certain pixel near.

    photo: float32 RGB (h, w, 3), 0 to 255.
    mask: the product, bool (h, w), correct except for `reach` pixels on each side of its edge.
    """
    (product, product_variance), (background, background_variance) = (
        _compute_mean_and_variance(photo, erode_mask(side, reach), WINDOW_REACH * reach)
        for side in (mask, ~mask)
    )
    variance = np.minimum(product_variance + background_variance, UNKNOWN_VARIANCE)
    return product, background, variance


def solve_alpha(
    photo: np.ndarray, product: np.ndarray, background: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns each pixel's alpha and the confidence in it, float32 (...), 0 to 1 each.

    Alpha is how far the pixel's color lies on the line from the background's to the product's. It
    is less certain where the two are similar, vary, or the pixel's color is off the line.

    photo: the pixels' colors. product, background: mean colors of both sides near each pixel.
        All are float32 RGB (..., 3), 0 to 255.
    variance: sum of the variances of both sides' colors near each pixel, float32 (...).
    """
    line, offset = product - background, photo - background
    contrast = np.sqrt((line * line).sum(axis=-1))
    position = np.clip((offset * line).sum(axis=-1) / np.maximum(contrast, 1) ** 2, 0, 1)
    off_line = offset - position[..., np.newaxis] * line
    error = (off_line * off_line).sum(axis=-1) + variance
    confidence = np.clip((contrast - MIN_CONTRAST) / (FULL_CONTRAST - MIN_CONTRAST), 0, 1)
    confidence *= np.exp(-error / np.maximum(OFF_LINE * contrast, 1) ** 2)
    # Noise within ALPHA_NOISE of 0 or 1 becomes exactly that.
    return np.clip((position - ALPHA_NOISE) / (1 - 2 * ALPHA_NOISE), 0, 1), confidence


def _compute_mean_and_variance(
    photo: np.ndarray, certain: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean color of the certain pixels around each pixel, and their variance.

    The mean is float32 RGB (h, w, 3). The variance, float32 (h, w), is the sum over the channels,
    or UNKNOWN_VARIANCE where too few certain pixels are near.

    photo: float32 RGB (h, w, 3), 0 to 255. certain: bool (h, w), the pixels that count.
    radius: half the side of the square windows, in pixels.
    """
    weight = certain.astype(np.float32)
    # Means over all pixels of a window, of which the certain ones are `certain_share`.
    color_mean, certain_share = average_weighted_windows(photo, weight, radius)
    divisor = np.maximum(certain_share, MIN_SHARE)
    mean = color_mean / divisor[..., np.newaxis]
    mean_square = average_windows((photo * photo).sum(axis=2) * weight, radius) / divisor
    variance = np.maximum(mean_square - (mean * mean).sum(axis=2), 0)
    is_known = certain_share > MIN_CERTAIN_SHARE
    return mean, np.where(is_known, variance, UNKNOWN_VARIANCE).astype(np.float32)
