"""The mirror image of a product in a glossy ground."""

import cv2
import numpy as np

from services.inpainting.contour import Contour

FADE_HEIGHT = 0.45


def reflect(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, height: int, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mirrors the product about its lower contour, column by column.

    picture: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W); height: the product's, in pixels.
    Returns the mirrored colours, float32 (H, W, 3), and how strongly they show, float32 (H, W)
    in [0, strength]: fading with the distance from the contour, blurring as polished stone does.
    """
    rows, columns = np.indices(mask.shape, dtype=np.float32)
    line = _bridged(contour)
    source = 2 * line[None, :] + 1 - rows
    mirrored = cv2.remap(picture, columns, source, cv2.INTER_LINEAR, borderValue=0)
    seen = cv2.remap(mask, columns, source, cv2.INTER_LINEAR, borderValue=0)
    distance = np.clip((rows - line[None, :]) / max(1.0, FADE_HEIGHT * height), 0, 1)
    presence = seen.astype(np.float32) / 255 * (rows > line[None, :])
    weight = strength * presence * (1 - distance) ** 2
    sigma = max(0.5, 0.008 * height)
    colors = _blur_within(mirrored, presence, sigma)
    return colors, cv2.GaussianBlur(weight, (0, 0), sigma)


def _bridged(contour: Contour) -> np.ndarray:
    """The mirror line: the contour where it touches, straight lines across the gaps."""
    touching = np.flatnonzero(contour.weight > 0.05)
    if touching.size == 0:
        return np.full(len(contour.lowest), contour.base, np.float32)
    every = np.arange(len(contour.lowest))
    return np.interp(every, touching, contour.lowest[touching]).astype(np.float32)


def _blur_within(colors: np.ndarray, presence: np.ndarray, sigma: float) -> np.ndarray:
    weighted = cv2.GaussianBlur(colors * presence[..., None], (0, 0), sigma)
    share = cv2.GaussianBlur(presence, (0, 0), sigma)[..., None]
    return weighted / np.maximum(share, 1e-3)
