import cv2
import numpy as np
import pytest

from services.segmentation.seeds import (
    create_box_seeds,
    create_ellipse_seeds,
    create_probability_seeds,
)

SIZES = [(200, 300), (320, 64), (16, 320), (16, 16)]


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("center", [(0.5, 0.5), (0.4, 0.6)])
def test_an_ellipse_covers_its_share_around_its_center(size, center):
    inside = create_ellipse_seeds(*size, 0.25, 0.3, *center) == cv2.GC_PR_FGD
    y, x = np.nonzero(inside)
    assert inside.mean() == pytest.approx(np.pi * 0.25 * 0.3, rel=0.1)
    assert x.mean() + 0.5 == pytest.approx(center[0] * size[1], abs=1)
    assert y.mean() + 0.5 == pytest.approx(center[1] * size[0], abs=1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [(0.3, 0.3, 0.5, 0.5), (0.7, 0.7, 0.5, 0.5), (0.3, 0.3, 1, 0)])
def test_only_a_thin_border_is_certain_background(size, place):
    certain = create_ellipse_seeds(*size, *place) == cv2.GC_BGD
    margin = max(1, round(0.015 * max(size)))
    assert certain[[0, -1]].all() and certain[:, [0, -1]].all()
    assert not certain[margin:-margin, margin:-margin].any()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_centered_box_covers_its_share_of_each_side(share):
    inside = create_box_seeds(200, 300, share) == cv2.GC_PR_FGD
    assert inside.any(axis=1).sum() == pytest.approx(200 * share, abs=2)
    assert inside.any(axis=0).sum() == pytest.approx(300 * share, abs=2)
    assert (inside == inside[::-1, ::-1]).all()


@pytest.mark.parametrize("size", SIZES)
def test_a_box_of_the_whole_photo_leaves_a_border_of_background(size):
    seeds = create_box_seeds(*size, 1)
    assert (seeds[[0, -1]] == cv2.GC_BGD).all() and (seeds[:, [0, -1]] == cv2.GC_BGD).all()
    assert (seeds[1:-1, 1:-1] == cv2.GC_PR_FGD).all()


def test_probabilities_near_0_and_1_are_certain_and_the_rest_is_probable():
    probability = np.float32([[0, 0.09, 0.11, 0.5], [0.51, 0.89, 0.91, 1]])
    seeds = create_probability_seeds(probability, sure_background=0.1, sure_product=0.9)
    assert seeds.dtype == np.uint8
    assert seeds.tolist() == [
        [cv2.GC_BGD, cv2.GC_BGD, cv2.GC_PR_BGD, cv2.GC_PR_BGD],
        [cv2.GC_PR_FGD, cv2.GC_PR_FGD, cv2.GC_FGD, cv2.GC_FGD],
    ]
