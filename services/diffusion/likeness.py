"""Finds servers that repaint something other than the picture they were sent."""

import cv2
import numpy as np

from services.diffusion.errors import InitIgnored

CELL = 8
FEWEST, FEWEST_IN_ORDER = 4, 16
FARTHEST = 40.0
# Below this spread of the cells' colors a picture is too even for its order to show.
STRUCTURED = 8.0
UNRELATED = 0.8
ORDERS = 8


def check_likeness(answer: np.ndarray, sent: np.ndarray, locked: np.ndarray) -> None:
    """Raises InitIgnored when what was locked came back as another picture.

    answer, sent: uint8 RGB (H, W, 3) with sides that are multiples of 8; locked: bool (H, W).
    Compared as means of cells of 8 x 8 pixels, which autoencoders keep, that are wholly locked.
    They may differ by 40 levels, and must fit each other better than they fit in another order.
    """
    inside = _cells(locked.astype(np.uint8) * 255) == 255
    if inside.sum() < FEWEST:
        return
    ours, theirs = _cells(sent)[inside], _cells(answer)[inside]
    if np.abs(ours - theirs).mean() > FARTHEST or _is_unrelated(ours, theirs):
        raise InitIgnored("the Stable Diffusion server ignored the picture that it was to repaint")


def _is_unrelated(ours: np.ndarray, theirs: np.ndarray) -> bool:
    if len(ours) < FEWEST_IN_ORDER or ours.std(axis=0).max() < STRUCTURED:
        return False
    rng = np.random.default_rng(0)
    by_chance = np.mean([_spread(rng.permutation(ours) - theirs) for _ in range(ORDERS)])
    return bool(_spread(ours - theirs) > UNRELATED * by_chance)


def _spread(difference: np.ndarray) -> float:
    """How unequal a difference is; a shift of all colours alike does not count."""
    return float(np.abs(difference - difference.mean(axis=0)).mean())


def _cells(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    size = width // CELL, height // CELL
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
