"""Laying a cut-out over a picture."""

import numpy as np


def paste(background: np.ndarray, cutout: np.ndarray, x: int, y: int) -> np.ndarray:
    """Lays RGBA (h, w, 4) over RGB (H, W, 3) with its top left at (x, y); uint8 throughout.

    Straight alpha, Porter and Duff's `over`; parts beyond the canvas are left out. Alpha 255
    gives exactly the cut-out's pixels, alpha 0 exactly the background's.
    """
    out = background.copy()
    inside, part = _overlap(background.shape, cutout.shape, x, y)
    above, below = cutout[part].astype(np.uint16), out[inside].astype(np.uint16)
    alpha = above[..., 3:]
    out[inside] = (above[..., :3] * alpha + below * (255 - alpha) + 127) // 255
    return out


def alpha_on_canvas(canvas: tuple[int, int], cutout: np.ndarray, x: int, y: int) -> np.ndarray:
    """The alpha of RGBA (h, w, 4), placed at (x, y), as uint8 on an empty (height, width)."""
    mask = np.zeros(canvas, np.uint8)
    inside, part = _overlap(canvas, cutout.shape, x, y)
    mask[inside] = cutout[part][..., 3]
    return mask


def _overlap(canvas, cutout, x: int, y: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    top, left = max(0, y), max(0, x)
    bottom, right = min(canvas[0], y + cutout[0]), min(canvas[1], x + cutout[1])
    inside = slice(top, bottom), slice(left, right)
    return inside, (slice(top - y, bottom - y), slice(left - x, right - x))
