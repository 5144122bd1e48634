"""Grows, shrinks, floods and takes apart bool masks (h, w)."""

import cv2
import numpy as np


def grow(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilates a mask by a disc."""
    return cv2.dilate(mask.astype(np.uint8), _disc(radius)).astype(bool)


def shrink(mask: np.ndarray, radius: int) -> np.ndarray:
    """Erodes a mask by a disc; what touches the picture's frame goes on beyond it."""
    return cv2.erode(mask.astype(np.uint8), _disc(radius)).astype(bool)


def open_up(mask: np.ndarray, radius: int) -> np.ndarray:
    """Drops what is thinner than the disc: shrinks, then grows back."""
    return grow(shrink(mask, radius), radius)


def flood(free: np.ndarray, radius: int) -> np.ndarray:
    """Returns where a ball that rolls in from outside the picture gets to.

    It passes where `free` is true, yet not through gaps narrower than itself (S.-H. Zhang et al.:
    "Vectorizing Cartoon Animations", IEEE TVCG 15(4), 2009, trapped-ball segmentation).
    """
    border = 2 * radius + 1
    room = cv2.copyMakeBorder(free.astype(np.uint8), *[border] * 4, cv2.BORDER_CONSTANT, value=1)
    labels = cv2.connectedComponents(cv2.erode(room, _disc(radius)), connectivity=4)[1]
    reached = grow(labels == labels[0, 0], radius) & room.astype(bool)
    return reached[border:-border, border:-border]


def label(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers the connected parts of a mask from 1 on.

    Returns int32 (h, w), 0 outside the mask, and the area of each number; number 0 counts as none.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    return labels, areas


def at_frame(labels: np.ndarray, count: int) -> np.ndarray:
    """Tells of each of `count` numbers whether it reaches the picture's outermost pixels."""
    reached = np.zeros(count, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        reached[edge] = True
    return reached


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
