"""Finds the rim of a cut-out that still shows the photo's background, and cleans it.

Lenses and sensors mix product and background over two or three pixels. A matte whose edge lies a
pixel outside of the product's leaves a rim of the old ground on it.
"""

import cv2
import numpy as np

from services.imaging.mask import OPAQUE_ALPHA, SOLID_ALPHA
from services.segmentation.decontamination import blur_side_colors
from services.segmentation.morphology import dilate_mask, erode_mask

# Pixels from the edge up to which a rim is cleaned in full, and from which on it is not. Larger:
# wider rims are found, and light edges of products lose their light.
RIM_WIDTH, RIM_END = 1.5, 4.0
# Pixels from the edge from which on a pixel has only one side's color, and the radius in which
# colors of a side are averaged. Larger: steadier colors, from farther away.
SIDE_DISTANCE, SIDE_RADIUS = 4, 8
# How far a rim's filters reach, in pixels.
RIM_REACH = SIDE_DISTANCE + SIDE_RADIUS
# Distance of the two sides' colors, in levels, up to which a mix of them is not seen, and from
# which on it is. Larger: rims of similar colors stay.
CONTRAST = 30.0, 60.0
# Distance from the line between both colors, as a share of its length, up to which a color is
# surely a mix, and from which on it is none. Larger: edges of other colors count as a mix.
DEVIATION = 0.2, 0.4
# Share of the background up to which a pixel stays as it is. Larger: faint rims stay.
NOISE_SHARE = 0.03


def clean_rim(photo: np.ndarray, cutout: np.ndarray) -> np.ndarray:
    """Returns a cut-out, uint8 RGBA (h, w, 4), without the background's color in its rim.

    What a rim's color has of the background's, on the line between the colors on both sides of the
    edge, is taken away. Pixels that change are no longer opaque, as they are not the photo's.

    photo: uint8 RGB (h, w, 3). cutout: the same with alpha, uint8 RGBA (h, w, 4).
    """
    solid, colors = cutout[..., 3] > SOLID_ALPHA, cutout[..., :3].astype(np.float32)
    core, around = erode_mask(solid, SIDE_DISTANCE), ~dilate_mask(solid, SIDE_DISTANCE)
    product, _ = blur_side_colors(colors, core.astype(np.float32), SIDE_RADIUS)
    background, _ = blur_side_colors(
        photo.astype(np.float32), around.astype(np.float32), SIDE_RADIUS
    )
    near = dilate_mask(core, SIDE_RADIUS) & dilate_mask(around, SIDE_RADIUS)
    depth = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.nonzero((cutout[..., 3] > 0) & (depth < RIM_END) & near)
    line = background[rim] - product[rim]
    offset, length = colors[rim] - product[rim], np.linalg.norm(line, axis=-1)
    share = (offset * line).sum(axis=-1) / np.maximum(length, 1) ** 2
    off_line = offset - share[:, None] * line
    deviation = np.linalg.norm(off_line, axis=-1) / np.maximum(length, 1)
    # Certain mixes count in full, and less certain ones less, so that no row of dots remains.
    certainty = _ramp(length, *CONTRAST) * (1 - _ramp(deviation, *DEVIATION))
    removed = certainty * np.clip(share, 0, 1) * (1 - _ramp(depth[rim], RIM_WIDTH, RIM_END))
    removed = np.where(removed > NOISE_SHARE, removed, 0)[:, None]
    own = np.rint(np.clip(colors[rim] - removed * (line + off_line), 0, 255))
    is_changed = (own != colors[rim]).any(axis=-1)
    cleaned = cutout.copy()
    cleaned[..., :3][rim] = own
    limit = np.where(is_changed, OPAQUE_ALPHA - 1, OPAQUE_ALPHA)
    cleaned[..., 3][rim] = np.minimum(cutout[..., 3][rim], limit)
    return cleaned


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns 0 up to `low`, 1 from `high`, and a straight rise in between: float (n,)."""
    return np.clip((values - low) / (high - low), 0, 1)
