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
    """Returns the mean CIEDE2000 difference of a product's soft edge from a clean one.

    Around each half-covered pixel it averages what is fully product and what is fully ground. The
    color of a clean edge is a mix of the two. None if no pixel is half-covered and near both.

    picture: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product.
    """
    near_product = widen_box(find_bounding_box(mask), WINDOW_RADIUS, *mask.shape)
    window = slices_from_box(near_product)
    colors, alpha = picture[window].astype(np.float32), mask[window]
    # Of the window around each pixel: its product's and ground's color, times their shares of it.
    (product_part, product_share), (ground_part, ground_share) = (
        average_weighted_windows(colors, selected.astype(np.float32), WINDOW_RADIUS)
        for selected in (alpha == OPAQUE_ALPHA, alpha == 0)
    )
    has_both = (product_share > MIN_WINDOW_SHARE) & (ground_share > MIN_WINDOW_SHARE)
    edge = (alpha > 0) & (alpha < OPAQUE_ALPHA) & has_both
    if not edge.any():
        return None
    product = product_part[edge] / product_share[edge][:, None]
    ground = ground_part[edge] / ground_share[edge][:, None]
    edge_colors = colors[edge]
    span = product - ground
    # Where on the line from ground to product the edge's color lies nearest: 0 ground, 1 product.
    nearest = ((edge_colors - ground) * span).sum(axis=1)
    nearest /= np.maximum((span**2).sum(axis=1), 1e-6)
    clean_colors = ground + np.clip(nearest, 0, 1)[:, None] * span
    measured, expected = (np.rint(c).astype(np.uint8) for c in (edge_colors, clean_colors))
    return float(delta_e(measured, expected).mean())
