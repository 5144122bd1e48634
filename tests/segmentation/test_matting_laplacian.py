import numpy as np
import pytest

from services.segmentation.matting_laplacian import (
    EPSILON,
    build_matting_system,
    solve_matting_system,
)


@pytest.fixture
def photo():
    """A small photo: two noisy colors with a blurred edge between them."""
    share = np.clip((np.arange(14) - 4) / 5, 0, 1)[np.newaxis, :, np.newaxis]
    photo = share * [200, 120, 60] + (1 - share) * [40, 90, 180]
    noise = np.random.default_rng(3).normal(0, 6, (11, 14, 3))
    return np.clip(np.rint(photo + noise), 0, 255).astype(np.uint8)


@pytest.fixture
def trimap():
    """A band across the photo, and single unknown pixels at its edge."""
    trimap = np.zeros((11, 14), np.float32)
    trimap[:, 9:] = 1
    trimap[:, 3:10] = trimap[0, 0] = trimap[-1, 12] = 0.5
    return trimap


def build_dense_laplacian(photo: np.ndarray) -> np.ndarray:
    """Returns the matting Laplacian as in equation 12 of the paper, float64 (h * w, h * w)."""
    height, width = photo.shape[:2]
    colors = photo.reshape(-1, 3) / 255
    laplacian = np.zeros((height * width,) * 2)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            window = np.ravel_multi_index(
                np.mgrid[y - 1 : y + 2, x - 1 : x + 2].reshape(2, -1), (height, width)
            )
            centered = colors[window] - colors[window].mean(axis=0)
            covariance = centered.T @ centered / 9 + EPSILON / 9 * np.eye(3)
            weights = (1 + centered @ np.linalg.solve(covariance, centered.T)) / 9
            laplacian[np.ix_(window, window)] += np.eye(9) - weights
    return laplacian


def test_the_system_is_the_laplacian_of_the_unknown_pixels(photo, trimap):
    dense, unknown = build_dense_laplacian(photo), (trimap == 0.5).ravel()
    system = build_matting_system(photo, trimap)
    rows = dense[unknown]
    right = -rows[:, ~unknown] @ trimap.ravel()[~unknown]
    assert np.abs(system.right - right).max() < 1e-4
    count = np.count_nonzero(unknown)
    matrix = np.zeros((count, count + 1))
    np.add.at(matrix, (np.arange(count), system.neighbors), system.weights)
    assert np.abs(matrix[:, :count] - rows[:, unknown]).max() < 1e-4


def test_the_solution_is_that_of_a_direct_solver(photo, trimap):
    dense, unknown = build_dense_laplacian(photo), (trimap == 0.5).ravel()
    right = -dense[np.ix_(unknown, ~unknown)] @ trimap.ravel()[~unknown]
    # Pixels in the photo's corners belong to one window only, so the matrix is nearly singular.
    expected = np.linalg.solve(dense[np.ix_(unknown, unknown)], right)
    start = np.full(len(right), 0.5, np.float32)
    alpha = solve_matting_system(build_matting_system(photo, trimap), start, 500)
    assert np.abs(alpha - expected).mean() < 0.01


def test_a_photo_smaller_than_a_window_keeps_its_guess():
    trimap = np.float32([[0, 0.5, 0.5, 1]])
    system = build_matting_system(np.zeros((1, 4, 3), np.uint8), trimap)
    start = np.float32([0.25, 0.75])
    assert np.array_equal(solve_matting_system(system, start, 10), start)


def test_a_flat_photo_has_a_finite_solution(trimap):
    system = build_matting_system(np.full((*trimap.shape, 3), 255, np.uint8), trimap)
    start = np.full(len(system.right), 0.5, np.float32)
    alpha = solve_matting_system(system, start, 200)
    assert alpha.min() > -0.1 and alpha.max() < 1.1
