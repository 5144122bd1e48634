"""Closed-form matting: alpha that is a linear function of color in every small window.

A. Levin, D. Lischinski, Y. Weiss: "A Closed-Form Solution to Natural Image Matting", IEEE PAMI
30(2), 2008. It is solved from coarse to fine, as alpha far inside a wide band depends on pixels
that are many steps away.
"""

import cv2
import numpy as np

from services.runtime.guards.cancellation import check_active
from services.segmentation.matting_laplacian import build_matting_system, solve_matting_system
from services.segmentation.morphology import dilate_mask, erode_mask

# Width in pixels of the unknown band on each side of the edge. Wider: longer hairs are matted, but
# more pixels are guessed and solving takes longer.
UNKNOWN_BAND = 4
# How often the size is halved for a first guess. More: wider bands converge.
COARSE_LEVELS = 2
# The least side in pixels of a coarse image; smaller ones are solved fast enough as they are.
MIN_COARSE_SIDE = 32
# Steps of the solver at each size. More: alpha in a band 20 pixels wide is off by less than 0.005.
MAX_STEPS = 60
# Share of a coarse pixel that may be known otherwise without making it unknown, for rounding.
KNOWN_TOLERANCE = 0.01


def create_trimap(mask: np.ndarray, band: int) -> np.ndarray:
    """Returns a mask whose pixels along the edge are unknown, as matting takes it.

    The trimap is float32 (h, w): 1 product, 0 background, 0.5 unknown.

    mask: bool (h, w). band: width in pixels of the unknown band on each side of the mask's edge.
    """
    trimap = np.full(mask.shape, 0.5, np.float32)
    trimap[erode_mask(mask, band)] = 1
    trimap[~dilate_mask(mask, band)] = 0
    return trimap


def estimate_alpha(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the product's alpha, soft along the mask's edge as in hair: float32 (h, w), 0 to 1.

    Matting decides it in a band along the edge; elsewhere alpha is the mask. A mask without certain
    product or without certain background is returned as it is.

    photo: uint8 RGB (h, w, 3).
    mask: bool (h, w), correct except for UNKNOWN_BAND pixels on each side of its edge.
    """
    trimap = create_trimap(mask, UNKNOWN_BAND)
    if not ((trimap == 0).any() and (trimap == 1).any()):
        return mask.astype(np.float32)
    return estimate_alpha_in_band(photo, trimap)


def estimate_alpha_in_band(photo: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """Returns alpha where a trimap is unknown, and the trimap elsewhere: float32 (h, w), 0 to 1.

    It is the same for any number of threads.

    photo: uint8 RGB (h, w, 3).
    trimap: float32 (h, w): 1 product, 0 background, any value between them unknown.
    """
    return _solve_level(photo, trimap, COARSE_LEVELS)


def _solve_level(photo: np.ndarray, trimap: np.ndarray, levels: int) -> np.ndarray:
    """Returns alpha at one size, float32 (h, w), 0 to 1; for the arguments see `_guess_alpha`."""
    check_active()
    unknown = (trimap > 0) & (trimap < 1)
    alpha = trimap.copy()
    if unknown.any():
        guess = _guess_alpha(photo, trimap, levels)[unknown]
        system = build_matting_system(photo, trimap)
        alpha[unknown] = np.clip(solve_matting_system(system, guess, MAX_STEPS), 0, 1)
    return alpha


def _guess_alpha(photo: np.ndarray, trimap: np.ndarray, levels: int) -> np.ndarray:
    """Returns a first guess of alpha, solved at half the size: float32 (h, w), 0 to 1.

    photo, trimap: as for `estimate_alpha_in_band`.
    levels: how often the size may be halved; at 0 the guess is 0.5 everywhere.
    """
    if levels == 0 or min(trimap.shape) < 2 * MIN_COARSE_SIDE:
        return np.full(trimap.shape, 0.5, np.float32)
    half = [(side + 1) // 2 for side in trimap.shape[::-1]]
    coarse_photo = cv2.resize(photo, half, interpolation=cv2.INTER_AREA)
    coarse_trimap = cv2.resize(trimap, half, interpolation=cv2.INTER_AREA)
    # A pixel that is partly product and partly background is unknown.
    coarse_trimap[coarse_trimap < KNOWN_TOLERANCE] = 0
    coarse_trimap[coarse_trimap > 1 - KNOWN_TOLERANCE] = 1
    return cv2.resize(_solve_level(coarse_photo, coarse_trimap, levels - 1), trimap.shape[::-1])
