"""Degrades true masks in the ways in which cut-outs fail, to test whether failures are noticed."""

import math
from collections.abc import Callable

import cv2
import numpy as np

# Longest side in pixels at which areas are chosen. Larger: rougher outlines, and more time.
WORK_SIDE = 256
# Least and largest change of each kind: shares of the product's area, for the base of its height.
PART_SHARES, ADDED_SHARES = (0.05, 0.25), (0.05, 0.30)
FILLED_SHARES, BASE_SHARES = (0.03, 0.20), (0.03, 0.12)
# How often a removed part is a straight slice instead of an area of similar color.
SLICE_CHANCE = 0.3
# Color difference in levels that counts as much as the product's whole size in distance. Smaller:
# areas follow the photo's edges more.
COLOR_REACH = 120.0
# Side in pixels of the square in which an area is smoothed. Larger: rounder outlines.
SMOOTHING = 7
# Openings below this share of the product are specks and not filled.
MIN_OPENING = 0.003

Degradation = Callable[[np.ndarray, np.ndarray, float, np.random.Generator], np.ndarray]


def degrade_mask(
    mask: np.ndarray, photo: np.ndarray, kind: str, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Returns a mask with one mistake, bool (H, W); the same one for a generator in the same state.

    mask: the true mask, bool (H, W), not empty.
    photo: uint8 RGB (H, W, 3); its colors shape what is removed or added.
    kind: a key of DEGRADATIONS.
    strength: 0 to 1, from a small mistake to a large one.
    """
    scale = min(1.0, WORK_SIDE / max(mask.shape))
    size = [max(1, round(side * scale)) for side in mask.shape[::-1]]
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    colors = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    if not small.any():
        return mask.copy()
    changed = DEGRADATIONS[kind](small, colors, strength, rng) ^ small
    # Only the change is enlarged, so that the rest of the mask stays exact. It is widened where it
    # has no effect, so that no rim remains between it and the outline.
    wide = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    changed |= wide & (small != (kind in REMOVING))
    change = cv2.resize(changed.astype(np.float32), mask.shape[::-1]) > 0.5
    return mask & ~change if kind in REMOVING else mask | change


def remove_part(
    mask: np.ndarray, photo: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Removes one end of the product: a straight slice, or an area of similar color."""
    area = round(_interpolate(PART_SHARES, strength) * np.count_nonzero(mask))
    y, x = np.nonzero(mask)
    angle = rng.uniform(0, 2 * math.pi)
    reach = x * math.cos(angle) + y * math.sin(angle)
    if rng.random() < SLICE_CHANCE:
        part = np.zeros_like(mask)
        part[y, x] = reach >= np.partition(reach, -area)[-area]
    else:
        end = int(np.argmax(reach))
        part = _grow_area(mask, photo, (int(x[end]), int(y[end])), area, mask)
    return mask & ~part


def add_surroundings(
    mask: np.ndarray, photo: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Adds an area of the background that begins at a random place of the outline."""
    area = round(_interpolate(ADDED_SHARES, strength) * np.count_nonzero(mask))
    outline = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~mask
    y, x = np.nonzero(outline)
    if not len(x):
        return mask.copy()
    start = int(rng.integers(len(x)))
    return mask | _grow_area(~mask, photo, (int(x[start]), int(y[start])), area, mask)


def fill_holes(
    mask: np.ndarray, photo: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Fills openings, largest first; in a product without any, the bays of its outline."""
    area = np.count_nonzero(mask)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[np.union1d(0, edge)] = 0
    openings = [number for number in np.argsort(-areas) if areas[number] >= MIN_OPENING * area]
    if not openings:
        return mask | _find_bays(mask, round(_interpolate(FILLED_SHARES, strength) * area))
    count = max(1, round(strength * len(openings)))
    return mask | np.isin(labels, openings[:count])


def eat_base(
    mask: np.ndarray, photo: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Removes the lowest part of the product."""
    rows = np.flatnonzero(mask.any(axis=1))
    lost = _interpolate(BASE_SHARES, strength) * (rows[-1] + 1 - rows[0])
    eaten = mask.copy()
    eaten[rows[-1] + 1 - max(1, round(lost)) :] = False
    return eaten


DEGRADATIONS: dict[str, Degradation] = {
    "part_removed": remove_part,
    "surroundings_added": add_surroundings,
    "holes_filled": fill_holes,
    "base_eaten": eat_base,
}
# The others add to the mask.
REMOVING = frozenset({"part_removed", "base_eaten"})


def _interpolate(limits: tuple[float, float], strength: float) -> float:
    return limits[0] + strength * (limits[1] - limits[0])


def _grow_area(
    allowed: np.ndarray, photo: np.ndarray, start: tuple[int, int], area: int, mask: np.ndarray
) -> np.ndarray:
    """Returns the connected area around a pixel that is near in place and color: bool (h, w).

    allowed: where it may grow, bool (h, w). photo: uint8 RGB (h, w, 3). start: x and y.
    area: its size in pixels, less where scattered pixels are left out.
    mask: the product, whose size is the unit of distance.
    """
    x, y = start
    colors = cv2.GaussianBlur(photo.astype(np.float32), (5, 5), 0)
    difference = np.linalg.norm(colors - colors[y, x], axis=2) / COLOR_REACH
    rows, columns = np.indices(mask.shape)
    distance = np.hypot(rows - y, columns - x) / math.sqrt(np.count_nonzero(mask))
    cost = np.where(allowed, distance + difference, np.inf)
    area = min(area, np.count_nonzero(allowed))
    near = (cost <= np.partition(cost, area - 1, axis=None)[area - 1]) & allowed
    near = (cv2.medianBlur(near.astype(np.uint8), SMOOTHING) > 0) & allowed
    near[y, x] = True
    _, labels = cv2.connectedComponents(near.astype(np.uint8))
    return labels == labels[y, x]


def _find_bays(mask: np.ndarray, area: int) -> np.ndarray:
    """Returns the deepest pixels of the bays between a mask and its convex hull: bool (h, w)."""
    hull = np.zeros(mask.shape, np.uint8)
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    bays = (hull > 0) & ~mask
    if not bays.any():
        return bays
    # The image's edge is outside, as the hull's is.
    padded = cv2.copyMakeBorder(hull, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] * bays
    area = min(area, np.count_nonzero(bays))
    return bays & (depth >= np.partition(depth, -area, axis=None)[-area])
