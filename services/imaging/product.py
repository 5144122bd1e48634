"""Finds the product in its alpha: what counts for its box, its size and its place."""

import cv2
import numpy as np

from services.imaging.box import Box, find_bounding_box
from services.imaging.mask import FAINT_ALPHA, find_solid_pixels

# Share of the solid area, and pixels, up to which a separate part is a speck. Larger: stones of
# jewelry and other small parts do not count as product.
SPECK_SHARE, SPECK_AREA = 2e-5, 3


def find_product_pixels(alpha: np.ndarray) -> np.ndarray:
    """Returns which pixels count for the product's box: bool (h, w).

    These are the solid ones, and soft areas such as glass. Faint pixels, soft lines a few pixels
    wide and specks do not count. If all of it is faint, the most opaque pixels do.

    alpha: uint8 (h, w).
    """
    solid = find_solid_pixels(alpha)
    # Two passes remove lines of up to four pixels, such as the soft edge around the product.
    soft = cv2.morphologyEx(
        (alpha >= FAINT_ALPHA).astype(np.uint8),
        cv2.MORPH_OPEN,
        np.ones((3, 3), np.uint8),
        iterations=2,
    )
    counted = _remove_specks(solid | soft.astype(bool), int(np.count_nonzero(solid)))
    return counted if counted.any() else alpha >= max(1, int(alpha.max()))


def find_product_box(alpha: np.ndarray) -> Box:
    """Returns x, y, width and height of the product's box, whose pixels count as product.

    Four zeros for a fully transparent image.

    alpha: uint8 (h, w).
    """
    return find_bounding_box(find_product_pixels(alpha))


def is_speck(area: np.ndarray, solid_area: int) -> np.ndarray:
    """Whether parts are so small that they are dirt rather than product: bool (n,).

    area: of the parts, int (n,), in pixels. solid_area: of all solid pixels.
    """
    return area <= max(SPECK_AREA, SPECK_SHARE * solid_area)


def _remove_specks(mask: np.ndarray, solid_area: int) -> np.ndarray:
    """Returns a mask without its tiniest parts: bool (h, w).

    mask: bool (h, w). solid_area: of all solid pixels.
    """
    if _count_parts(mask) == 1:
        return mask & ~is_speck(np.array([np.count_nonzero(mask)]), solid_area)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    kept = ~is_speck(stats[:, cv2.CC_STAT_AREA], solid_area)
    # Number 0 is what lies outside the mask.
    kept[0] = False
    return kept[labels]


def _count_parts(mask: np.ndarray) -> int:
    """Returns the number of connected parts of a mask, bool (h, w).

    Tracing outlines takes a fraction of the time of labeling pixels, where the parts are few.
    """
    _, hierarchy = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    # The last column is the outline around each one: none, -1, but for those of holes.
    return 0 if hierarchy is None else int(np.count_nonzero(hierarchy[0, :, 3] < 0))
