"""Corrections of a product's probability by points on and off it."""

import cv2
import numpy as np
import pytest

from services.segmentation.point_constraints import constrain_probability
from tests.support.drawings import (
    BLUE,
    DARK,
    draw_box,
    draw_disc,
    draw_shadowed_backdrop,
    mask_iou,
    paint_product,
)

BODY = draw_box(50, 50, 150, 170)
# A handle of another color, which a network loses.
HANDLE = np.maximum(draw_disc(165, 110, 45, 30) * draw_box(150, 0, 240, 200), 0)
MUG = np.maximum(BODY, HANDLE)
PHOTO = paint_product(HANDLE, DARK, paint_product(BODY))
ON_HANDLE = (202.5, 110.5, True)


def constrain(points, probability=BODY, photo=PHOTO) -> np.ndarray:
    return constrain_probability(photo, probability, points) > 0.5


def test_a_point_on_a_lost_handle_adds_it_up_to_its_edges():
    assert mask_iou(BODY > 0.5, MUG > 0.5) < 0.85
    assert mask_iou(constrain([ON_HANDLE]), MUG > 0.5) >= 0.95


def test_a_point_in_a_product_of_one_color_removes_what_is_around_it():
    removed = (BODY > 0.5) & ~constrain([(100, 110, False)])
    # More than a dot, and not the product.
    assert 0.05 < np.count_nonzero(removed) / np.count_nonzero(BODY > 0.5) < 0.5


def test_a_point_in_a_loop_of_backdrop_removes_it():
    filled = np.maximum(BODY, draw_disc(165, 110, 45) * draw_box(150, 0, 240, 200))
    assert mask_iou(filled > 0.5, MUG > 0.5) < 0.9
    assert mask_iou(constrain([(170, 110, False)], filled), MUG > 0.5) >= 0.95


def test_a_point_on_a_shadow_removes_it():
    photo = paint_product(BODY, BLUE, draw_shadowed_backdrop(170, 160, 40, 4))
    with_shadow = np.maximum(BODY, draw_box(150, 145, 200, 172))
    constrained = constrain([(172, 160, False)], with_shadow, photo)
    assert mask_iou(with_shadow > 0.5, BODY > 0.5) < 0.94
    assert mask_iou(constrained, BODY > 0.5) >= 0.97


@pytest.mark.parametrize("point", [(100, 110, False), (20, 20, True), (149, 60, False)])
def test_a_point_is_obeyed_and_changes_nothing_far_away(point):
    changed = constrain([point]) != (BODY > 0.5)
    x, y, is_product = point
    assert constrain([point])[int(y), int(x)] == is_product
    rows, columns = np.nonzero(changed)
    # A quarter of the body's longer side, and rounding.
    assert np.hypot(rows - y, columns - x).max(initial=0) <= 0.25 * 120 + 2


def test_a_point_on_haze_clears_it_and_leaves_soft_edges():
    soft = cv2.GaussianBlur(BODY, (0, 0), 2)
    haze = 0.4 * draw_disc(185, 110, 25)
    found = constrain_probability(PHOTO, np.maximum(soft, haze), [(190, 110, False)])
    assert found[100:120, 170:205].max() < 0.06
    edge = np.s_[60:160, 44:56]
    assert np.array_equal(found[edge], soft[edge])


def test_a_point_on_a_faint_part_makes_it_opaque():
    faint = BODY * (1 - 0.4 * draw_disc(100, 110, 25))
    found = constrain_probability(PHOTO, faint, [(100, 110, True)])
    assert found[100:120, 90:110].min() == 1


def test_a_point_next_to_the_edge_corrects_little():
    changed = constrain([(151.5, 110.5, True)]) != (BODY > 0.5)
    # Half a disc of 10 pixels, five times the distance from the edge.
    assert 0 < np.count_nonzero(changed) < 200


def test_points_that_agree_change_nothing():
    assert np.array_equal(constrain([(100, 100, True), (20, 20, False)]), BODY > 0.5)


def test_64_points_next_to_each_other_are_all_obeyed():
    points = [(60.5 + 11 * (i % 8), 60.5 + 11 * (i // 8), i % 2 == 0) for i in range(64)]
    found = constrain(points)
    assert all(found[int(y), int(x)] == is_product for x, y, is_product in points)


def test_the_order_of_points_does_not_matter():
    points = [ON_HANDLE, (185, 78, True), (100, 100, False)]
    both = [constrain_probability(PHOTO, BODY, each) for each in (points, points[::-1])]
    assert np.array_equal(*both)


def test_a_product_is_built_from_points_alone():
    disc = draw_disc(120, 100, 30)
    photo = paint_product(disc, BLUE)
    found = constrain([(120, 100, True)], np.zeros_like(disc), photo)
    assert mask_iou(found, disc > 0.5) >= 0.95


def test_a_small_probability_is_stretched_over_a_large_photo():
    size = (1000, 1200)
    truth = draw_disc(600, 500, 300, size=size)
    small = cv2.resize(truth, (120, 100), interpolation=cv2.INTER_AREA)
    found = constrain_probability(paint_product(truth), small, [(600, 500, True)])
    assert found.dtype == np.float32 and found.shape == (853, 1024)
    assert found.min() == 0 and found.max() == 1
    assert mask_iou(cv2.resize(found, size[::-1]) > 0.5, truth > 0.5) >= 0.97


def test_results_are_the_same_with_any_number_of_threads():
    threads = cv2.getNumThreads()
    expected = constrain_probability(PHOTO, BODY, [ON_HANDLE])
    cv2.setNumThreads(1)
    try:
        assert np.array_equal(constrain_probability(PHOTO, BODY, [ON_HANDLE]), expected)
    finally:
        cv2.setNumThreads(threads)


def test_a_point_off_the_product_removes_an_even_surface_as_a_whole():
    """As the body of a hairdryer, of which a blob within reach would be no help."""
    photo = np.full((240, 320, 3), 225, np.uint8)
    product, body = (np.zeros(photo.shape[:2], bool) for _ in range(2))
    product[60:180, 40:280] = body[60:180, 40:190] = True
    photo[product], photo[body] = (190, 60, 40), (40, 40, 44)
    photo = cv2.GaussianBlur(photo, (0, 0), 1)
    found = constrain_probability(photo, product.astype(np.float32), [(120, 120, False)]) > 0.5
    removed = cv2.resize(product.astype(np.uint8), found.shape[::-1]) > 0
    removed &= ~found
    expected = cv2.resize(body.astype(np.uint8), found.shape[::-1]) > 0
    assert (removed & expected).sum() / (removed | expected).sum() > 0.93
