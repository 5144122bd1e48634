"""Halos: rims of a color that neither the product nor its ground has."""

import cv2
import numpy as np
import pytest

from services.finishing.quality.halo import measure_halo
from tests.support.lit_ads import SIDE

RED = (200, 30, 40)


def draw_disc(edge=1.0, rim=None, opacity=1.0, ground=(235, 235, 235), texture=0):
    """A red disc with a rim of two pixels, and its alpha with an edge of this sigma (0: hard)."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(alpha, (100, 100), 70, 255, -1)
    depth = cv2.distanceTransform(alpha, cv2.DIST_L2, 5)
    if edge:
        alpha = cv2.GaussianBlur(alpha, (0, 0), edge)
    noise = np.random.default_rng(1).normal(0, texture, (SIDE, SIDE, 1))
    product = np.clip(np.array(RED) + noise, 0, 255)
    if rim:
        product[depth <= 2] = (1 - opacity) * product[depth <= 2] + opacity * np.array(rim)
    share = alpha[..., np.newaxis] / 255
    return np.rint(product * share + np.array(ground) * (1 - share)).astype(np.uint8), alpha


@pytest.mark.parametrize("edge", [0, 1.0])
@pytest.mark.parametrize("ground", [(235, 235, 235), (0, 0, 0), (30, 60, 200)])
def test_a_clean_edge_has_no_halo_and_a_foreign_rim_has_one(ground, edge):
    assert measure_halo(*draw_disc(edge, ground=ground)) < 2
    assert measure_halo(*draw_disc(edge, rim=(20, 200, 30), ground=ground)) > 9


def test_a_halo_grows_with_the_rims_opacity():
    halos = [measure_halo(*draw_disc(rim=(20, 20, 20), opacity=o)) for o in (0, 0.2, 0.4, 0.8)]
    assert halos == sorted(halos) and halos[2] > 2.9


def test_a_border_of_a_part_of_the_product_is_no_halo():
    plain, alpha = draw_disc()
    bordered, _ = draw_disc(rim=(250, 240, 120))
    bordered[:110] = plain[:110]
    assert measure_halo(bordered, alpha) < 2.9


def test_texture_is_no_halo():
    assert measure_halo(*draw_disc(texture=25)) < 2.9


def test_a_product_without_an_outline_has_no_halo():
    assert measure_halo(np.zeros((50, 50, 3), np.uint8), np.full((50, 50), 255, np.uint8)) is None
