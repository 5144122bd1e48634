"""Applies prompts for engines that search a whole photo.

A box limits the search, a mask replaces it, and points correct what either leads to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.runtime.errors import ProductNotFound
from services.segmentation.coarse import create_confidence_warnings
from services.segmentation.cutout import (
    create_cutout,
    create_masked_cutout,
    create_soft_cutout,
    sharpen_mask,
)
from services.segmentation.engine import (
    LabeledPoint,
    ProductEstimate,
    SegmentationPrompt,
    SegmentationResult,
)
from services.segmentation.point_constraints import constrain_probability

# Margin around a prompting box, as a share of its longer side, in which an engine sees the
# surroundings. Larger: more of them is known, but other objects enter the picture.
BOX_MARGIN = 0.12
# Part of the photo that is searched around points on another object than the one found, as a share
# of each of its sides. Larger: larger objects fit into it, and so do their neighbors.
SEARCH_SHARE = 0.5
# Distance from the product, as a share of its longer side, up to which a point on the product means
# a part that is missing. Larger: a point on a neighboring object adds that object.
NEAR_SHARE = 0.5
# Confidence in a product that is built from points alone: low enough for a warning.
POINTS_CONFIDENCE = 0.5

NOTHING_LEFT = (
    "the points leave nothing of the product; send at least one point on the product, or a box "
    "around it"
)

FindProduct = Callable[[np.ndarray, SegmentationPrompt], SegmentationResult]
"""Finds the product in a photo, uint8 RGB (H, W, 3), without a box, points or a mask."""

EstimateProduct = Callable[[np.ndarray, SegmentationPrompt], ProductEstimate]
"""Does the same, but does not cut the product out."""


def segment_with_prompt(
    photo: np.ndarray,
    prompt: SegmentationPrompt,
    find_product: FindProduct,
    estimate_product: EstimateProduct,
) -> SegmentationResult:
    """Cuts the product out of a photo, uint8 RGB (H, W, 3), where a prompt says it is.

    Returns the cut-out, uint8 RGBA (h, w, 4), with its bounds in the photo, confidence and
    warnings.

    prompt: a mask in it is used as it is, except for its edge, unless that is the mask's; a box
        limits the search; points correct what is found, or choose another object.
    find_product: searches the photo, or the part of it within the box.
    estimate_product: does the same if there are points, which correct its estimate.

    Raises ProductNotFound if nothing is left, and what the functions raise.
    """

    def find_by_points(part: np.ndarray, part_prompt: SegmentationPrompt) -> SegmentationResult:
        """Finds the product in a part, uint8 RGB (h, w, 3), by the points in it."""
        return _segment_at_points(part, part_prompt, estimate_product)

    find = find_by_points if prompt.points else find_product
    if prompt.has_mask_edge:
        return segment_along_mask(photo, prompt)
    if prompt.mask is not None:
        return _segment_by_mask(photo, prompt, prompt.mask)
    if prompt.box is not None:
        return _segment_in_box(photo, prompt, prompt.box, find)
    return find(photo, prompt)


def segment_along_mask(photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
    """Cuts the product out with the alpha of a prompt's mask, which points correct.

    photo: uint8 RGB (H, W, 3). prompt: with a mask, float32 (h, w), 0 to 1, stretched over it.

    Raises ProductNotFound if nothing is left.
    """
    assert prompt.mask is not None
    if prompt.points:
        return _cut_out_corrected(photo, prompt, ProductEstimate(prompt.mask, confidence=1.0))
    cutout, bounds = create_masked_cutout(photo, prompt.mask, prompt.max_side)
    return SegmentationResult(cutout, bounds, confidence=1.0)


def _segment_by_mask(
    photo: np.ndarray, prompt: SegmentationPrompt, mask: np.ndarray
) -> SegmentationResult:
    """Cuts the product out along a mask, which points in the prompt correct.

    photo: uint8 RGB (H, W, 3). prompt: how to cut.
    mask: bool (h, w) of any size, stretched over the photo.
    """
    if prompt.points:
        estimate = ProductEstimate(sharpen_mask(photo, mask), confidence=1.0)
        return _cut_out_corrected(photo, prompt, estimate)
    cutout, bounds = create_cutout(photo, mask, prompt.max_side, fine=prompt.has_fine_edge)
    return SegmentationResult(cutout, bounds, confidence=1.0)


def _segment_in_box(
    photo: np.ndarray, prompt: SegmentationPrompt, box: Box, find_product: FindProduct
) -> SegmentationResult:
    """Cuts the product out of the part of the photo in a box and a margin around it.

    The bounds in the result are in pixels of the whole photo.

    photo: uint8 RGB (H, W, 3). prompt: how to cut; its own box is ignored.
    box: x, y, width, height in pixels of the photo; it grows to contain the points on the product.
    find_product: searches that part.
    """
    height, width = photo.shape[:2]
    x, y, across, down = box
    corners = np.array([(x, y), (x + across, y + down), *_select_product_points(prompt.points)])
    complete = _find_box_of_points(corners)
    crop_box = widen_box(complete, BOX_MARGIN * max(complete[2:]), height, width)
    return _segment_part(photo, prompt, crop_box, find_product)


def _segment_part(
    photo: np.ndarray, prompt: SegmentationPrompt, box: Box, find_product: FindProduct
) -> SegmentationResult:
    """Cuts the product out of the part of the photo in a box.

    The bounds in the result are in pixels of the whole photo.

    photo: uint8 RGB (H, W, 3). prompt: how to cut; its own box is ignored, and points outside of
    the part say nothing that the part does not. box: x, y, width, height in pixels of the photo.
    find_product: searches that part.
    """
    left, top, width, height = box
    points = tuple(
        (x - left, y - top, is_product)
        for x, y, is_product in prompt.points
        if 0 <= x - left <= width and 0 <= y - top <= height
    )
    crop = np.ascontiguousarray(crop_to_box(photo, box))
    result = find_product(crop, replace(prompt, box=None, points=points))
    x, y, across, down = result.bounds
    return replace(result, bounds=(x + left, y + top, across, down))


def _segment_at_points(
    photo: np.ndarray, prompt: SegmentationPrompt, estimate_product: EstimateProduct
) -> SegmentationResult:
    """Cuts out the product that the points of a prompt mean, corrected by them.

    This is the one that the engine finds in the photo, if it is near one of the points on the
    product; otherwise one that it finds around those points, or else what looks like them.

    photo: uint8 RGB (H, W, 3). prompt: points and how to cut.
    estimate_product: finds a product in a photo.

    Raises ProductNotFound if the engine finds none and no point is on the product, or if nothing is
    left.
    """
    positions = _select_product_points(prompt.points)
    if not positions:
        return _cut_out_corrected(photo, prompt, estimate_product(photo, prompt))
    estimate = _estimate_near_points(photo, prompt, estimate_product)
    if estimate is not None:
        return _cut_out_corrected(photo, prompt, estimate)

    def search_closer(part: np.ndarray, part_prompt: SegmentationPrompt) -> SegmentationResult:
        """Finds the product in a part, uint8 RGB (h, w, 3), or builds it from the points."""
        closer = _estimate_near_points(part, part_prompt, estimate_product)
        return _cut_out_corrected(part, part_prompt, closer or _estimate_nothing(part))

    return _segment_part(photo, prompt, _find_search_box(positions, photo.shape), search_closer)


def _estimate_near_points(
    photo: np.ndarray, prompt: SegmentationPrompt, estimate_product: EstimateProduct
) -> ProductEstimate | None:
    """Returns what an engine finds in a photo, or None if it is nothing or far from the points.

    photo: uint8 RGB (H, W, 3). prompt: with at least one point on the product.
    estimate_product: finds a product in a photo.
    """
    try:
        estimate = estimate_product(photo, prompt)
    except ProductNotFound:
        return None
    mask = estimate.probability > 0.5
    distances = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    down, across = mask.shape[0] / photo.shape[0], mask.shape[1] / photo.shape[1]
    nearest = min(
        distances[min(int(y * down), mask.shape[0] - 1), min(int(x * across), mask.shape[1] - 1)]
        for x, y in _select_product_points(prompt.points)
    )
    is_near = nearest <= NEAR_SHARE * max(find_bounding_box(mask)[2:])
    return estimate if is_near else None


def _estimate_nothing(photo: np.ndarray) -> ProductEstimate:
    """Returns the estimate that points start from if an engine finds nothing in a photo."""
    warnings = create_confidence_warnings(POINTS_CONFIDENCE)
    return ProductEstimate(np.zeros(photo.shape[:2], np.float32), POINTS_CONFIDENCE, warnings)


def _cut_out_corrected(
    photo: np.ndarray, prompt: SegmentationPrompt, estimate: ProductEstimate
) -> SegmentationResult:
    """Cuts an estimated product out of a photo, uint8 RGB (H, W, 3), corrected by points.

    Raises ProductNotFound if nothing is left.
    """
    probability = constrain_probability(photo, estimate.probability, prompt.points)
    if not (probability > 0.5).any():
        raise ProductNotFound(NOTHING_LEFT)
    cutout, bounds = create_soft_cutout(
        photo, probability, prompt.max_side, fine=prompt.has_fine_edge
    )
    return SegmentationResult(cutout, bounds, estimate.confidence, estimate.warnings)


def _select_product_points(points: Sequence[LabeledPoint]) -> list[tuple[float, float]]:
    """Returns x, y of the points on the product."""
    return [(x, y) for x, y, is_product in points if is_product]


def _find_search_box(positions: Sequence[tuple[float, float]], photo_shape: tuple[int, ...]) -> Box:
    """Returns the box around points, x and y in pixels, in which to search for their object.

    photo_shape: begins with height and width.
    """
    height, width = photo_shape[:2]
    across, down = SEARCH_SHARE * width, SEARCH_SHARE * height
    x, y, box_width, box_height = _find_box_of_points(np.array(positions))
    wide = (x - across / 2, y - down / 2, box_width + across, box_height + down)
    return widen_box(wide, margin=0, height=height, width=width)


def _find_box_of_points(positions: np.ndarray) -> tuple[float, float, float, float]:
    """Returns x, y, width and height of the box around points, float (n, 2) of x and y."""
    (x, y), (right, bottom) = positions.min(axis=0), positions.max(axis=0)
    return float(x), float(y), float(right - x), float(bottom - y)
