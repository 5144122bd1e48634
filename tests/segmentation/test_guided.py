import cv2
import numpy as np
import pytest

from services.segmentation.guided import apply_color_guided_filter, apply_guided_filter

EPSILON = 1e-3


def create_step(at: int, low: float = 0, high: float = 1) -> np.ndarray:
    image = np.full((40, 60), low, np.float32)
    image[:, at:] = high
    return image


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.9, 0.1), (0.4, 0.7)])
def test_an_alpha_edge_next_to_the_photos_edge_moves_onto_it(low, high):
    jumps = np.diff(
        apply_guided_filter(create_step(30, low, high), create_step(28), 6, EPSILON), axis=1
    )
    assert (jumps.argmax(axis=1) == 29).all() and jumps.max(axis=1).min() > 0.4
    assert np.abs(jumps[:, 27]).max() < 0.1


def test_a_soft_edge_of_the_photo_softens_alpha():
    soft = cv2.GaussianBlur(create_step(30), (0, 0), 2)
    filtered = apply_guided_filter(soft * 0.6 + 0.2, create_step(30), 6, EPSILON)
    assert np.abs(filtered - soft).max() < 0.12


def test_a_flat_photo_only_blurs_alpha():
    filtered = apply_guided_filter(np.full((40, 60), 0.5, np.float32), create_step(30), 4, EPSILON)
    assert np.allclose(filtered, cv2.blur(cv2.blur(create_step(30), (9, 9)), (9, 9)), atol=1e-4)


@pytest.mark.parametrize("alpha", [0, 0.3, 1])
def test_constant_alpha_stays_constant_with_any_photo(alpha):
    guide = np.random.default_rng(0).random((40, 60), np.float32)
    filtered = apply_guided_filter(guide, np.full_like(guide, alpha), 5, EPSILON)
    assert np.allclose(filtered, alpha, atol=1e-4)


def test_alpha_stays_between_0_and_1_and_float32():
    guide = np.random.default_rng(0).random((40, 60), np.float32) ** 4
    filtered = apply_guided_filter(guide, (guide > 0.8).astype(np.float32), 2, 1e-6)
    assert filtered.dtype == np.float32 and filtered.min() == 0 and 0.5 < filtered.max() <= 1


def paint_halves(left, right) -> np.ndarray:
    photo = np.empty((40, 60, 3), np.uint8)
    photo[:, :30], photo[:, 30:] = left, right
    return photo


def test_only_colors_align_alpha_where_brightness_is_equal():
    photo = paint_halves((200, 60, 60), (60, 131, 60))
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    assert np.ptp(gray) < 0.01
    by_gray = apply_guided_filter(gray, create_step(27), 6, EPSILON)
    by_color = apply_color_guided_filter(photo, create_step(27), 6, EPSILON)
    assert np.abs(np.diff(by_gray, axis=1)).max() < 0.2
    jumps = np.diff(by_color, axis=1)
    assert (jumps.argmax(axis=1) == 29).all() and jumps.max(axis=1).min() > 0.4


@pytest.mark.parametrize("alpha", [0, 0.3, 1])
def test_constant_alpha_stays_constant_with_any_colors(alpha):
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    filtered = apply_color_guided_filter(photo, np.full((40, 60), alpha, np.float32), 5, EPSILON)
    assert np.allclose(filtered, alpha, atol=1e-4)


def test_alpha_filtered_by_colors_stays_between_0_and_1_and_float32():
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    photo = (photo // 64) ** 3
    filtered = apply_color_guided_filter(photo, (photo[..., 0] > 8).astype(np.float32), 2, 1e-6)
    assert filtered.dtype == np.float32 and filtered.min() == 0 and 0.5 < filtered.max() <= 1


def fit_window(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The slope of R, G, B and the offset closest to alpha, by least squares with EPSILON."""
    rows = np.c_[colors.reshape(-1, 3), np.ones(alpha.size)]
    penalty = np.eye(3, 4) * np.sqrt(EPSILON * alpha.size)
    values = np.r_[alpha.ravel(), np.zeros(3)]
    return np.linalg.lstsq(np.r_[rows, penalty], values, rcond=None)[0]


def test_filtered_alpha_is_the_mean_of_the_least_squares_solutions_of_all_windows():
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 256, (5, 5, 3), np.uint8)
    alpha = rng.uniform(0.2, 0.8, (5, 5)).astype(np.float32)
    colors = photo / 255
    windows = [
        (slice(row, row + 3), slice(column, column + 3)) for row in range(3) for column in range(3)
    ]
    solution = np.mean([fit_window(colors[each], alpha[each]) for each in windows], axis=0)
    filtered = apply_color_guided_filter(photo, alpha, 1, EPSILON)
    # Only the windows of the middle pixel are all inside the photo.
    assert filtered[2, 2] == pytest.approx(np.r_[colors[2, 2], 1] @ solution, abs=1e-4)
