"""Estimates how likely a cut-out is usable, and finds the place that speaks most against it.

The probability is a logistic regression (D. R. Cox: "The Regression Analysis of Binary Sequences",
JRSS B 20(2), 1958) on measurements of the cut-out. tools/calibrate_confidence.py fits it on photos
with known masks; usable means an IoU of at least 0.9, and 0.8 where product and ground meet.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.imaging.box import Box, find_bounding_box, scale_box, slices_from_box, widen_box
from services.imaging.mask import find_solid_pixels
from services.runtime.engines import EngineWarning
from services.runtime.guards.cancellation import check_active
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.looks import EstimateProbability, look_twice
from services.segmentation.morphology import label_components, open_mask
from services.segmentation.reliability import (
    MIN_RADIUS,
    NetworkView,
    find_base,
    measure_against_network,
    measure_rim,
)
from services.segmentation.scale import shrink_to_side

# Longer side in pixels of the images that are measured. Larger: thinner faults count, and the
# calibration has to be repeated.
WORK_SIDE = 320
# A cut-out is doubted if it is more likely than not that it cannot be used.
USABLE = 0.5
# By how much the largest part that is lost or kept, as the network sees it, lowers the greatest
# confidence, per share of the product. 5: at a tenth, which leaves an IoU of 0.9, a cut-out is as
# likely usable as not. Larger: parts that the network misses are doubted.
DISPUTED_WEIGHT = 5.0
# A fault is shown from this share of the product's area on. Smaller: specks are shown.
MIN_FAULT_SHARE = 0.002
# Margin around the bounds of a cut-out that a box or points asked for, as a share of its longer
# side: the network looks there only. Larger: other objects enter.
LOCATED_MARGIN = 0.3
REASON = "LOW_CONFIDENCE"
REMEDY = "check the cut-out there, and send a box, points or a mask if it is wrong"

Measurements = Mapping[str, float]
Model = Mapping[str, Any]
CALIBRATION_FILE = Path(__file__).parent / "calibration.json"
_CALIBRATION = json.loads(CALIBRATION_FILE.read_text())


def assess_result(
    photo: np.ndarray,
    result: SegmentationResult,
    prompt: SegmentationPrompt,
    estimate_probability: EstimateProbability | None,
) -> SegmentationResult:
    """Returns a result with a calibrated confidence, and with a warning if that is low.

    The warning names the place that speaks most against the cut-out and its box.

    photo: uint8 RGB (H, W, 3). result: of an engine. prompt: that the engine had.
    estimate_probability: one look of a network; None if there is none. Then colors along the edge
        decide, and the engine's own confidence is an upper limit.
    """
    if result.is_certain:
        return result
    window = _choose_window(photo, result, prompt)
    part = np.ascontiguousarray(photo[slices_from_box(window)])
    small = shrink_to_side(part, WORK_SIDE)
    mask = render_mask(result, window, small.shape)
    measurements = measure_rim(small, mask)
    if estimate_probability is None:
        confidence = min(result.confidence, predict_usable(measurements, _CALIBRATION["by_color"]))
        view, warnings = None, result.warnings
    else:
        view = look_at_product(part, small.shape, estimate_probability)
        measurements |= measure_against_network(mask, view)
        undisputed = max(0.0, 1 - DISPUTED_WEIGHT * measure_disputed_share(mask, view))
        confidence = min(undisputed, predict_usable(measurements, _CALIBRATION["with_network"]))
        # What an engine suspects without the network is part of the measurements.
        warnings = tuple(each for each in result.warnings if each.reason != REASON)
    if confidence < USABLE and not any(each.reason == REASON for each in warnings):
        text, place = find_fault(mask, view)
        box = _convert_to_photo(place, small.shape, window)
        warnings = (*warnings, EngineWarning(REASON, f"{text}; {REMEDY}", box))
    return replace(result, confidence=confidence, warnings=warnings)


def predict_usable(measurements: Measurements, model: Model) -> float:
    """Returns the probability, 0 to 1, that a cut-out with these measurements is usable.

    measurements: by name, as measure_rim and measure_against_network return them.
    model: mean, scale and weight of each "features", and the "bias"; a section of the calibration.
    """
    score = model["bias"] + sum(
        feature["weight"] * (measurements[name] - feature["mean"]) / feature["scale"]
        for name, feature in model["features"].items()
    )
    return float(1 / (1 + math.exp(-score)))


def look_at_product(
    photo: np.ndarray, shape: tuple[int, ...], estimate_probability: EstimateProbability
) -> NetworkView:
    """Returns what a network sees in a photo, at the size of an image of this shape.

    photo: uint8 RGB (H, W, 3). shape: begins with height and width in pixels.
    estimate_probability: one look of the network.
    """
    size = (shape[1], shape[0])
    first, combined = (
        cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
        for probability in (
            estimate_probability(photo),
            look_twice(photo, estimate_probability),
        )
    )
    return NetworkView(first, combined)


def find_fault(mask: np.ndarray, view: NetworkView | None) -> tuple[str, Box]:
    """Returns what speaks most against a mask, as a clause, and where: x, y, width, height.

    mask: of the cut-out, bool (h, w). view: of a network, of the same size; None without one.
    """
    faults = _list_faults(mask, view) if view else {}
    parts = {text: _find_largest_part(area) for text, area in faults.items()}
    text = max(parts, key=lambda each: np.count_nonzero(parts[each]), default="")
    size = np.count_nonzero(parts[text]) if text else 0
    if size < max(1, MIN_FAULT_SHARE * np.count_nonzero(mask)):
        height, width = mask.shape
        place = find_bounding_box(mask) if mask.any() else (0, 0, width, height)
        return "the product's edge hardly stands out from the surroundings", place
    # A mask without its base ends above the ground.
    either = mask | view.mask if view else mask
    is_base = find_base(either)[parts[text]].mean() > 0.5
    where = " where it meets the ground" if is_base else ""
    return text + where, find_bounding_box(parts[text])


def measure_disputed_share(mask: np.ndarray, view: NetworkView) -> float:
    """Returns the size of the largest part in which a mask and a network disagree, 0 to 1.

    That is as a share of what either takes for the product.

    mask: of the cut-out, bool (h, w). view: of a network, of the same size.
    """
    parts = map(_find_largest_part, _list_faults(mask, view).values())
    largest = max(int(np.count_nonzero(part)) for part in parts)
    return largest / max(1, int(np.count_nonzero(mask | view.mask)))


def render_mask(result: SegmentationResult, window: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the mask of a cut-out within a window of the photo: bool (h, w).

    result: the cut-out and its bounds. window: x, y, width, height in pixels of the photo.
    shape: of the mask; begins with height and width.
    """
    x, y, width, height = result.bounds
    down, across = shape[0] / window[3], shape[1] / window[2]
    left, top, wide, high = scale_box((x - window[0], y - window[1], width, height), down, across)
    check_active()
    alpha = cv2.extractChannel(result.cutout, 3)
    small_height, small_width = max(1, round(high)), max(1, round(wide))
    part = find_solid_pixels(
        cv2.resize(alpha, (small_width, small_height), interpolation=cv2.INTER_AREA)
    )
    mask = np.zeros((shape[0] + small_height, shape[1] + small_width), bool)
    row, column = max(0, round(top)), max(0, round(left))
    mask[row : row + small_height, column : column + small_width] = part
    return mask[: shape[0], : shape[1]]


