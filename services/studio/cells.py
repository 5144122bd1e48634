"""Seamless fields of cells, as of cobbles, cork, cracked salt and pebbled leather."""

from typing import NamedTuple

import cv2
import numpy as np

# Share of the field repeated around it, so that cells wrap around. Smaller: seams where cells are
# larger than it.
CELL_MARGIN = 0.2


class CellField(NamedTuple):
    """Cells of a square field.

    labels: number of each pixel's cell, int32 (size, size).
    border: distance to the nearest border between cells in widths of a cell, float32 of that shape.
    center: distance to the middle of the pixel's cell in the same measure and shape.
    """

    labels: np.ndarray
    border: np.ndarray
    center: np.ndarray


def create_cells(size: int, across: int, seed: int, jitter: float = 0.9) -> CellField:
    """Creates Voronoi cells around the jittered points of a grid; opposite edges meet.

    size: pixels per side.
    across: cells along each side.
    seed: of the points.
    jitter: of the points in widths of a cell. 0: squares; larger: more uneven cells.
    """
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[0:across, 0:across] + 0.5
    offset = jitter * (rng.random((2, across, across)) - 0.5)
    points = np.stack([row + offset[0], column + offset[1]], axis=-1).reshape(-1, 2) / across
    margin = round(CELL_MARGIN * size)
    shifts = np.array([(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)])
    places = (points[None] + shifts[:, None]).reshape(-1, 2)
    number = np.tile(np.arange(len(points)), len(shifts))
    pixels = np.floor(places * size).astype(int) + margin
    inside = ((pixels >= 0) & (pixels < size + 2 * margin)).all(axis=1)
    pixels, number = pixels[inside], number[inside]
    board = np.ones((size + 2 * margin,) * 2, np.uint8)
    board[tuple(pixels.T)] = 0
    center, nearest = cv2.distanceTransformWithLabels(
        board, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    cell_of_label = np.zeros(len(pixels) + 1, np.int32)
    cell_of_label[nearest[tuple(pixels.T)]] = number
    labels = cell_of_label[nearest]
    edges = np.ones_like(board)
    edges[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    edges[1:][labels[1:] != labels[:-1]] = 0
    border = cv2.distanceTransform(edges, cv2.DIST_L2, 5)
    middle = np.s_[margin : margin + size, margin : margin + size]
    width = size / across
    return CellField(labels[middle], border[middle] / width, center[middle] / width)
