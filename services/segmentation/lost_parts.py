"""Finds parts that a cut-out lost: straps and handles of a vivid color that the product has too."""

import math

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.color import lab_from_srgb
from services.runtime.guards.cancellation import check_active
from services.segmentation.confidence import render_mask
from services.segmentation.engine import SegmentationResult
from services.segmentation.morphology import dilate_mask, erode_mask, label_components
from services.segmentation.scale import shrink_to_side
from services.segmentation.vessel import doubt_outline

MISSING = "a part of the product may be missing"

# Longer side in pixels at which the product's surroundings are looked at. Larger: thinner parts are
# found.
SIDE = 320
# Margin around the product in which parts are sought, as a share of its longer side.
MARGIN = 0.3
# Distance from gray, in Lab units, from which on a color is vivid. Smaller: grounds of the
# product's color count as its parts.
VIVID = 30.0
# Width in Lab units of the boxes in which colors are counted.
STEP = 12
# Share of a product that a color makes up at least, and how many times more common it is there than
# in the surroundings at large. Smaller, and smaller: leaves and lamps count as parts.
MIN_COLOR_SHARE, MIN_RATIO = 0.004, 2.0
# Area of a part as shares of the product's, from and to. Smaller, and larger: reflections and
# grounds count.
MIN_AREA, MAX_AREA = 0.003, 0.08
# Least distance that a part reaches from the product, as a share of the root of its area. Smaller:
# blurred edges count as parts.
MIN_LENGTH = 0.08
# Least difference in a and b of CIE Lab between a part and what is next to it, and the percentile
# of the pixels there that differ as much. Smaller, and larger: reflections of the product count.
MIN_CONTRAST, NEAR_PERCENT = 15.0, 30
# Gaps between the pixels of a part that are closed, such as a weave's. Larger: neighbors join.
GAP = np.ones((5, 5), np.uint8)
# Pixels up to which a part is at the product's outline.
REACH = 3


def doubt_lost_part(photo: np.ndarray, result: SegmentationResult) -> SegmentationResult:
    """Returns a result with low confidence and a warning with its place if a part may be lost.

    photo: uint8 RGB (H, W, 3). result: of an engine.
    """
    part = find_lost_part(photo, result)
    return doubt_outline(result, MISSING, part) if part else result


def find_lost_part(photo: np.ndarray, result: SegmentationResult) -> Box | None:
    """Returns the largest part that a cut-out may have lost, or None.

    It lies at the product's outline and has a vivid color of the product's own, which is rare in
    the surroundings. x, y, width, height in pixels of the photo.

    photo: uint8 RGB (H, W, 3). result: of an engine.
    """
    window = widen_box(result.bounds, MARGIN * max(result.bounds[2:]), *photo.shape[:2])
    small = shrink_to_side(crop_to_box(photo, window), SIDE)
    check_active()
    mask = render_mask(result, window, small.shape)
    part = _find_vivid_part(lab_from_srgb(small), mask)
    if part is None:
        return None
    down, across = window[3] / small.shape[0], window[2] / small.shape[1]
    x, y, width, height = find_bounding_box(part)
    found = (round(x * across), round(y * down), round(width * across), round(height * down))
    left, top, wide, high = widen_box(found, 0, window[3], window[2])
    return window[0] + left, window[1] + top, wide, high


def _find_vivid_part(lab: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """Returns the largest lost part, bool (h, w), or None.

    lab: of the surroundings, float32 CIE Lab (h, w, 3). mask: of the product, bool (h, w).
    """
    size = np.count_nonzero(mask)
    around = ~dilate_mask(mask, REACH)
    if not size or not around.any():
        return None
    likely = _find_own_colors(lab, mask, around)
    grown = cv2.morphologyEx((likely & ~mask).astype(np.uint8), cv2.MORPH_CLOSE, GAP)
    labels, areas = label_components((grown > 0) & ~mask)
    touches = np.bincount(labels[dilate_mask(mask, REACH)], minlength=len(areas)) > 0
    frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    at_frame = np.bincount(frame, minlength=len(areas)) > 0
    fits = touches & ~at_frame & (areas >= MIN_AREA * size) & (areas <= MAX_AREA * size)
    for number in sorted(np.flatnonzero(fits), key=lambda each: -areas[each]):
        part = labels == number
        if _sticks_out(part, mask) and _stands_out(lab, part, mask):
            return part
    return None


def _sticks_out(part: np.ndarray, mask: np.ndarray) -> bool:
    """Whether a part reaches farther from a product than a blurred edge; both bool (h, w)."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return float(distance[part].max()) >= MIN_LENGTH * math.sqrt(np.count_nonzero(mask))


def _stands_out(lab: np.ndarray, part: np.ndarray, mask: np.ndarray) -> bool:
    """Whether a part has another color than the surroundings next to it.

    lab: float32 CIE Lab (h, w, 3). part, mask: of the product; bool (h, w).
    """
    ring = dilate_mask(part, 2 * REACH) & ~dilate_mask(part, REACH) & ~mask
    if not ring.any():
        return False
    difference = np.linalg.norm(lab[ring][:, 1:] - np.median(lab[part][:, 1:], axis=0), axis=1)
    return float(np.percentile(difference, NEAR_PERCENT)) >= MIN_CONTRAST


def _find_own_colors(lab: np.ndarray, mask: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Returns which pixels have a vivid color that is the product's own: bool (h, w).

    lab: float32 CIE Lab (h, w, 3). mask: of the product. around: of the surroundings; bool (h, w).
    """
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    # Hue and chroma: a part lies in another light than the same color elsewhere.
    bins = np.floor((lab[..., 1:] + 128) / STEP).astype(int).clip(0, 255 // STEP)
    number = bins[..., 0] * (255 // STEP + 1) + bins[..., 1]
    count = (255 // STEP + 1) ** 2
    own = np.bincount(number[erode_mask(mask, REACH)], minlength=count) / max(1, mask.sum())
    other = np.bincount(number[around], minlength=count) / max(1, around.sum())
    is_own = (own >= MIN_COLOR_SHARE) & (own >= MIN_RATIO * other)
    return is_own[number] & (chroma >= VIVID)
