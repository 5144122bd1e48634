"""Adds the clear body of a vessel to the part of it that was found, or names the doubt."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, join_boxes, slices_from_box
from services.runtime.engines import EngineWarning
from services.runtime.guards.cancellation import check_active
from services.segmentation.clear_body import ClearBody
from services.segmentation.confidence import REASON, REMEDY
from services.segmentation.engine import SegmentationResult
from services.segmentation.glass_outline import extend_cutout

# Most confidence in a vessel whose body was found by its lines, and in a product that may lack one:
# above and below USABLE. Larger: such cut-outs are looked at later.
COMPLETED_CONFIDENCE, DOUBTED_CONFIDENCE = 0.7, 0.4


def add_body(
    photo: np.ndarray, result: SegmentationResult, body: ClearBody
) -> tuple[SegmentationResult, np.ndarray]:
    """Adds a body to a cut-out, with the photo's pixels.

    Returns the result, with bounds to match, and the alpha of the part alone: uint8 (h, w), of the
    new cut-out's size.

    photo: uint8 RGB (H, W, 3). result: of an engine, the part.
    """
    bounds = join_boxes(result.bounds, body.bounds)
    vessel = extend_cutout(photo, result, bounds, body.render_alpha(bounds), bounds)
    check_active()
    x, y, width, height = result.bounds
    alpha = np.zeros((bounds[3], bounds[2]), np.uint8)
    alpha[slices_from_box((x - bounds[0], y - bounds[1], width, height))] = cv2.resize(
        cv2.extractChannel(result.cutout, 3), (width, height), interpolation=cv2.INTER_LINEAR
    )
    size = vessel.cutout.shape[1::-1]
    confidence = min(result.confidence, COMPLETED_CONFIDENCE)
    part = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return replace(vessel, confidence=confidence), part


def doubt_body(result: SegmentationResult, body: ClearBody) -> SegmentationResult:
    """Returns a result with low confidence, and a warning where its body may be missing."""
    return doubt_outline(result, "a clear or pale part of the product may be missing", body.bounds)


def doubt_outline(result: SegmentationResult, cause: str, box: Box) -> SegmentationResult:
    """Returns a result with low confidence, and a warning that names the cause and its place.

    A warning of the same reason that is there already stays instead.
    """
    doubted = replace(result, confidence=min(result.confidence, DOUBTED_CONFIDENCE))
    if any(each.reason == REASON for each in result.warnings):
        return doubted
    warning = EngineWarning(REASON, f"{cause}; {REMEDY}", box)
    return replace(doubted, warnings=(*result.warnings, warning))
