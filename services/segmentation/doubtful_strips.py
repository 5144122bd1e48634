"""Adds strips along the product's edge that a network doubts but that end at a sharp edge.

The shiny side of a dark product is as light as a shadow, so that its colors do not decide. It fades
into the product, though, and is cut off sharply from the ground; a shadow is not.
"""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.morphology import dilate_mask, erode_mask, label_components, open_mask

# Probabilities between this and 1 minus it are uncertain. Smaller: strips end in the ground.
UNCERTAIN = 0.02
# Half the width of the least strip, as a share of the longer side, and in pixels: edges are soft
# everywhere. Smaller: hair and soft edges are added.
MIN_HALF_WIDTH, MIN_HALF_PIXELS = 0.006, 3
# The least length of a strip, as a share of the longer side. Smaller: noise is added.
MIN_LENGTH = 0.1
# The least difference in CIE Lab between a strip and the ground, and how much less it differs from
# the product, as a share of that. Smaller and larger: shadows are added.
MIN_CONTRAST, MAX_INNER_SHARE = 20.0, 0.8
# Share of that contrast by which a pixel differs from the ground at least. Smaller: openings and
# shadows next to strips are added.
MIN_DIFFERENCE = 0.5
# Sigma in pixels of the blur before edges are looked for. Larger: blurred edges, and less noise.
SMOOTHING = 1.0
# Pixels on both sides of an edge whose colors are compared, past its own softness.
NEAR, FAR = 2, 5
PRODUCT, GROUND = 1, 2


def add_doubtful_strips(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Raises the probability of doubtful strips that belong to the product to 1.

    A watershed (F. Meyer, 1992) from what is certain finds the sharpest edge in between. Photos
    without such strips are returned as they are.

    photo: uint8 RGB (h, w, 3).
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, like the result.
    """
    side = max(probability.shape)
    half_width = max(MIN_HALF_PIXELS, round(MIN_HALF_WIDTH * side))
    uncertain = (probability > UNCERTAIN) & (probability < 1 - UNCERTAIN)
    core = erode_mask(uncertain, half_width)
    if not core.any():
        return probability
    sides = _flood_sides(photo, probability)
    strips = open_mask((sides == PRODUCT) & uncertain, half_width)
    lab = lab_from_srgb(photo)
    labels, areas = label_components(strips)
    added = np.zeros_like(strips)
    for number in np.flatnonzero(areas >= 2 * half_width * MIN_LENGTH * side):
        strip = labels == number
        # Opening rounded the strip; what the watershed has next to it belongs to it.
        complete = dilate_mask(strip, half_width) & (sides == PRODUCT)
        added |= complete & _find_product_colors(lab, strip, sides, probability)
    return np.where(added, 1, probability).astype(np.float32) if added.any() else probability


def _flood_sides(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Returns the side of each pixel, PRODUCT or GROUND, or -1 on the line between: int32 (h, w).

    photo: uint8 RGB (h, w, 3). probability: float32 (h, w), 0 to 1.
    """
    markers = np.zeros(probability.shape, np.int32)
    markers[probability >= 1 - UNCERTAIN] = PRODUCT
    markers[probability <= UNCERTAIN] = GROUND
    smooth = cv2.GaussianBlur(photo, (0, 0), SMOOTHING)
    return cv2.watershed(smooth, markers)


def _find_product_colors(
    lab: np.ndarray, strip: np.ndarray, sides: np.ndarray, probability: np.ndarray
) -> np.ndarray:
    """Returns which pixels differ from the ground next to a strip: bool (h, w).

    None do where the strip is not more like the product than like the ground.

    lab: CIE Lab, float32 (h, w, 3). strip: bool (h, w). sides: as of _flood_sides.
    probability: that a pixel shows the product, float32 (h, w), 0 to 1.
    """
    around, certain = dilate_mask(strip, FAR), probability >= 1 - UNCERTAIN
    ground = around & ~dilate_mask(sides == PRODUCT, NEAR)
    near, touching = (dilate_mask(sides == GROUND, reach) for reach in (FAR, NEAR))
    parts = ground, strip & near & ~touching, strip & dilate_mask(certain, FAR), around & certain
    if not all(part.any() for part in parts):
        return np.zeros_like(strip)
    below, outer, inner, product = (np.median(lab[part], axis=0) for part in parts)
    contrast = float(np.linalg.norm(outer - below))
    if contrast < MIN_CONTRAST or np.linalg.norm(inner - product) > MAX_INNER_SHARE * contrast:
        return np.zeros_like(strip)
    return np.linalg.norm(lab - below, axis=2) >= MIN_DIFFERENCE * contrast
