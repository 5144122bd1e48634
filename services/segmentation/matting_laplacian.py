"""The matting Laplacian of the unknown pixels, and the solution of its linear system.

A. Levin, D. Lischinski, Y. Weiss: "A Closed-Form Solution to Natural Image Matting", IEEE PAMI
30(2), 2008. Alpha is a linear function of color in every window of 3 by 3 pixels; the Laplacian
measures how much it deviates from that. Each pixel depends on the 5 by 5 pixels around it, so that
a row of the matrix has 25 entries at fixed offsets; only the rows of unknown pixels are stored.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.runtime.guards.cancellation import check_active

# Variance of color, 0 to 1, that is added to every window's. Larger: smoother alpha, less influence
# of noise. PyMatting has 1e-7; this one is as exact on hair and better on photos with noise.
EPSILON = 1e-5
# Alpha changes less than this, as a root mean square, when the solution stops. Smaller: more steps.
TOLERANCE = 5e-5
# Rows and columns from a pixel to the farthest that it depends on, and of a window.
REACH, WINDOW_RADIUS = 2, 1
WINDOW_PIXELS = (2 * WINDOW_RADIUS + 1) ** 2
# Keeps the division by the diagonal defined for pixels that no window contains.
MIN_DIAGONAL = 1e-6


@dataclass(frozen=True)
class MattingSystem:
    """A linear system, one equation per unknown pixel, in the order of np.nonzero.

    weights: float32 (25, n), the weight of the pixel at each offset in each equation.
    neighbors: int (25, n), the unknown pixel at each offset; n if it is known or outside the image.
    right: float32 (n,), the right side, from the known pixels.
    """

    weights: np.ndarray
    neighbors: np.ndarray
    right: np.ndarray


def build_matting_system(photo: np.ndarray, trimap: np.ndarray) -> MattingSystem:
    """Builds the system whose solution is the alpha of the unknown pixels.

    photo: uint8 RGB (h, w, 3).
    trimap: float32 (h, w): 1 product, 0 background, unknown between them.
    """
    # A margin around the image, so that all offsets of all pixels exist.
    unknown = np.pad((trimap > 0) & (trimap < 1), REACH)
    rows = np.flatnonzero(unknown)
    count, width = len(rows), unknown.shape[1]
    index = np.full(unknown.size, count, np.intp)
    index[rows] = np.arange(count)
    centers = _find_windows(unknown)
    offsets = _list_offsets(WINDOW_RADIUS, width)
    padded = np.pad(photo, ((REACH, REACH), (REACH, REACH), (0, 0))).reshape(-1, 3)
    colors = np.stack([padded[centers + offset].T for offset in offsets])
    members = np.stack([index[centers + offset] for offset in offsets])
    weights = _sum_window_weights(_whiten_windows(colors), members, count)
    places = rows + _list_offsets(REACH, width)[:, np.newaxis]
    neighbors = index[places]
    known = np.where(neighbors == count, np.pad(trimap, REACH).ravel()[places], 0)
    return MattingSystem(weights, neighbors, -np.einsum("dn,dn->n", weights, known))


def solve_matting_system(system: MattingSystem, start: np.ndarray, max_steps: int) -> np.ndarray:
    """Solves the system by conjugate gradients with a diagonal preconditioner.

    Returns float32 (n,), which may lie a little outside 0 to 1. Sums are computed in one fixed
    order, so that the result does not depend on the number of threads.

    start: the first guess, float32 (n,). max_steps: bounds the time; later steps change less.

    Raises CallCancelled before the next step if the caller no longer waits.
    """
    # The entry in the middle of the 5 by 5 offsets is the pixel itself.
    diagonal = np.maximum(system.weights[len(system.weights) // 2], MIN_DIAGONAL)
    limit = TOLERANCE**2 * _dot(diagonal, np.ones_like(diagonal))
    alpha, residual = start.copy(), system.right - _multiply(system, start)
    step = correction = residual / diagonal
    error = _dot(residual, correction)
    for _ in range(max_steps):
        check_active()
        if error <= limit:
            break
        product = _multiply(system, step)
        length = np.float32(error / _dot(step, product))
        alpha += length * step
        residual -= length * product
        correction = residual / diagonal
        previous, error = error, _dot(residual, correction)
        step = correction + np.float32(error / previous) * step
    return alpha


def _find_windows(unknown: np.ndarray) -> np.ndarray:
    """Returns the centers of the windows within the image that contain an unknown pixel: int (K,).

    unknown: bool (h, w) with a margin of REACH pixels around the image. The centers are indices
    into its pixels, row by row.
    """
    window = np.ones((2 * WINDOW_RADIUS + 1,) * 2, np.uint8)
    touched = cv2.dilate(unknown.astype(np.uint8), window) > 0
    inner = np.zeros_like(unknown)
    edge = REACH + WINDOW_RADIUS
    inner[edge:-edge, edge:-edge] = True
    return np.flatnonzero(touched & inner)


def _list_offsets(radius: int, width: int) -> np.ndarray:
    """Returns the distances in memory from a pixel to the square around it, row by row: int (m,).

    width: of the image in pixels.
    """
    steps = np.arange(-radius, radius + 1)
    return (steps[:, np.newaxis] * width + steps).ravel()


def _whiten_windows(colors: np.ndarray) -> np.ndarray:
    """Returns each window's colors, centered and scaled to a covariance of 1: float32 (9, 3, K).

    The product of two pixels' whitened colors is (I_i - mean)^T (cov + EPSILON / 9)^-1 (I_j - mean)
    of the paper. The covariance is inverted by its Cholesky factors.

    colors: uint8 (9, 3, K), the windows' pixels.
    """
    centered = colors.astype(np.float32) / 255
    centered -= centered.mean(axis=0)
    c = np.einsum("ack,adk->cdk", centered, centered) / WINDOW_PIXELS
    extra = np.float32(EPSILON / WINDOW_PIXELS)
    l00 = np.sqrt(c[0, 0] + extra)
    l10, l20 = c[1, 0] / l00, c[2, 0] / l00
    # Rounding may leave less than the added variance.
    l11 = np.sqrt(np.maximum(c[1, 1] - l10 * l10 + extra, extra))
    l21 = (c[2, 1] - l20 * l10) / l11
    l22 = np.sqrt(np.maximum(c[2, 2] - l20 * l20 - l21 * l21 + extra, extra))
    red = centered[:, 0] / l00
    green = (centered[:, 1] - l10 * red) / l11
    blue = (centered[:, 2] - l20 * red - l21 * green) / l22
    return np.stack([red, green, blue], axis=1)


def _sum_window_weights(whitened: np.ndarray, members: np.ndarray, count: int) -> np.ndarray:
    """Sums the windows' parts of the Laplacian: float32 (25, count), as in MattingSystem.

    whitened: float32 (9, 3, K). members: the number of each window's pixels among the unknown ones,
    int (9, K); `count` for known pixels.
    """
    side = 2 * REACH + 1
    places = [divmod(number, 2 * WINDOW_RADIUS + 1) for number in range(WINDOW_PIXELS)]
    # The last column collects what belongs to known pixels.
    weights = np.zeros((side * side, count + 1), np.float32)
    for i, (row, column) in enumerate(places):
        for j, (other_row, other_column) in enumerate(places[i:], i):
            part = (np.einsum("ck,ck->k", whitened[i], whitened[j]) + 1) / -WINDOW_PIXELS
            slot = (other_row - row + REACH) * side + other_column - column + REACH
            if i == j:
                weights[slot, members[i]] += part + 1
            else:
                # The matrix is symmetric: the opposite offset has the same weight.
                weights[slot, members[i]] += part
                weights[-1 - slot, members[j]] += part
    return np.ascontiguousarray(weights[:, :count])


def _multiply(system: MattingSystem, values: np.ndarray) -> np.ndarray:
    """Returns the product of the system's matrix and a vector, float32 (n,)."""
    extended = np.append(values, np.float32(0))
    return np.einsum("dn,dn->n", system.weights, extended[system.neighbors])


def _dot(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the dot product of two float32 vectors, summed in float64."""
    return float(np.einsum("n,n->", first, second, dtype=np.float64))
