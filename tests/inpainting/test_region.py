"""The window around a product."""

import numpy as np

from services.inpainting.region import find_product_region


def test_a_region_contains_the_product_and_ends_at_the_picture():
    alpha = np.zeros((60, 80), np.uint8)
    alpha[10:30, 20:50] = 255
    region = find_product_region(alpha, reach=0.1)
    assert region.window == (slice(0, 41), slice(9, 61))
    assert region.box == (11, 10, 30, 20)
    assert alpha[region.window][10:30, 11:41].all()
    assert region.extent == np.sqrt(600)
