"""Drawn photos of a glass and of a china beaker before a lit plain backdrop."""

import cv2
import numpy as np

SIZE = 200
# x, y, width and height of the beaker.
BOX = (60, 40, 80, 130)


def draw_backdrop(color=(205, 206, 208)) -> np.ndarray:
    """Returns a backdrop that darkens toward the bottom: float32 RGB (h, w, 3)."""
    light = np.linspace(1.05, 0.92, SIZE, dtype=np.float32)[:, None, None]
    return np.repeat(np.float32(color) * light, SIZE, axis=1)


def draw_beaker(alpha_inside: float = 1.0) -> np.ndarray:
    """Returns where the beaker is: float32 (h, w), alpha_inside within it, else 0."""
    x, y, width, height = BOX
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[y : y + height, x : x + width] = alpha_inside
    return mask


def draw_transmission(tint=(0.96, 0.97, 0.97)) -> np.ndarray:
    """Returns which share of the backdrop a glass beaker transmits: float32 RGB (h, w, 3).

    Its walls, rim and bottom are dark lines.
    """
    x, y, width, height = BOX
    transmission = np.ones((SIZE, SIZE, 3), np.float32)
    transmission[y : y + height, x : x + width] = tint
    corner = (x + width - 1, y + height - 1)
    cv2.rectangle(transmission, (x, y), corner, (0.45, 0.45, 0.45), 2)
    cv2.rectangle(transmission, (x, y + height - 9), corner, (0.6, 0.6, 0.6), -1)
    return transmission


def photograph_glass(backdrop: np.ndarray, tint=(0.96, 0.97, 0.97)) -> np.ndarray:
    """Returns a glass beaker with a highlight before a backdrop: uint8 RGB (h, w, 3)."""
    photo = backdrop * draw_transmission(tint)
    photo[60:120, 78:83] += 45
    return np.rint(np.clip(photo, 0, 255)).astype(np.uint8)


def photograph_filled_glass() -> np.ndarray:
    """Returns a beaker that is thick in the middle, above dark contents: uint8 RGB (h, w, 3)."""
    photo = photograph_glass(draw_backdrop())
    photo[78:126, 63:137] = 0.87 * photo[78:126, 63:137]
    photo[126:158, 63:137] = (70, 68, 66)
    return photo


def photograph_china(backdrop: np.ndarray, color=(212, 212, 212)) -> np.ndarray:
    """Returns a shaded beaker of the backdrop's color before it: uint8 RGB (h, w, 3)."""
    x, _, width, _ = BOX
    across = (np.arange(SIZE) - x - width / 2) / (width / 2)
    shading = 0.62 + 0.42 * np.sqrt(np.clip(1 - (across + 0.3) ** 2 / 1.7, 0, 1))
    body = np.float32(color) * shading.astype(np.float32)[None, :, None]
    photo = np.where(draw_beaker()[..., None] > 0, body, backdrop)
    return np.rint(np.clip(photo, 0, 255)).astype(np.uint8)


def cut_out_beaker(photo: np.ndarray) -> np.ndarray:
    """Returns the opaque cut-out of a beaker, uint8 RGBA (h, w, 4), cropped to BOX."""
    x, y, width, height = BOX
    opaque = np.full((height, width, 1), 255, np.uint8)
    return np.concatenate([photo[y : y + height, x : x + width], opaque], axis=2)
