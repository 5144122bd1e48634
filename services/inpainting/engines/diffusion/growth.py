"""Measures how far a repainting grew the product beyond its silhouette."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.imaging.mask import OPAQUE_ALPHA
from services.inpainting.engines.diffusion.ring import measure_distance_outside
from services.inpainting.region import find_product_region

# Where the measured ring begins and ends, as shares of the product's size, and at least so many
# pixels. Nearer pixels mix with the soft edge; farther ones are not reached by a growing outline.
RING_START, RING_END = 0.006, 0.03
MIN_RING_START, MIN_RING_END = 2.0, 6.0
# Mean channel differences in levels: from which on a pixel counts as repainted, and from which on
# ground and product can be distinguished. Larger: fewer pixels count. A pixel that is as near to
# any blurred composite as REPAINTED counts as blurred.
REPAINTED, DISTINCT = 24.0, 40.0
# A pixel turned into product when its distance to the product's color fell below this share of the
# distance before. Larger: half-way colors count too.
TURNED_SHARE = 0.5
# Factors by which a shadow darkens: it keeps the hue, and rarely takes more than two thirds of the
# light. Wider: darker and lighter repaintings are excused as shading.
SHADE_FACTORS = (0.35, 1.0)
# Largest deviation in levels from a pure darkening. Larger: tinted shadows are excused too.
MAX_SHADE_ERROR = 14.0
# Standard deviations of blurs that a model's autoencoder or resampling may cause, as shares of the
# product's size. A wider range: softer pictures are excused, and so is more growth into the gaps of
# a product.
BLURS = (0.01, 0.02, 0.04, 0.08, 0.16)
# A blur is made on a reduced picture, so that it deviates by at least so many of its pixels: more
# are slower to blur, fewer make it coarse.
MIN_BLUR_PIXELS = 4.0
# Fewest pixels in the ring that can be distinguished from the product. With less the share would
# be noise.
MIN_PIXELS = 32


def measure_product_growth(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> float:
    """Returns how far a repainting grew the product beyond its outline, 0 to 1.

    That is the share of a ring around the product that turned into product. A pixel turned when it
    left its color for that of the nearest product pixel and did not merely fall into shade or mix
    with its neighbors, as in a blurred picture. Pixels whose ground looks like the product are not
    counted.

    drawn, composite: uint8 RGB (H, W, 3), after and before the repainting.
    mask: uint8 alpha (H, W) of the product.
    """
    # The window is 5 % of the product wider than the ring, so that the blur sees its neighbors.
    window = find_product_region(mask, RING_END + 0.05).window
    alpha = mask[window]
    # Smoothed, so that grain is no change.
    smooth_before, smooth_after = (
        cv2.GaussianBlur(picture[window], ksize=(0, 0), sigmaX=1.0)
        for picture in (composite, drawn)
    )
    ring = _select_growth_ring(alpha)
    before, after = smooth_before[ring].astype(np.float32), smooth_after[ring].astype(np.float32)
    # For each pixel of the ring, the color of the product pixel next to it.
    nearest = _spread_product_colors(smooth_before, alpha)[ring].astype(np.float32)
    distinct = _mean_difference(before, nearest) > DISTINCT
    if distinct.sum() < MIN_PIXELS:
        return 0.0
    turned = _mean_difference(after, nearest) < TURNED_SHARE * _mean_difference(before, nearest)
    turned &= (_mean_difference(after, before) > REPAINTED) & ~_is_shade(after, before)
    for blurred in _blur_by_degrees(composite[window], alpha):
        turned &= _mean_difference(after, blurred[ring].astype(np.float32)) > REPAINTED
    return float(turned[distinct].mean())


def _select_growth_ring(mask: np.ndarray) -> np.ndarray:
    """Selects the ring around the product in which its growth is measured: bool (H, W).

    Its distance and width, RING_START and RING_END, are relative to the product's size.

    mask: uint8 alpha (H, W) of the product.
    """
    size = float(np.sqrt((mask > 0).sum()))
    distance = measure_distance_outside(mask)
    start, end = max(MIN_RING_START, RING_START * size), max(MIN_RING_END, RING_END * size)
    return (distance > start) & (distance <= end)


def _spread_product_colors(composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns for each pixel the color of the nearest product pixel: uint8 RGB (H, W, 3).

    composite: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product, not empty.
    """
    # Eroded, as the rim mixes with the ground; a faint product counts where it is most opaque.
    opaque = min(OPAQUE_ALPHA - 5, int(mask.max()))
    solid = cv2.erode(mask, np.ones((5, 5), np.uint8)) >= opaque
    if not solid.any():
        solid = mask > 0
    # Each pixel gets the label of its nearest product pixel, which has a label of its own.
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((labels.max() + 1, 3), np.uint8)
    colors[labels[solid]] = composite[solid]
    return colors[labels]


def _blur_by_degrees(composite: np.ndarray, mask: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the composite as models may return it that only blur: BLURS, the weakest first.

    composite: uint8 RGB (H, W, 3), as the results.
    mask: uint8 alpha (H, W) of the product.
    """
    height, width = mask.shape
    size = float(np.sqrt((mask > 0).sum()))
    for share in BLURS:
        sigma = share * size
        scale = min(1.0, MIN_BLUR_PIXELS / sigma)
        reduced = cv2.resize(composite, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(reduced, ksize=(0, 0), sigmaX=sigma * scale)
        yield cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)


def _mean_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns the mean absolute difference of the channels of float32 (n, 3): float32 (n,)."""
    return np.abs(one - other).mean(axis=1)


def _is_shade(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Returns which colors are merely a darker shade of those before, as in a shadow: bool (n,).

    after, before: float32 RGB (n, 3), 0 to 255.
    """
    # The factor of brightness by which `before` comes nearest to `after` (least squares).
    factor = (after * before).sum(axis=1) / np.maximum((before * before).sum(axis=1), 1)
    error = _mean_difference(after, before * factor[:, None])
    darkest, lightest = SHADE_FACTORS
    return (factor > darkest) & (factor < lightest) & (error < MAX_SHADE_ERROR)
