"""Creates a cut-out from a product's mask: exact edge, soft alpha, clean colors, cropped."""

import math

import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, scale_box, widen_box
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import ProductNotFound
from services.segmentation.edge_refinement import refine_edge
from services.segmentation.matting import estimate_alpha
from services.segmentation.scale import resample_box, shrink_cutout, shrink_to_side
from services.segmentation.softening import create_soft_cutout

# Longer side in pixels at which the edge is refined, normally and with edge "fine". Larger: finer
# details, and more time: closed-form matting solves one equation per pixel.
EDGE_SIDE, FINE_EDGE_SIDE = 512, 768
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
    """Returns the cut-out, uint8 RGBA (h, w, 4) with straight alpha, and its bounds in the photo.

    photo: uint8 RGB (H, W, 3).
    mask: bool, or float32 from 0 to 1, of any size, stretched over the photo; not empty.
    max_side: a cut-out with a longer side is scaled down to it, in pixels.
    trusted: see refine_edge. fine: refines the edge at a larger size and mattes it.

    Raises ProductNotFound if nothing solid is left, and the errors of estimate_alpha.
    """
    side = FINE_EDGE_SIDE if fine else EDGE_SIDE
    solid = mask > 0.5
    box = _find_crop_box(solid, photo.shape)
    down, across = mask.shape[0] / photo.shape[0], mask.shape[1] / photo.shape[1]
    mask_box = scale_box(box, down, across)
    crop_per_product = max(mask_box[2:]) / max(find_bounding_box(solid)[2:])
    crop_side = max(side, math.ceil(max_side * crop_per_product))
    crop = shrink_to_side(crop_to_box(photo, box), crop_side)
    work = shrink_to_side(crop, side)
    height, width = work.shape[:2]
    fitted = resample_box(mask.astype(np.float32), mask_box, height, width) > 0.5
    edge = _refine_or_keep(work, fitted, trusted)
    alpha = estimate_alpha(work, edge) if fine else edge.astype(np.float32)
    cutout = create_soft_cutout(crop, work, alpha)
    bounds = find_bounding_box(cutout[..., 3])
    if not find_solid_pixels(cutout[..., 3]).any():
        raise ProductNotFound("the product is too faint or too thin to be cut out of this photo")
    own_bounds = _convert_to_photo_bounds(bounds, box, crop.shape)
    return shrink_cutout(crop_to_box(cutout, bounds), max_side), own_bounds


def _refine_or_keep(work: np.ndarray, fitted: np.ndarray, trusted: bool) -> np.ndarray:
    """Refines the edge of a mask, unless that loses most of it."""
    edge = refine_edge(work, fitted, trusted)
    lost = np.count_nonzero(edge) < MIN_REMAINING_SHARE * np.count_nonzero(fitted)
    return fitted if lost else edge


def _find_crop_box(mask: np.ndarray, photo_shape: tuple[int, ...]) -> Box:
    """Returns the box in the photo that contains the product and a margin of background."""
    height, width = photo_shape[:2]
    down, across = height / mask.shape[0], width / mask.shape[1]
    box = scale_box(find_bounding_box(mask), down, across)
    margin = MARGIN_SHARE * max(box[2:]) + MASK_MARGIN * max(down, across)
    return widen_box(box, margin, height, width)


def _convert_to_photo_bounds(bounds: Box, box: Box, crop_shape: tuple[int, ...]) -> Box:
    """Converts bounds within the crop of a box to bounds within the photo."""
    x, y, width, height = box
    own = scale_box(bounds, height / crop_shape[0], width / crop_shape[1])
    left, top, across, down = widen_box(own, 0, height, width)
    return x + left, y + top, across, down
