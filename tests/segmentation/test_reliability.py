"""Measurements of masks that differ from what a network sees, and of their rims."""

import numpy as np
import pytest

from services.segmentation.reliability import (
    NetworkView,
    find_base,
    find_contour,
    find_rim,
    measure_against_network,
    measure_largest,
    measure_rim,
)
from tests.support.drawings import SIZE, draw_box, paint_product

SEEN = draw_box(80, 50, 160, 150) > 0.5
NOTHING = np.zeros(SIZE, bool)
AREA = 80 * 100


def view_mask(mask=SEEN, first=None) -> NetworkView:
    """The view of a network that is sure of a mask; first: the mask of its first look."""
    return NetworkView((mask if first is None else first).astype(np.float32), np.float32(mask))


def measure(mask: np.ndarray, view: NetworkView) -> dict[str, float]:
    found = measure_against_network(mask, view)
    assert all(0 <= value <= 1 for value in found.values()), found
    return found


def test_an_expected_mask_differs_in_nothing():
    found = measure(SEEN, view_mask())
    assert found["overlap"] == found["base_overlap"] == found["looks_overlap"] == 1
    others = "error", "base_error", "missing", "added", "doubt", "looks_contradiction"
    assert [found[name] for name in others] == [0] * 6


def test_a_missing_part_is_not_added_and_an_added_one_not_missing():
    part = draw_box(80, 50, 100, 90) > 0.5
    found = measure(SEEN & ~part, view_mask())
    assert found["missing"] == pytest.approx(800 / AREA, rel=0.05) and found["added"] == 0
    assert found["error"] == pytest.approx(800 / AREA) and found["base_overlap"] == 1
    found = measure(SEEN, view_mask(SEEN & ~part))
    assert found["added"] == pytest.approx(800 / AREA, rel=0.05) and found["missing"] == 0


def test_a_base_that_was_eaten_is_an_error_of_the_base():
    found = measure(SEEN & (draw_box(0, 140, 240, 200) < 0.5), view_mask())
    assert found["base_overlap"] < 0.3 and found["base_error"] > 0.7
    assert found["overlap"] == pytest.approx(0.9)


def test_uncertainty_away_from_the_rim_is_doubt():
    sure, unsure = (np.where(SEEN, chance, 0).astype(np.float32) for chance in (0.95, 0.6))
    doubts = [measure(SEEN, NetworkView(each, each))["doubt"] for each in (sure, unsure)]
    assert doubts[0] < 0.2 and doubts[1] > 0.75
    rim = np.where(find_rim(SEEN), 0.5, SEEN).astype(np.float32)
    assert measure(SEEN, NetworkView(rim, rim))["doubt"] == 0


def test_looks_that_contradict_each_other_are_measured():
    found = measure(SEEN, view_mask(first=SEEN & (draw_box(80, 50, 120, 150) < 0.5)))
    assert found["looks_overlap"] == pytest.approx(0.5)
    assert found["looks_contradiction"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("mask", [NOTHING, ~NOTHING])
@pytest.mark.parametrize("seen", [NOTHING, ~NOTHING])
def test_empty_and_full_masks_are_measured(mask, seen):
    found = measure(mask, view_mask(seen)) | measure_rim(paint_product(0 * SEEN), mask)
    assert all(np.isfinite(list(found.values())))


def test_only_a_rim_without_contrast_is_alike():
    photo = paint_product(SEEN.astype(np.float32))
    found = measure_rim(photo, SEEN)
    assert found == {"alike": 0, "base_alike": 0}
    lowered = SEEN | (draw_box(80, 150, 160, 190) > 0.5)
    found = measure_rim(photo, lowered)
    assert 0.3 < found["alike"] < 0.6 and found["base_alike"] == 1


def test_the_base_is_the_lowest_rows_and_a_bit_below():
    base = find_base(SEEN)
    rows = np.flatnonzero(base.any(axis=1))
    assert (rows[0], rows[-1]) == (138, 152) and base[rows].all()
    assert not find_base(NOTHING).any() and find_base(~NOTHING)[-1].all()


def test_the_contour_leaves_out_the_photos_edge():
    contour = find_contour(SEEN)
    assert np.count_nonzero(contour) == 2 * (80 + 100) - 4 and (contour <= SEEN).all()
    assert not find_contour(~NOTHING).any()


def test_thin_and_smaller_parts_do_not_count():
    area = (draw_box(10, 10, 200, 12) + draw_box(10, 40, 30, 60) + draw_box(60, 40, 70, 50)) > 0.5
    assert measure_largest(area) == pytest.approx(400, abs=8)
    assert measure_largest(NOTHING) == 0
