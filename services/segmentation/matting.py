"""Closed-form matting: alpha that is a linear function of color in every small window.

A. Levin, D. Lischinski, Y. Weiss: "A Closed-Form Solution to Natural Image Matting", IEEE PAMI
30(2), 2008, as PyMatting solves it.
"""

import numpy as np

from services.runtime.errors import EngineNotReady
from services.segmentation.morphology import grow, shrink

# The band that is not known, in pixels on each side of the edge.
BAND = 4


def draw_trimap(mask: np.ndarray, band: int) -> np.ndarray:
    """Product 1, backdrop 0, not known 0.5 along the edge of a bool mask (h, w): float64."""
    trimap = np.full(mask.shape, 0.5)
    trimap[shrink(mask, band)] = 1
    trimap[~grow(mask, band)] = 0
    return trimap


def matte(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the alpha of uint8 RGB (h, w, 3) along a mask's edge: float32 (h, w), 0 to 1.

    mask: bool (h, w), right but for BAND pixels on each side of its edge. Raises EngineNotReady
    where PyMatting is not installed; its first use on a machine compiles for about a minute.
    """
    try:
        from pymatting import estimate_alpha_cf
    except ModuleNotFoundError as error:
        text = "fine edges need the extra matting; install it, or ask for EDGE_NORMAL"
        raise EngineNotReady(text) from error
    trimap = draw_trimap(mask, BAND)
    if not ((trimap == 0).any() and (trimap == 1).any()):
        return mask.astype(np.float32)
    alpha = estimate_alpha_cf(photo.astype(np.float64) / 255, trimap)
    return np.clip(alpha, 0, 1).astype(np.float32)
