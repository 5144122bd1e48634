import cv2
import numpy as np
import pytest

from services.segmentation.guided import guided_filter

EPSILON = 1e-3


def step(at: int, low: float = 0, high: float = 1) -> np.ndarray:
    picture = np.full((40, 60), low, np.float32)
    picture[:, at:] = high
    return picture


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.9, 0.1), (0.4, 0.7)])
def test_an_alpha_edge_beside_the_photos_edge_moves_onto_it(low, high):
    jumps = np.diff(guided_filter(step(30, low, high), step(28), 6, EPSILON), axis=1)
    assert (jumps.argmax(axis=1) == 29).all() and jumps.max(axis=1).min() > 0.4
    assert np.abs(jumps[:, 27]).max() < 0.1


def test_a_soft_edge_of_the_photo_gives_a_soft_alpha():
    soft = cv2.GaussianBlur(step(30), (0, 0), 2)
    filtered = guided_filter(soft * 0.6 + 0.2, step(30), 6, EPSILON)
    assert np.abs(filtered - soft).max() < 0.12


def test_a_flat_photo_only_blurs():
    filtered = guided_filter(np.full((40, 60), 0.5, np.float32), step(30), 4, EPSILON)
    assert np.allclose(filtered, cv2.blur(cv2.blur(step(30), (9, 9)), (9, 9)), atol=1e-4)


@pytest.mark.parametrize("alpha", [0, 0.3, 1])
def test_an_even_alpha_stays_even_whatever_the_photo(alpha):
    guide = np.random.default_rng(0).random((40, 60), np.float32)
    filtered = guided_filter(guide, np.full_like(guide, alpha), 5, EPSILON)
    assert np.allclose(filtered, alpha, atol=1e-4)


def test_alpha_stays_between_0_and_1_and_float32():
    guide = np.random.default_rng(0).random((40, 60), np.float32) ** 4
    filtered = guided_filter(guide, (guide > 0.8).astype(np.float32), 2, 1e-6)
    assert filtered.dtype == np.float32 and filtered.min() == 0 and 0.5 < filtered.max() <= 1
