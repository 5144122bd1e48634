"""Measures halos: product edges of a color that neither the product nor its ground has."""

import numpy as np

from services.imaging.box import find_bounding_box, slices_from_box, widen_box
from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.windows import average_weighted_windows

# Half side in pixels of the window around an edge pixel whose product and ground are averaged.
# Larger: finds them around softer edges, but mixes in colors from further away.
WINDOW_RADIUS = 7
# Smallest share of that window that must be product, and ground. Larger: fewer edge pixels count.
MIN_WINDOW_SHARE = 1e-3


def measure_halo(picture: np.ndarray, mask: np.ndarray) -> float | None:
    """Returns the mean CIEDE2000 difference of a product's edge from a clean one; None if hard.

    Around each half-covered pixel it averages what is fully product and what is fully ground. The
    color of a clean edge is a mix of the two.

    picture: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product.
    """
    window = slices_from_box(widen_box(find_bounding_box(mask), WINDOW_RADIUS, *mask.shape))
    colors, alpha = picture[window].astype(np.float32), mask[window]
    inside, outside = (
        average_weighted_windows(colors, side.astype(np.float32), WINDOW_RADIUS)
        for side in (alpha == OPAQUE_ALPHA, alpha == 0)
    )
    has_both = (inside[1] > MIN_WINDOW_SHARE) & (outside[1] > MIN_WINDOW_SHARE)
    edge = (alpha > 0) & (alpha < OPAQUE_ALPHA) & has_both
    if not edge.any():
        return None
    product, ground = (total[edge] / weight[edge][:, None] for total, weight in (inside, outside))
    found = colors[edge]
    span = product - ground
    along = ((found - ground) * span).sum(axis=1) / np.maximum((span**2).sum(axis=1), 1e-6)
    clean = ground + np.clip(along, 0, 1)[:, None] * span
    return float(delta_e(*(np.rint(each).astype(np.uint8) for each in (found, clean))).mean())
