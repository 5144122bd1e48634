"""Measures a picture of a product on a white ground from the picture alone.

Everything is measured on the pixels that a file decodes to, so that a file is judged alike when it
is made and when it is checked. No mask is used: it may be wrong, and then calls surroundings
product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from services.finishing.packshot.frame import Frame, find_frame
from services.finishing.packshot.ground import (
    PRODUCT_BELOW,
    WHITE,
    GroundSplit,
    find_outer,
    split_ground,
)
from services.finishing.packshot.outline import measure_straight_edges
from services.finishing.packshot.parts import sort_parts
from services.finishing.packshot.residue import measure_residue
from services.imaging.box import Box, find_bounding_box


@dataclass(frozen=True)
class Packshot:
    """The measurements of a picture of a product on white.

    off_white: the share of the ground that is not pure white, 0 to 1.
    frame_lines: how many of its edges have a line of a frame.
    box: x, y, width, height of the product. None if the ground is not white or shows nothing; the
        fields that follow then have their defaults.
    products: how many large parts there are. crumbs: how many small ones. text_lines: of text.
    residue: the share of the product that looks like an old shadow or backdrop, 0 to 1.
    straight: by side, the share of the box's edge along which the outline is straight, 0 to 1.
    """

    width: int
    height: int
    off_white: float
    frame_lines: int = 0
    box: Box | None = None
    products: int = 0
    crumbs: int = 0
    text_lines: int = 0
    residue: float = 0.0
    straight: Mapping[str, float] = field(default_factory=dict)


def measure_packshot(pixels: np.ndarray, is_lossy: bool) -> Packshot:
    """Measures a picture; without a white ground, only how much of its border is not white.

    pixels: uint8 RGB (H, W, 3), as decoded from the file.
    is_lossy: whether the file's compression may have changed pure white.
    """
    height, width = pixels.shape[:2]
    level = cv2.min(cv2.min(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    frame = find_frame((level < PRODUCT_BELOW).view(np.uint8))
    inside = (
        slice(frame.top, height - frame.bottom),
        slice(frame.left, width - frame.right),
    )
    level = np.ascontiguousarray(level[inside])
    border = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    if np.median(border) < PRODUCT_BELOW:
        return Packshot(width, height, float(np.mean(border != WHITE)), frame.lines)
    split = split_ground(level, is_lossy)
    if not split.product.any():
        return Packshot(width, height, split.measure_off_white(), frame.lines)
    return _measure_product(pixels, np.ascontiguousarray(pixels[inside]), split, frame)


def _measure_product(
    pixels: np.ndarray, inside: np.ndarray, split: GroundSplit, frame: Frame
) -> Packshot:
    """Measures what lies on a white ground.

    pixels: uint8 RGB (H, W, 3). inside: uint8 RGB (h, w, 3), the part inside the frame, of which
    split says what is ground.
    """
    # With their openings and highlights, which are no parts of their own.
    parts = sort_parts(~find_outer(~split.product))
    product = split.enlarge_product(parts.products)
    x, y, width, height = find_bounding_box(product)
    return Packshot(
        width=pixels.shape[1],
        height=pixels.shape[0],
        off_white=split.measure_off_white(),
        frame_lines=frame.lines,
        box=(x + frame.left, y + frame.top, width, height),
        products=parts.count,
        crumbs=parts.crumbs,
        text_lines=parts.text_lines,
        residue=measure_residue(inside, product),
        straight=measure_straight_edges(product, (x, y, width, height)),
    )
