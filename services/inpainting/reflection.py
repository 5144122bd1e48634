"""The mirror image of a product in a glossy ground."""

import cv2
import numpy as np

from services.inpainting.blur import blur
from services.inpainting.contour import Contour

FADE_HEIGHT = 0.45
BLUR = 0.008


def reflect(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, height: int, strength: float
) -> np.ndarray:
    """Mirrors the product about its lower contour, column by column, into the ground below it.

    picture: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W); height: the product's, in pixels;
    strength: 0 to 1 at the contour, from where the image fades and, as in polished stone, blurs.
    Returns uint8 RGB (H, W, 3), changed only where the product leaves the ground free.
    """
    line = _mirror_line(contour)
    rows = slice(int(line.min()), min(len(mask), int(line.max() + FADE_HEIGHT * height) + 1))
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0 * line
    x = np.arange(len(line), dtype=np.float32)[None] + 0 * y
    colors = cv2.remap(picture, x, 2 * line + 1 - y, cv2.INTER_LINEAR)
    seen = cv2.remap(mask, x, 2 * line + 1 - y, cv2.INTER_LINEAR).astype(np.float32) / 255
    seen *= y > line
    far = np.clip((y - line) / max(1.0, FADE_HEIGHT * height), 0, 1)
    sigma = max(0.5, BLUR * height)
    weight = blur(strength * seen * np.square(1 - far), sigma)
    weight *= 1 - mask[rows].astype(np.float32) / 255
    out = picture.copy()
    out[rows] = _mix(picture[rows], _blur_within(colors, seen, sigma), weight)
    return out


def _mirror_line(contour: Contour) -> np.ndarray:
    """float32 (W,): the contour where it touches the ground, straight lines across the gaps."""
    touching = np.flatnonzero(contour.weight > 0.05)
    every = np.arange(len(contour.lowest))
    return np.interp(every, touching, contour.lowest[touching]).astype(np.float32)


def _blur_within(colors: np.ndarray, presence: np.ndarray, sigma: float) -> np.ndarray:
    weighted = blur(colors * presence[..., None], sigma)
    share = blur(presence, sigma)
    return weighted / np.maximum(share, 1e-3)[..., None]


def _mix(below: np.ndarray, above: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.rint(below + (above - below) * weight[..., None]).astype(np.uint8)
