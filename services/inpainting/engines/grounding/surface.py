"""Darkening of a surface as its own colour would darken."""

import cv2
import numpy as np

from services.imaging.box import find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA
from services.inpainting.engines.grounding.rim import rim_of

HUE_KEPT = 0.5
INVISIBLE = 0.5 / 255


def shade(picture: np.ndarray, mask: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiplies light and shadow into uint8 RGB (H, W, 3) wherever the product leaves it free.

    mask: uint8 alpha (H, W) of the product; factors: float32 (h, w, 3), 1 leaves a channel as it
    is; of the picture's size, or coarser, for shadows are soft.
    """
    rows, columns = _touched(factors, picture.shape)
    out = picture.copy()
    part, alpha = picture[rows, columns], mask[rows, columns]
    if not part.size:
        return out
    if factors.shape != picture.shape:
        factors = cv2.resize(factors, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    lit = cv2.multiply(part, factors[rows, columns], dtype=cv2.CV_8U)
    cv2.copyTo(part, cv2.compare(alpha, OPAQUE_ALPHA, cv2.CMP_EQ), lit)
    rim = rim_of(alpha)
    share = alpha[rim][:, None].astype(np.float32) / 255
    lit[rim] = np.rint(part[rim] * share + lit[rim] * (1 - share))
    out[rows, columns] = lit
    return out


def _touched(factors: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of a picture of this shape outside which factors change nothing."""
    least, most = 1 - INVISIBLE, 1 + INVISIBLE
    same = cv2.inRange(factors, (least,) * 3, (most,) * 3)
    x, y, width, height = find_bounding_box(cv2.bitwise_not(same))
    if not width:
        return slice(0, 0), slice(0, 0)
    down, across = shape[0] / factors.shape[0], shape[1] / factors.shape[1]
    return (
        slice(max(0, int((y - 1) * down)), min(shape[0], int((y + height + 1) * down) + 1)),
        slice(max(0, int((x - 1) * across)), min(shape[1], int((x + width + 1) * across) + 1)),
    )


def shadow_factors(ground: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """What each channel of a ground, uint8 RGB (h, w, 3), is multiplied with: float32 (h, w, 3).

    darkness: float32 (h, w), 0 none to 1 black. Light bounced within a shadow has the surface's
    colour: a channel darkens less than the others the stronger it is, and gray stays gray.
    """
    channels = cv2.split(ground.astype(np.float32))
    strongest = cv2.max(cv2.max(channels[0], channels[1]), channels[2]) + 1e-3
    squares = [np.square(channel / strongest) for channel in channels]
    mean = (squares[0] + squares[1] + squares[2]) / 3
    darkness = np.clip(darkness, 0, 1)
    # Neither a glimmer nor black is left of a hue.
    lean = HUE_KEPT * darkness * (1 - darkness)
    return cv2.merge([1 - darkness + lean * (square - mean) for square in squares])
