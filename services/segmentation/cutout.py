"""Turns a product's mask into its cut-out: true edge, soft alpha, clean colors, cropped."""

import math

import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, scale_box, widen_box
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import ProductNotFound
from services.segmentation.matting import matte
from services.segmentation.recut import recut_edge
from services.segmentation.scale import enlarge, fit_rgba_within, fit_within
from services.segmentation.softening import soften

EDGE_SIDE, FINE_EDGE_SIDE = 512, 768
MARGIN = 0.05
MARGIN_IN_MASK = 4
# A new edge that leaves less of the mask has lost the product.
LEAST_LEFT = 0.5


def cut_out(
    photo: np.ndarray, mask: np.ndarray, max_side: int, trusted: bool = False, fine: bool = False
) -> tuple[np.ndarray, Box]:
    """Returns the cut-out, uint8 RGBA (h, w, 4) with straight alpha, and its bounds in the photo.

    photo: uint8 RGB (H, W, 3).
    mask: bool, or float32 from 0 to 1, of any size, stretched over the photo; not empty.
    max_side: the cut-out is made smaller where a side would exceed it.
    trusted: see recut_edge. fine: finds the edge at a larger size and mattes it.

    Raises ProductNotFound when nothing solid is left, and what matte() raises.
    """
    side = FINE_EDGE_SIDE if fine else EDGE_SIDE
    solid = mask > 0.5
    box = _surroundings(solid, photo.shape)
    down, across = mask.shape[0] / photo.shape[0], mask.shape[1] / photo.shape[1]
    own_box = scale_box(box, down, across)
    with_margin = max(own_box[2:]) / max(find_bounding_box(solid)[2:])
    crop = fit_within(crop_to_box(photo, box), max(side, math.ceil(max_side * with_margin)))
    work = fit_within(crop, side)
    fitted = enlarge(mask.astype(np.float32), own_box, *work.shape[:2]) > 0.5
    edge = _true_edge(work, fitted, trusted)
    cutout = soften(crop, work, matte(work, edge) if fine else edge.astype(np.float32))
    bounds = find_bounding_box(cutout[..., 3])
    if not find_solid_pixels(cutout[..., 3]).any():
        raise ProductNotFound("the product is too faint or too thin to be cut out of this photo")
    return fit_rgba_within(crop_to_box(cutout, bounds), max_side), _in_photo(
        bounds, box, crop.shape
    )


def _true_edge(work: np.ndarray, fitted: np.ndarray, trusted: bool) -> np.ndarray:
    edge = recut_edge(work, fitted, trusted)
    lost = np.count_nonzero(edge) < LEAST_LEFT * np.count_nonzero(fitted)
    return fitted if lost else edge


def _surroundings(mask: np.ndarray, photo_shape: tuple[int, ...]) -> Box:
    """The box in the photo that holds the product and what its edge needs around it."""
    height, width = photo_shape[:2]
    down, across = height / mask.shape[0], width / mask.shape[1]
    box = scale_box(find_bounding_box(mask), down, across)
    margin = MARGIN * max(box[2:]) + MARGIN_IN_MASK * max(down, across)
    return widen_box(box, margin, height, width)


def _in_photo(bounds: Box, box: Box, crop_shape: tuple[int, ...]) -> Box:
    """Bounds within the crop as bounds within the photo."""
    x, y, width, height = box
    own = scale_box(bounds, height / crop_shape[0], width / crop_shape[1])
    left, top, across, down = widen_box(own, 0, height, width)
    return x + left, y + top, across, down
