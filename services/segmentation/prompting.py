"""Applies prompts for engines that search a whole photo: a box limits it, a mask replaces it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.imaging.box import Box, crop_to_box, widen_box
from services.runtime.errors import EngineNotReady
from services.segmentation.cutout import create_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult

# Margin around a prompting box, as a share of its longer side, in which an engine sees the
# surroundings. Larger: more of them is known, but other objects enter the picture.
BOX_MARGIN = 0.12

POINTS_UNSUPPORTED = (
    "this engine takes no points; send a box or a rough mask, or have the service run engine sam"
)

FindProduct = Callable[[np.ndarray, SegmentationPrompt], SegmentationResult]
"""Finds the product in a photo, uint8 RGB (H, W, 3), without a box, points or a mask."""


def segment_with_prompt(
    photo: np.ndarray, prompt: SegmentationPrompt, find_product: FindProduct
) -> SegmentationResult:
    """Cuts the product out of a photo, uint8 RGB (H, W, 3), where a prompt says it is.

    Returns the cut-out, uint8 RGBA (h, w, 4), with its bounds in the photo, confidence and
    warnings.

    prompt: a mask in it is used as it is, except for its edge; a box limits the search.
    find_product: searches the photo, or the part of it within the box.

    Raises EngineNotReady for a prompt of points, and what `find_product` raises.
    """
    if prompt.points:
        raise EngineNotReady(POINTS_UNSUPPORTED)
    if prompt.mask is not None:
        cutout, bounds = create_cutout(
            photo, prompt.mask, prompt.max_side, fine=prompt.has_fine_edge
        )
        return SegmentationResult(cutout, bounds, confidence=1.0)
    if prompt.box is not None:
        return _segment_in_box(photo, prompt, prompt.box, find_product)
    return find_product(photo, prompt)


def _segment_in_box(
    photo: np.ndarray, prompt: SegmentationPrompt, box: Box, find_product: FindProduct
) -> SegmentationResult:
    """Cuts the product out of the part of the photo in a box and a margin around it.

    The bounds in the result are in pixels of the whole photo.

    photo: uint8 RGB (H, W, 3). prompt: how to cut; its own box is ignored.
    box: x, y, width, height in pixels of the photo. find_product: searches that part.
    """
    height, width = photo.shape[:2]
    crop_box = widen_box(box, BOX_MARGIN * max(box[2:]), height, width)
    crop = np.ascontiguousarray(crop_to_box(photo, crop_box))
    result = find_product(crop, replace(prompt, box=None))
    crop_x, crop_y, _, _ = crop_box
    x, y, across, down = result.bounds
    return replace(result, bounds=(x + crop_x, y + crop_y, across, down))
