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
# Difference of the first two looks, as a share of the product's area, above which a third one
# follows. Larger: fewer third looks; photos that need one, as people before a crowd, have 0.05 or
# more, and almost all products at most 0.03.
MAX_DIFFERENCE = 0.03
# A part of the product counts for the closer look from this share of the largest part's area on.
MIN_PART_SHARE = 0.05

EstimateProbability = Callable[[np.ndarray], np.ndarray]
"""Estimates which pixels of a photo, uint8 RGB (H, W, 3), show the product.

Returns float32 (h, w), 0 to 1, of any size, stretched over the photo.
"""


def look_twice(photo: np.ndarray, estimate_probability: EstimateProbability) -> np.ndarray:
    """Estimates which pixels show the product from two looks: float32 (h, w), 0 to 1.

    The result has the photo's aspect ratio, its longer side is at most MAP_SIDE. Where the closer
    look does not reach, the first one's probability is weighted as if the closer one were 0. Where
    the two contradict each other, a third look decides.

    photo: uint8 RGB (H, W, 3). estimate_probability: one look.
    """
    height, width = fit_size(photo.shape, MAP_SIDE)
    first = _resize_map(estimate_probability(photo), height, width)
    is_product = first > PRODUCT_PROBABILITY
    if not is_product.any():
        return first
    box = _find_closer_box(is_product)
    closer = _look_closer(photo, box, first, estimate_probability)
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
    photo: np.ndarray, box: Box, first: np.ndarray, estimate_probability: EstimateProbability
) -> np.ndarray:
    """Estimates which pixels within a box show the product: float32 (h, w), 0 to 1.

    It is a look at the mirror image of that part of the photo, whose errors differ from those of
    the first look. Where the two differ much, it is the mean with a look at the part as it is.

    photo: uint8 RGB (H, W, 3). first: the first look, a map of the whole photo.
    box: x, y, width, height in pixels of that map. estimate_probability: one look.
    """
    crop = crop_to_box(photo, _scale_to_photo(box, first.shape, photo.shape))
    mirrored = estimate_probability(np.ascontiguousarray(crop[:, ::-1]))[:, ::-1]
    if _measure_difference(first[slices_from_box(box)], mirrored) <= MAX_DIFFERENCE:
        return mirrored
    return (mirrored + estimate_probability(np.ascontiguousarray(crop))) / 2


def _measure_difference(first: np.ndarray, closer: np.ndarray) -> float:
    """Returns the difference of two looks at one part of a photo as a share of the product's area.

    first: float32 (h, w), 0 to 1. closer: the same of any size, in which the product is measured.
    """
    seen = _resize_map(first, *closer.shape)
    area = np.count_nonzero(closer > PRODUCT_PROBABILITY)
    return float(np.abs(seen - closer).sum() / max(1, area))


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
