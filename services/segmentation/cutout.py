"""Turns a product's mask into its cut-out: true edge, soft alpha, clean colours, cropped."""

import math
from collections.abc import Iterator

import cv2
import numpy as np

from services.runtime.errors import NothingFound
from services.segmentation.crop import Box, bounds_of, scale_box, take, widen
from services.segmentation.decontamination import blur_sides, uncover
from services.segmentation.guided import guided_filter
from services.segmentation.morphology import grow, shrink
from services.segmentation.projection import UNKNOWN, project, sure_colors
from services.segmentation.recut import recut_edge
from services.segmentation.scale import enlarge, fit_rgba_within, fit_within

EDGE_SIDE = 512
MARGIN = 0.05
MARGIN_IN_MASK = 4
RADIUS = 0.004
EPSILON = 1e-3
HAZE = 0.05
# Of the projection's band, in pixels of the mask, at least in pixels of the photo.
REACH, LEAST_REACH = 2.0, 3
WIDE_BLUR = 90
STRIP = 256
SOLID = 128
# A new edge that leaves less of the mask has lost the product.
LEAST_LEFT = 0.5


def cut_out(
    photo: np.ndarray, mask: np.ndarray, max_side: int, trusted: bool = False
) -> tuple[np.ndarray, Box]:
    """Returns the cut-out, uint8 RGBA (h, w, 4) with straight alpha, and its bounds in the photo.

    photo: uint8 RGB (H, W, 3).
    mask: bool of any size, stretched over the photo; not empty.
    max_side: the cut-out is made smaller where a side would exceed it.
    trusted: see recut_edge.

    Raises NothingFound when nothing solid is left.

    The edge is found at EDGE_SIDE, and what comes after that is done in strips, so that a photo of
    64 megapixels takes little more memory than itself and its cut-out.
    """
    box = _surroundings(mask, photo.shape)
    down, across = mask.shape[0] / photo.shape[0], mask.shape[1] / photo.shape[1]
    own_box = scale_box(box, down, across)
    with_margin = max(own_box[2:]) / max(bounds_of(mask)[2:])
    crop = fit_within(take(photo, box), max(EDGE_SIDE, math.ceil(max_side * with_margin)))
    work = fit_within(crop, EDGE_SIDE)
    fitted = enlarge(mask.astype(np.float32), own_box, *work.shape[:2]) > 0.5
    cutout = _soften(crop, work, _true_edge(work, fitted, trusted))
    bounds = bounds_of(cutout[..., 3])
    if not (cutout[..., 3] >= SOLID).any():
        raise NothingFound("the product is too faint or too thin to be cut out of this photo")
    return fit_rgba_within(take(cutout, bounds), max_side), _in_photo(bounds, box, crop.shape)


def _true_edge(work: np.ndarray, fitted: np.ndarray, trusted: bool) -> np.ndarray:
    edge = recut_edge(work, fitted, trusted)
    lost = np.count_nonzero(edge) < LEAST_LEFT * np.count_nonzero(fitted)
    return fitted if lost else edge


def _surroundings(mask: np.ndarray, photo_shape: tuple[int, ...]) -> Box:
    """The box in the photo that holds the product and what its edge needs around it."""
    height, width = photo_shape[:2]
    down, across = height / mask.shape[0], width / mask.shape[1]
    box = scale_box(bounds_of(mask), down, across)
    margin = MARGIN * max(box[2:]) + MARGIN_IN_MASK * max(down, across)
    return widen(box, margin, height, width)


def _in_photo(bounds: Box, box: Box, crop_shape: tuple[int, ...]) -> Box:
    """Bounds within the crop as bounds within the photo."""
    x, y, width, height = box
    own = scale_box(bounds, height / crop_shape[0], width / crop_shape[1])
    left, top, across, down = widen(own, 0, height, width)
    return x + left, y + top, across, down


def _soften(photo: np.ndarray, work: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The cut-out of a whole crop; `mask` is bool, and `work` the crop at its size."""
    height, width = photo.shape[:2]
    layers = (mask.astype(np.float32), *_sides(work.astype(np.float32), mask))
    radius = max(1, round(RADIUS * max(height, width)))
    reach = max(LEAST_REACH, round(REACH * height / mask.shape[0]))
    cutout = np.empty((height, width, 4), np.uint8)
    for rows, own in _strips(height, max(2 * radius, reach)):
        down = mask.shape[0] / height
        box = (0, rows.start * down, mask.shape[1], (rows.stop - rows.start) * down)
        size = (rows.stop - rows.start, width)
        strip = _soften_strip(
            photo[rows], *(enlarge(layer, box, *size) for layer in layers), radius, reach
        )
        cutout[rows][own] = strip[own]
    return cutout


def _sides(work: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is known of the colors of product and backdrop, and how far they spread."""
    product, backdrop, spread = sure_colors(work, mask, round(REACH))
    unknown = (spread >= UNKNOWN)[..., np.newaxis]
    wide = blur_sides(work, mask.astype(np.float32), WIDE_BLUR)
    return np.where(unknown, wide[0], product), np.where(unknown, wide[1], backdrop), spread


def _soften_strip(
    photo: np.ndarray,
    soft: np.ndarray,
    product: np.ndarray,
    backdrop: np.ndarray,
    spread: np.ndarray,
    radius: int,
    reach: int,
) -> np.ndarray:
    alpha = _follow(photo, soft, radius)
    mask = soft > 0.5
    edge = np.nonzero(grow(mask, reach) & ~shrink(mask, reach))
    solved, trust = project(
        photo[edge].astype(np.float32), product[edge], backdrop[edge], spread[edge]
    )
    alpha[edge] = trust * solved + (1 - trust) * alpha[edge]
    levels = np.rint(alpha * 255).astype(np.uint8)
    strip = np.dstack([photo, levels])
    rim = np.nonzero(levels < 255)
    colors = uncover(photo[rim].astype(np.float32), alpha[rim], product[rim], backdrop[rim])
    strip[rim[0], rim[1], :3] = np.rint(colors)
    return strip


def _strips(height: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Rows with a margin around them, and which of those rows are without."""
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        first, last = max(top - margin, 0), min(bottom + margin, height)
        yield slice(first, last), slice(top - first, bottom - first)


def _follow(photo: np.ndarray, alpha: np.ndarray, radius: int) -> np.ndarray:
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    soft = guided_filter(guide, alpha, radius, EPSILON)
    return np.clip((soft - HAZE) / (1 - 2 * HAZE), 0, 1)
