"""Profiles across a product's outline: its pixels from inside to outside, all the way round."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.mask import find_most_solid_pixels

# Sigma in pixels of the blur whose slope is the outline's direction. Larger: calmer at jagged
# outlines, wrong at corners.
NORMAL_SIGMA = 2.0
# Profiles per product at most. Larger: takes longer.
MAX_PROFILES = 600
# Alpha up to which a pixel is ground; and pixels of the outline's soft edge, which is both. Larger:
# glass and fur count as ground.
GROUND_ALPHA, EDGE_WIDTH = 3, 2


@dataclass(frozen=True)
class OutlineProfiles:
    """What lies across a product's outline.

    rows: int (n,), where the outline is.
    colors: float32 (n, k, C), along each profile; NaN outside the picture, where a sample that
        should be ground hits the product, and the other way round.
    """

    rows: np.ndarray
    colors: np.ndarray


def sample_profiles(
    colors: np.ndarray, alpha: np.ndarray, offsets: np.ndarray
) -> OutlineProfiles | None:
    """Samples colors along the outline's normals; None if nothing is solid.

    colors: float32 (h, w, C).
    alpha: uint8 (h, w) of the product.
    offsets: float (k,), in pixels from the outline outward; negative ones are inside.
    """
    solid = find_most_solid_pixels(alpha)
    outline = _trace_outline(solid)
    if not len(outline):
        return None
    columns, rows = outline.T
    across, down = _find_inward_normals(alpha, rows, columns)
    x = np.rint(columns[:, None] - across[:, None] * offsets).astype(int)
    y = np.rint(rows[:, None] - down[:, None] * offsets).astype(int)
    height, width = alpha.shape
    is_seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    is_other = np.where(offsets < 0, ~solid[y, x], alpha[y, x] > GROUND_ALPHA)
    sampled = colors[y, x].astype(np.float32)
    sampled[~is_seen | (is_other & (np.abs(offsets) > EDGE_WIDTH))] = np.nan
    return OutlineProfiles(rows, sampled)


def _find_inward_normals(
    alpha: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the unit vectors into the product at pixels of its outline: float32 (n,) x and y.

    alpha: uint8 (h, w) of the product. rows, columns: int (n,), of the outline.
    """
    blurred = cv2.GaussianBlur(alpha, (0, 0), NORMAL_SIGMA)
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, ksize=3)[rows, columns]
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, ksize=3)[rows, columns]
    length = np.maximum(np.hypot(across, down), 1e-3)
    return across / length, down / length


def _trace_outline(solid: np.ndarray) -> np.ndarray:
    """Returns evenly spread pixels of outlines: int (n, 2), columns and rows.

    solid: bool (h, w), the product.
    """
    traced, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not traced:
        return np.zeros((0, 2), int)
    points = np.concatenate([outline[:, 0] for outline in traced])
    return points[:: -(-len(points) // MAX_PROFILES)]
