"""Finds rims: edges of a color that neither the product nor its ground has."""

import numpy as np

from services.imaging.box import find_bounding_box, slices_from_box, widen_box
from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.windows import average_weighted_windows

REACH = 7
LEAST = 1e-3


def halo(picture: np.ndarray, mask: np.ndarray) -> float | None:
    """How far an edge is from a mix of its two sides, as mean CIEDE2000.

    picture: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W). Around each half-covered pixel the mean
    of what is fully product and of what is fully ground are looked up; a clean edge lies on the
    line between them. None when there is no soft edge.
    """
    window = slices_from_box(widen_box(find_bounding_box(mask), REACH, *mask.shape))
    colors, alpha = picture[window].astype(np.float32), mask[window]
    inside, outside = (
        average_weighted_windows(colors, side.astype(np.float32), REACH)
        for side in (alpha == OPAQUE_ALPHA, alpha == 0)
    )
    rim = (alpha > 0) & (alpha < OPAQUE_ALPHA) & (inside[1] > LEAST) & (outside[1] > LEAST)
    if not rim.any():
        return None
    product, ground = (total[rim] / weight[rim][:, None] for total, weight in (inside, outside))
    edge = colors[rim]
    span = product - ground
    along = ((edge - ground) * span).sum(axis=1) / np.maximum((span**2).sum(axis=1), 1e-6)
    nearest = ground + np.clip(along, 0, 1)[:, None] * span
    return float(delta_e(*(np.rint(each).astype(np.uint8) for each in (edge, nearest))).mean())
