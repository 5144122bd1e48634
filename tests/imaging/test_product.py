import numpy as np
import pytest

from services.imaging.product import find_product_box, find_product_pixels


def draw_alpha() -> np.ndarray:
    alpha = np.zeros((200, 160), np.uint8)
    alpha[50:150, 40:100] = 255
    return alpha


@pytest.mark.parametrize("strength", [1, 2, 25])
def test_faint_pixels_do_not_count(strength):
    alpha = draw_alpha()
    alpha[0, 0] = alpha[-1, -1] = strength
    alpha[:, 120:] = np.maximum(alpha[:, 120:], strength)
    assert find_product_box(alpha) == (40, 50, 60, 100)


def test_a_solid_speck_does_not_count_but_a_part_does():
    alpha = draw_alpha()
    alpha[5, 5] = 255
    assert find_product_box(alpha) == (40, 50, 60, 100)
    alpha[20:24, 60:64] = 255
    assert find_product_box(alpha) == (40, 20, 60, 130)


def test_a_speck_within_a_ring_does_not_count_and_neither_does_one_alone():
    ring = draw_alpha()
    ring[60:140, 50:90] = 0
    ring[100, 70] = 255
    assert not find_product_pixels(ring)[100, 70] and find_product_pixels(ring)[55, 70]
    alone = np.zeros((9, 9), np.uint8)
    alone[2, 2:5] = 90
    alone[6, 6] = 255
    assert find_product_box(alone) == (6, 6, 1, 1)


def test_a_soft_frame_does_not_count_but_glass_does():
    alpha = draw_alpha()
    alpha[:2] = alpha[-2:] = 90
    assert find_product_box(alpha) == (40, 50, 60, 100)
    alpha[150:180, 60:80] = 60
    assert find_product_box(alpha) == (40, 50, 60, 130)


def test_a_thin_solid_chain_counts():
    alpha = draw_alpha()
    alpha[20:50, 70] = 255
    assert find_product_box(alpha) == (40, 20, 60, 130)


def test_of_a_faint_product_the_most_opaque_pixels_count():
    alpha = draw_alpha() // 20
    assert find_product_box(alpha) == (40, 50, 60, 100)
    assert not find_product_pixels(np.zeros((9, 9), np.uint8)).any()
