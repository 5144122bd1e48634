"""Darkening of a surface as its own colour would darken."""

import cv2
import numpy as np

from services.inpainting.rim import rim_of

HUE_KEPT = 0.5


def shade(picture: np.ndarray, mask: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiplies light and shadow into uint8 RGB (H, W, 3) wherever the product leaves it free.

    mask: uint8 alpha (H, W) of the product; factors: float32 (h, w, 3), 1 leaves a channel as it
    is; of the picture's size, or coarser, for shadows are soft.
    """
    if factors.shape != picture.shape:
        factors = cv2.resize(factors, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    out = cv2.multiply(picture, factors, dtype=cv2.CV_8U)
    cv2.copyTo(picture, cv2.compare(mask, 255, cv2.CMP_EQ), out)
    rim = rim_of(mask)
    share = mask[rim][:, None].astype(np.float32) / 255
    out[rim] = np.rint(picture[rim] * share + out[rim] * (1 - share))
    return out


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
