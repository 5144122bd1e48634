"""Light wrap against its definition: only soft edges change, towards the light around them."""

import cv2
import numpy as np
import pytest

from services.inpainting.light_wrap import WRAP_REACH, WRAP_STRENGTH, wrap_light
from tests.support.pictures import assert_image_equal

PRODUCT = (60, 60, 60)
EXTENT = 120.0


def draw_disc(ground, blur=5, side=200):
    """A gray disc with a soft edge on a plain ground: RGB and alpha."""
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (100, 100), 60, 255, -1)
    mask = cv2.GaussianBlur(mask, (blur, blur), 0) if blur > 1 else mask
    share = mask[..., None] / 255
    picture = np.array(PRODUCT) * share + np.array(ground) * (1 - share)
    return np.rint(picture).astype(np.uint8), mask


@pytest.mark.parametrize("ground", [(240, 200, 120), (5, 10, 20)])
def test_opaque_and_transparent_pixels_stay_bit_equal(ground):
    picture, mask = draw_disc(ground)
    before = picture.copy()
    out = wrap_light(picture, mask, EXTENT)
    hard = (mask == 0) | (mask == 255)
    assert_image_equal(out[hard], picture[hard])
    assert (out != picture)[~hard].any()
    assert_image_equal(picture, before)


@pytest.mark.parametrize(("extent", "tolerance"), [(120, 1), (400, 3)])
def test_edges_mix_with_the_blurred_surroundings_most_at_half_alpha(extent, tolerance):
    picture, mask = draw_disc((240, 200, 120), blur=9)
    picture[:, :100, :2] //= 2
    out = wrap_light(picture, mask, extent)
    clear = 1 - mask / 255
    blurred, weights = (
        cv2.GaussianBlur(each, (0, 0), WRAP_REACH * extent, borderType=cv2.BORDER_CONSTANT)
        for each in (picture * clear[..., None], clear)
    )
    edge = (mask > 0) & (mask < 255) & (weights > 0.02)
    alpha = mask[edge][:, None] / 255
    weight = WRAP_STRENGTH * alpha * (1 - alpha)
    ambient = blurred[edge] / weights[edge][:, None]
    expected = picture[edge] * (1 - weight) + ambient * weight
    assert edge.sum() > 1000 and np.abs(out[edge] - expected).max() <= tolerance


@pytest.mark.parametrize(("ground", "sign"), [((230, 230, 230), 1), ((5, 5, 5), -1)])
def test_bright_surroundings_brighten_the_edge_and_dark_ones_darken_it(ground, sign):
    picture, mask = draw_disc(ground)
    change = wrap_light(picture, mask, EXTENT).astype(int) - picture
    edge = (mask > 64) & (mask < 192)
    assert sign * change[edge].mean() > 1.5


def test_each_side_takes_up_the_light_next_to_it():
    picture, mask = draw_disc((0, 0, 0))
    ground = np.zeros((200, 200, 3), float)
    ground[:, :100], ground[:, 100:] = (255, 0, 0), (0, 0, 255)
    share = mask[..., None] / 255
    picture = np.rint(np.array(PRODUCT) * share + ground * (1 - share)).astype(np.uint8)
    change = wrap_light(picture, mask, EXTENT).astype(int) - picture
    edge = (mask > 64) & (mask < 192)
    left, right = edge.copy(), edge.copy()
    left[:, 60:] = right[:, :140] = False
    assert change[left][:, 0].mean() > 5 and change[left][:, 2].mean() <= 0
    assert change[right][:, 2].mean() > 5 and change[right][:, 0].mean() <= 0


def test_symmetric_pictures_stay_symmetric():
    picture, mask = draw_disc((230, 200, 180), side=201)
    assert np.array_equal(mask, mask[:, ::-1])
    out = wrap_light(picture, mask, EXTENT)
    assert np.abs(out.astype(int) - out[:, ::-1]).max() <= 1


def test_a_hard_edge_is_unchanged():
    picture, mask = draw_disc((240, 200, 120), blur=1)
    assert_image_equal(wrap_light(picture, mask, EXTENT), picture)
