"""Morphology of bool masks (h, w): dilation, erosion, flooding and connected components."""

import cv2
import numpy as np


def dilate_mask(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilates a bool mask (h, w) by a disc of `radius` pixels."""
    return cv2.dilate(mask.astype(np.uint8), _create_disc(radius)).astype(bool)


def erode_mask(mask: np.ndarray, radius: int) -> np.ndarray:
    """Erodes a bool mask (h, w) by a disc of `radius` pixels, but not from the image's edges."""
    return cv2.erode(mask.astype(np.uint8), _create_disc(radius)).astype(bool)


def open_mask(mask: np.ndarray, radius: int) -> np.ndarray:
    """Removes parts of a bool mask (h, w) that are thinner than a disc (morphological opening)."""
    return dilate_mask(erode_mask(mask, radius), radius)


def flood_from_outside(passable: np.ndarray, radius: int) -> np.ndarray:
    """Returns where a ball that rolls in from outside the image can get: bool (h, w).

    Unlike an ordinary flood fill, the ball does not pass gaps that are narrower than itself
    (trapped-ball segmentation, S.-H. Zhang et al.: "Vectorizing Cartoon Animations", IEEE TVCG
    15(4), 2009).

    passable: bool (h, w), where nothing stops the ball. radius: of the ball, in pixels.
    """
    # Passable pixels all around connect the starting places along all four sides.
    margin = 2 * radius + 1
    padded = cv2.copyMakeBorder(
        passable.astype(np.uint8), margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=1
    )
    # The ball's center can be where the whole ball fits; the corner [0, 0] is outside the image.
    centers = cv2.erode(padded, _create_disc(radius))
    _, labels = cv2.connectedComponents(centers, connectivity=4)
    reached = dilate_mask(labels == labels[0, 0], radius) & padded.astype(bool)
    return reached[margin:-margin, margin:-margin]


def fill_holes(mask: np.ndarray) -> np.ndarray:
    """Returns a bool mask (h, w) without holes, from which the image's edge cannot be reached."""
    labels, areas = label_components(~mask)
    return ~(find_labels_at_edge(labels, len(areas)) & (areas > 0))[labels]


def label_components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers the connected parts of a bool mask (h, w) with 1, 2, 3 and so on.

    Returns the number of the part at each pixel, int32 (h, w) with 0 outside the mask, and the area
    of each part in pixels, int32 (n,), indexed by its number; the area of number 0 is 0.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    return labels, areas


def find_labels_at_edge(labels: np.ndarray, count: int) -> np.ndarray:
    """Returns for each numbered part whether it touches the image's edge: bool (count,).

    labels: the number of the part at each pixel, int32 (h, w), 0 to count - 1.
    """
    touching = np.zeros(count, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        touching[edge] = True
    return touching


def _create_disc(radius: int) -> np.ndarray:
    """Returns a disc-shaped structuring element, uint8 (2 * radius + 1, 2 * radius + 1)."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
