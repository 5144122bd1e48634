"""Finds the rim of a cut-out that still shows the photo's background, and makes it soft.

Lenses and sensors mix product and background over two pixels. A matte whose edge lies a
pixel outside of the product's leaves a rim of the old ground on it.
"""

import numpy as np

from services.segmentation.decontamination import blur_side_colors
from services.segmentation.morphology import dilate_mask, erode_mask

# Width of the rim in pixels, how far beyond it a pixel has only one side's color, and the radius
# in which colors of a side are averaged. Larger: wider rims are found, details of products harmed.
RIM_WIDTH, SIDE_DISTANCE, SIDE_RADIUS = 2, 3, 8
# How far a rim's filters reach, in pixels.
RIM_REACH = SIDE_DISTANCE + SIDE_RADIUS
# Alpha from which on a pixel counts as product through and through; softer ones are solved.
OPAQUE = 0.98
# Distance of the two sides' colors from which on a mix of them is seen, in levels.
MIN_CONTRAST = 40.0
# Distance from the line between both colors, as a share of its length, up to which a color is a
# mix. Larger: edges of other colors count as a mix.
MAX_DEVIATION = 0.3
# Least share of the background that is removed, and the largest. Smaller: noise makes edges soft.
# Larger: white edges of products in front of white vanish.
MIN_SHARE, MAX_SHARE = 0.06, 0.75


def soften_rim(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Returns alpha, float32 (h, w), 0 to 1, with less of it where a rim shows the background.

    A rim's color is a mix of the colors on both sides of the edge, as alpha says of how much.

    photo: uint8 RGB (h, w, 3). alpha: float32 (h, w), 0 to 1.
    """
    solid = alpha > 0.5
    core, around = erode_mask(solid, SIDE_DISTANCE), ~dilate_mask(solid, SIDE_DISTANCE)
    colors = photo.astype(np.float32)
    product, _ = blur_side_colors(colors, core.astype(np.float32), SIDE_RADIUS)
    background, _ = blur_side_colors(colors, around.astype(np.float32), SIDE_RADIUS)
    near = dilate_mask(core, SIDE_RADIUS) & dilate_mask(around, SIDE_RADIUS)
    rim = np.nonzero(solid & ~erode_mask(solid, RIM_WIDTH) & (alpha >= OPAQUE) & near)
    line = background[rim] - product[rim]
    offset, length = colors[rim] - product[rim], np.linalg.norm(line, axis=-1)
    share = (offset * line).sum(axis=-1) / np.maximum(length, 1) ** 2
    deviation = np.linalg.norm(offset - share[:, None] * line, axis=-1)
    is_mixed = (length > MIN_CONTRAST) & (deviation < MAX_DEVIATION * length) & (share > MIN_SHARE)
    softened = alpha.copy()
    softened[rim] = np.where(
        is_mixed, np.minimum(alpha[rim], 1 - np.minimum(share, MAX_SHARE)), alpha[rim]
    )
    return softened
