"""Creates a cut-out from a product's mask: exact edge, soft alpha, clean colors, cropped."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, scale_box, widen_box
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import ProductNotFound
from services.runtime.guards.cancellation import check_active
from services.segmentation.edge_refinement import refine_edge
from services.segmentation.matting import estimate_alpha
from services.segmentation.scale import resample_box, shrink_cutout, shrink_to_side
from services.segmentation.soft_edge import align_probability, matte_probability
from services.segmentation.softening import soften_cutout

# Longer side in pixels at which the edge is refined, normally and with edge "fine". Larger: finer
# details, and more time: closed-form matting solves one equation per pixel.
EDGE_SIDE, FINE_EDGE_SIDE = 512, 768
# The same for the soft edge of a network, which takes a guided filter only.
SOFT_EDGE_SIDE = 1024
# Weight of alpha that is solved from colors next to a network's, tuned on photos. Larger: exact
# edges before clear backgrounds, but ragged ones in clutter.
SOLVED_WEIGHT = 0.5
# Factor by which that edge is hardened: it has the least error of 1, 1.5, 2 and 3 on photos with
# known alpha. Larger: harder edges.
CONTRAST = 1.5
# Background around the product that the edge is computed with, as a share of the product's longer
# side. Larger: background colors are better known, and the edge is computed at a lower resolution.
MARGIN_SHARE = 0.05
# The same in pixels of the mask, added to it, since a coarse mask may be wrong by as much.
MASK_MARGIN = 4
# A refined edge that leaves less than this share of the mask has lost the product and is discarded.
MIN_REMAINING_SHARE = 0.5


def create_cutout(
    photo: np.ndarray, mask: np.ndarray, max_side: int, trusted: bool = False, fine: bool = False
) -> tuple[np.ndarray, Box]:
    """Cuts the product out of a photo along a mask, whose edge is made exact and soft.

    Returns the cut-out, uint8 RGBA (h, w, 4) with straight alpha, cropped to its visible pixels,
    and its bounds: x, y, width, height in pixels of the photo.

    photo: uint8 RGB (H, W, 3).
    mask: bool, or float32 from 0 to 1, of any size, stretched over the photo; not empty. Its edge
        may be wrong by about 1 % of its longer side.
    max_side: longest side of the cut-out in pixels; a larger one is scaled down.
    trusted: whether areas deep inside the mask stay even if they look like the background.
    fine: whether to compute the edge at a larger size and matte it, as hair needs; takes longer.

    Raises ProductNotFound if nothing solid is left.
    """

    def find_edge(crop: np.ndarray, crop_mask: np.ndarray) -> np.ndarray:
        """Refines the mask of a crop, uint8 RGB (h, w, 3): float32 (h, w), 0 to 1, as crop_mask."""
        refined = _refine_or_keep(crop, crop_mask > 0.5, trusted)
        return estimate_alpha(crop, refined) if fine else refined.astype(np.float32)

    edge_side = FINE_EDGE_SIDE if fine else EDGE_SIDE
    return _cut_out(photo, mask, max_side, edge_side, find_edge, solved_weight=1)


def create_soft_cutout(
    photo: np.ndarray, probability: np.ndarray, max_side: int, fine: bool = False
) -> tuple[np.ndarray, Box]:
    """Cuts the product out of a photo along a network's soft edge, sharpened by the photo's colors.

    Returns the cut-out and its bounds, as create_cutout does.

    photo: uint8 RGB (H, W, 3).
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, stretched over the photo;
        above 0.5 somewhere.
    max_side: longest side of the cut-out in pixels; a larger one is scaled down.
    fine: whether to matte the edge, as hair needs; takes longer.

    Raises ProductNotFound if nothing solid is left.
    """
    find_edge, *softness = (
        (matte_probability, 0, 1) if fine else (align_probability, SOLVED_WEIGHT, CONTRAST)
    )
    return _cut_out(photo, probability, max_side, SOFT_EDGE_SIDE, find_edge, *softness)


def create_masked_cutout(
    photo: np.ndarray, alpha: np.ndarray, max_side: int
) -> tuple[np.ndarray, Box]:
    """Cuts the product out of a photo with the alpha that a caller drew.

    Returns the cut-out and its bounds, as create_cutout does.

    photo: uint8 RGB (H, W, 3).
    alpha: float32 (h, w), 0 to 1, stretched over the photo; above 0.5 somewhere. Where it is
        smaller than the photo, its edge is aligned with the photo's.
    max_side: longest side of the cut-out in pixels; a larger one is scaled down.

    Raises ProductNotFound if nothing solid is left.
    """
    return _cut_out(photo, alpha, max_side, SOFT_EDGE_SIDE, lambda _, drawn: drawn, solved_weight=0)


def sharpen_mask(photo: np.ndarray, mask: np.ndarray, trusted: bool = False) -> np.ndarray:
    """Returns a mask of a whole photo with an exact edge: float32 (h, w), 0 or 1.

    The longer side is EDGE_SIDE, or the photo's if that is shorter.

    photo: uint8 RGB (H, W, 3).
    mask: bool of any size, stretched over the photo, with an edge as create_cutout allows.
    trusted: whether areas deep inside the mask stay even if they look like the background.
    """
    small = np.ascontiguousarray(shrink_to_side(photo, EDGE_SIDE))
    height, width = small.shape[:2]
    rough = cv2.resize(mask.astype(np.float32), (width, height)) > 0.5
    return _refine_or_keep(small, rough, trusted).astype(np.float32)


def _cut_out(
    photo: np.ndarray,
    mask: np.ndarray,
    max_side: int,
    edge_side: int,
    find_edge: Callable[[np.ndarray, np.ndarray], np.ndarray],
    solved_weight: float,
    contrast: float = 1,
) -> tuple[np.ndarray, Box]:
    """Cuts out the part of a photo around a mask with the edge that a function finds there.

    Returns the cut-out and its bounds, as create_cutout does.

    photo: uint8 RGB (H, W, 3). mask: bool or float32 (h, w), 0 to 1, stretched over the photo.
    max_side: longest side of the cut-out in pixels.
    edge_side: longest side in pixels at which the edge is computed.
    find_edge: takes uint8 RGB (h, w, 3) and the mask there, float32 (h, w); returns alpha, float32
        (h, w), 0 to 1.
    solved_weight: weight, 0 to 1, of alpha that is solved from colors next to it; less than 1 if
        that of find_edge is aligned with the photo already.
    contrast: factor by which alpha finally departs from one half.

    Raises ProductNotFound if nothing solid is left.
    """
    is_product = mask > 0.5
    # The part of the photo to work on, in pixels of the photo and in those of the mask.
    box = _find_crop_box(is_product, photo.shape)
    down, across = mask.shape[0] / photo.shape[0], mask.shape[1] / photo.shape[1]
    mask_box = scale_box(box, down, across)
    # The crop may be longer than max_side, so that the product in it still has max_side pixels.
    crop_per_product = max(mask_box[2:]) / max(find_bounding_box(is_product)[2:])
    crop_side = max(edge_side, math.ceil(max_side * crop_per_product))
    crop = shrink_to_side(crop_to_box(photo, box), crop_side)
    small_crop = np.ascontiguousarray(shrink_to_side(crop, edge_side))
    height, width = small_crop.shape[:2]
    crop_mask = resample_box(mask.astype(np.float32), mask_box, height, width)
    alpha = find_edge(small_crop, crop_mask)
    cutout = soften_cutout(
        crop, shrink_to_side(small_crop, EDGE_SIDE), alpha, solved_weight, contrast
    )
    check_active()
    levels = cv2.extractChannel(cutout, 3)
    bounds = find_bounding_box(levels)
    if not find_solid_pixels(levels).any():
        raise ProductNotFound("the product is too faint or too thin to be cut out of this photo")
    photo_bounds = _convert_to_photo_bounds(bounds, box, crop.shape)
    return shrink_cutout(crop_to_box(cutout, bounds), max_side), photo_bounds


def _refine_or_keep(photo: np.ndarray, mask: np.ndarray, trusted: bool) -> np.ndarray:
    """Moves a mask's edge onto the photo's edges, or returns the mask if that loses most of it.

    photo: uint8 RGB (h, w, 3). mask: bool (h, w), like the result.
    trusted: whether areas deep inside the mask stay even if they look like the background.
    """
    refined = refine_edge(photo, mask, trusted)
    is_lost = np.count_nonzero(refined) < MIN_REMAINING_SHARE * np.count_nonzero(mask)
    return mask if is_lost else refined


def _find_crop_box(mask: np.ndarray, photo_shape: tuple[int, ...]) -> Box:
    """Returns the box that contains the product and a margin of background.

    The box is x, y, width, height in pixels of the photo.

    mask: bool (h, w) of any size, stretched over the photo. photo_shape: starts with its height and
    width in pixels.
    """
    height, width = photo_shape[:2]
    down, across = height / mask.shape[0], width / mask.shape[1]
    product_box = scale_box(find_bounding_box(mask), down, across)
    margin = MARGIN_SHARE * max(product_box[2:]) + MASK_MARGIN * max(down, across)
    return widen_box(product_box, margin, height, width)


def _convert_to_photo_bounds(crop_bounds: Box, box: Box, crop_shape: tuple[int, ...]) -> Box:
    """Converts bounds within a crop, which may have been shrunk, to bounds within the photo.

    All boxes are x, y, width, height. crop_bounds: in pixels of the crop. box: the part of the
    photo that was cropped, in its pixels. crop_shape: starts with the crop's height and width.
    """
    x, y, width, height = box
    scaled = scale_box(crop_bounds, height / crop_shape[0], width / crop_shape[1])
    left, top, across, down = widen_box(scaled, margin=0, height=height, width=width)
    return x + left, y + top, across, down
