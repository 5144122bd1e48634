import cv2
import numpy as np
import pytest

from services.segmentation.guided import apply_guided_filter

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
