"""Looks twice with a network of low resolution: at the whole photo, then closer at the product."""

from collections.abc import Callable

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, slices_from_box, widen_box
from services.imaging.resizing import fit_size
from services.segmentation.morphology import label_components

# Longer side in pixels of the combined map. Larger: no more detail, as networks see less.
MAP_SIDE = 1024
# Margin around the product in the closer look, as a share of each of its sides. Larger: the product
# is seen smaller; smaller: what the first look missed stays outside.
CLOSER_MARGIN = 0.18
# Weight of the closer look; the rest is the first look's. Larger: finer detail, but also errors of
# a network that does not see what surrounds the product.
CLOSER_WEIGHT = 0.8
# From this probability on a pixel is product.
PRODUCT_PROBABILITY = 0.5
# A part of the product counts for the closer look from this share of the largest part's area on.
MIN_PART_SHARE = 0.05

EstimateProbability = Callable[[np.ndarray], np.ndarray]
"""Estimates which pixels of a photo, uint8 RGB (H, W, 3), show the product.

Returns float32 (h, w), 0 to 1, of any size, stretched over the photo.
"""


def look_twice(photo: np.ndarray, estimate_probability: EstimateProbability) -> np.ndarray:
    """Estimates which pixels show the product from two looks: float32 (h, w), 0 to 1.

    The result has the photo's aspect ratio, its longer side is at most MAP_SIDE. Where the closer
    look does not reach, the first one's probability is weighted as if the closer one were 0.

    photo: uint8 RGB (H, W, 3). estimate_probability: one look.
    """
    height, width = fit_size(photo.shape, MAP_SIDE)
    first = _resize_map(estimate_probability(photo), height, width)
    is_product = first > PRODUCT_PROBABILITY
    if not is_product.any():
        return first
    box = _find_closer_box(is_product)
    closer = _look_closer(photo, box, first.shape, estimate_probability)
    _, _, box_width, box_height = box
    combined = (1 - CLOSER_WEIGHT) * first
    combined[slices_from_box(box)] += CLOSER_WEIGHT * _resize_map(closer, box_height, box_width)
    return combined


def _find_closer_box(mask: np.ndarray) -> Box:
    """Returns the box of the closer look: around the larger parts of a mask, bool (h, w).

    x, y, width, height in pixels of the mask; the mask is not empty.
    """
    labels, areas = label_components(mask)
    is_large = areas >= MIN_PART_SHARE * areas.max()
    x, y, width, height = find_bounding_box((is_large & (areas > 0))[labels])
    across, down = CLOSER_MARGIN * width, CLOSER_MARGIN * height
    widened = (x - across, y - down, width + 2 * across, height + 2 * down)
    return widen_box(widened, margin=0, height=mask.shape[0], width=mask.shape[1])


def _look_closer(
    photo: np.ndarray,
    box: Box,
    map_shape: tuple[int, ...],
    estimate_probability: EstimateProbability,
) -> np.ndarray:
    """Estimates which pixels within a box show the product: float32 (h, w), 0 to 1.

    It is the mean of a look at that part of the photo and one at its mirror image, whose errors
    differ.

    photo: uint8 RGB (H, W, 3). box: x, y, width, height in pixels of a map of the whole photo.
    map_shape: that map's height and width. estimate_probability: one look.
    """
    crop = crop_to_box(photo, _scale_to_photo(box, map_shape, photo.shape))
    straight = estimate_probability(np.ascontiguousarray(crop))
    mirrored = estimate_probability(np.ascontiguousarray(crop[:, ::-1]))
    return (straight + mirrored[:, ::-1]) / 2


def _scale_to_photo(box: Box, map_shape: tuple[int, ...], photo_shape: tuple[int, ...]) -> Box:
    """Returns a box of a map of the whole photo in pixels of the photo, rounded.

    box: x, y, width, height. map_shape, photo_shape: begin with height and width.
    """
    down, across = photo_shape[0] / map_shape[0], photo_shape[1] / map_shape[1]
    x, y, width, height = box
    left, top = round(x * across), round(y * down)
    right, bottom = round((x + width) * across), round((y + height) * down)
    return left, top, right - left, bottom - top


def _resize_map(probability: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a map, float32 (h, w), to (height, width), smoothly."""
    shrinks = height * width < probability.size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(probability, (width, height), interpolation=method)
