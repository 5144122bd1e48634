"""Closed-form matting: alpha that is a linear function of color in every small window.

A. Levin, D. Lischinski, Y. Weiss: "A Closed-Form Solution to Natural Image Matting", IEEE PAMI
30(2), 2008, as implemented by PyMatting.
"""

import numpy as np

from services.runtime.errors import EngineNotReady
from services.segmentation.morphology import dilate_mask, erode_mask

# Width in pixels of the unknown band on each side of the edge. Wider: longer hairs are matted, but
# more pixels are guessed and solving takes longer.
UNKNOWN_BAND = 4


def create_trimap(mask: np.ndarray, band: int) -> np.ndarray:
    """Returns a mask whose pixels along the edge are unknown, as matting takes it.

    The trimap is float64 (h, w): 1 product, 0 background, 0.5 unknown.

    mask: bool (h, w). band: width in pixels of the unknown band on each side of the mask's edge.
    """
    trimap = np.full(mask.shape, 0.5)
    trimap[erode_mask(mask, band)] = 1
    trimap[~dilate_mask(mask, band)] = 0
    return trimap


def estimate_alpha(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the product's alpha, soft along the mask's edge as in hair: float32 (h, w), 0 to 1.

    Closed-form matting (A. Levin et al., 2008) decides it in a band along the edge; elsewhere alpha
    is the mask. A mask without certain product or without certain background is returned as it is.

    photo: uint8 RGB (h, w, 3). mask: bool (h, w), correct except for UNKNOWN_BAND pixels on each
    side of its edge.

    Raises EngineNotReady if PyMatting is not installed. The first use on a machine compiles for
    about a minute.
    """
    # PyMatting is an optional dependency.
    try:
        from pymatting import estimate_alpha_cf
    except ModuleNotFoundError as error:
        text = "fine edges need the extra matting; install it, or ask for EDGE_NORMAL"
        raise EngineNotReady(text) from error
    trimap = create_trimap(mask, UNKNOWN_BAND)
    if not ((trimap == 0).any() and (trimap == 1).any()):
        return mask.astype(np.float32)
    alpha = estimate_alpha_cf(photo.astype(np.float64) / 255, trimap)
    return np.clip(alpha, 0, 1).astype(np.float32)
