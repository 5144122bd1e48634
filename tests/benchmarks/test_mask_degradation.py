import cv2
import numpy as np
import pytest

from benchmarks.mask_degradation import DEGRADATIONS, REMOVING, degrade_mask

SIDE = 400


@pytest.fixture
def photo():
    """A textured photo."""
    noise = np.random.default_rng(1).integers(0, 255, (40, 40, 3), np.uint8)
    return cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def draw_product(hole: bool = False) -> np.ndarray:
    """Returns the mask of a shoe-like product, with a hole or not."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(mask, (200, 260), (140, 60), 0, 0, 360, 1, -1)
    cv2.rectangle(mask, (80, 90), (170, 260), 1, -1)
    if hole:
        cv2.circle(mask, (125, 140), 25, 0, -1)
    return mask > 0


@pytest.mark.parametrize("strength", [0, 0.5, 1])
@pytest.mark.parametrize("kind", DEGRADATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_a_degraded_mask_differs_in_the_way_of_its_kind(photo, kind, strength, seed):
    mask = draw_product()
    degraded = degrade_mask(mask, photo, kind, strength, np.random.default_rng(seed))
    lost, added = mask & ~degraded, degraded & ~mask
    assert degraded.dtype == bool and degraded.shape == mask.shape
    assert lost.any() == (kind in REMOVING) and added.any() == (kind not in REMOVING)
    assert (lost | added).sum() < 0.35 * mask.sum()


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_the_same_generator_degrades_equally(photo, kind):
    twice = [
        degrade_mask(draw_product(), photo, kind, 0.5, np.random.default_rng(7)) for _ in range(2)
    ]
    assert np.array_equal(*twice)


@pytest.mark.parametrize("kind", ["holes_filled", "base_eaten"])
def test_a_stronger_degradation_changes_more(photo, kind):
    weak, strong = (
        degrade_mask(draw_product(), photo, kind, strength, np.random.default_rng(0))
        for strength in (0, 1)
    )
    assert (strong ^ draw_product()).sum() > (weak ^ draw_product()).sum()


def test_openings_are_filled_before_bays(photo):
    mask = draw_product(hole=True)
    filled = degrade_mask(mask, photo, "holes_filled", 1, np.random.default_rng(0))
    assert np.mean(filled ^ draw_product()) < 0.001


def test_the_base_loses_only_its_lowest_rows(photo):
    mask = draw_product()
    eaten = degrade_mask(mask, photo, "base_eaten", 1, np.random.default_rng(0))
    rows = np.flatnonzero((mask & ~eaten).any(axis=1))
    assert rows[-1] == np.flatnonzero(mask.any(axis=1))[-1]
    assert 0.1 < len(rows) / np.ptp(np.flatnonzero(mask.any(axis=1))) < 0.14


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_a_product_that_fills_the_photo_is_degraded_without_error(photo, kind):
    full = np.ones((SIDE, SIDE), bool)
    degraded = degrade_mask(full, photo, kind, 1, np.random.default_rng(0))
    assert degraded.any() and degraded.all() == (kind not in REMOVING)