def _list_faults(mask: np.ndarray, view: NetworkView) -> dict[str, np.ndarray]:
    """Returns the areas, bool (h, w), in which a mask and a network disagree, by what is wrong.

    mask: bool (h, w). view: of the same size.
    """
    return {
        "a part of the product may be missing": ~mask & view.mask,
        "surroundings may have been kept": mask & ~view.mask,
    }


def _find_largest_part(area: np.ndarray) -> np.ndarray:
    """Returns the largest part of an area, bool (h, w); thin parts do not count. May be empty."""
    labels, areas = label_components(open_mask(area, MIN_RADIUS))
    largest = int(areas.argmax())
    return (labels == largest) & (areas[largest] > 0)


def _choose_window(
    photo: np.ndarray, result: SegmentationResult, prompt: SegmentationPrompt
) -> Box:
    """Returns the part of the photo to judge by: all of it, or the product that a caller located.

    x, y, width, height in pixels of the photo, uint8 RGB (H, W, 3).

    result: of an engine. prompt: that the engine had.
    """
    height, width = photo.shape[:2]
    if prompt.box is None and not prompt.points:
        return 0, 0, width, height
    margin = LOCATED_MARGIN * max(result.bounds[2:])
    return widen_box(result.bounds, margin, height, width)


def _convert_to_photo(place: Box, shape: tuple[int, ...], window: Box) -> Box:
    """Converts a box in pixels of a small image of a window to pixels of the photo.

    place, window: x, y, width, height. shape: of the small image; begins with height and width.
    """
    x, y, width, height = window
    scaled = scale_box(place, height / shape[0], width / shape[1])
    left, top, across, down = widen_box(scaled, margin=0, height=height, width=width)
    return x + left, y + top, across, down
