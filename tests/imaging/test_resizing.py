"""Resizing keeps proportions and colors, without rims and aliasing."""

import numpy as np
import pytest

from services.imaging import resizing
from services.imaging.resizing import (
    fit_size,
    premultiply,
    resize_premultiplied,
    resize_straight,
    shrink_to_fit,
)
from tests.support.pictures import assert_image_equal, draw_cutout

BOTH = pytest.mark.parametrize("resize", [resize_straight, resize_premultiplied])


@pytest.mark.parametrize(
    ("size", "least", "fitted"),
    [
        ((400, 200), 1, (100, 50)),
        ((200, 400, 3), 1, (50, 100)),
        ((40, 90), 1, (40, 90)),
        ((3000, 40), 1, (100, 1)),
        ((3000, 40), 16, (100, 16)),
        ((9, 3000), 16, (9, 100)),
    ],
)
def test_the_longer_side_fits_and_the_shorter_keeps_a_minimum(size, least, fitted):
    assert fit_size(size, 100, least) == fitted
    assert shrink_to_fit(np.zeros(size, np.uint8), 100, least).shape[:2] == fitted


def test_shrinking_to_fit_averages_areas():
    stripes = np.zeros((400, 400), np.uint8)
    stripes[:, ::2] = 200
    assert (shrink_to_fit(stripes, 100) == 100).all()


@BOTH
@pytest.mark.parametrize(("width", "height"), [(20, 30), (60, 90)])
def test_shrinking_does_not_bleed_hidden_colors_into_the_rim(resize, width, height):
    cutout = draw_cutout()
    cutout[cutout[..., 3] == 0, :3] = (0, 255, 0)
    if resize is resize_straight:
        small = premultiply(resize(cutout, width, height))
    else:
        small = resize(premultiply(cutout), width, height)
    small = small[height * 2 // 3 :]
    rim = small[(small[..., 3] > 64) & (small[..., 3] < 250)].astype(float)
    straight = rim[:, :3] / rim[:, 3:] * 255
    assert len(rim) and np.abs(straight - (190, 60, 40)).max() <= 4


@BOTH
def test_the_same_size_returns_a_copy_of_the_pixels(resize):
    cutout = draw_cutout()
    same = resize(cutout, 80, 120)
    assert_image_equal(same, cutout)
    assert not np.shares_memory(same, cutout)


@BOTH
@pytest.mark.parametrize(("width", "height"), [(320, 480), (50, 75), (19, 29), (7, 11)])
def test_resizing_keeps_flat_colors_flat(resize, width, height):
    cutout = draw_cutout()
    cutout[:] = (190, 60, 40, 255)
    resized = resize(cutout, width, height)
    assert (resized == (190, 60, 40, 255)).all() and resized.shape == (height, width, 4)


def test_shrinking_does_not_alias():
    stripes = np.full((400, 400, 4), 255, np.uint8)
    stripes[:, ::2, :3] = 0
    for width in (390, 300, 210, 150, 60):
        small = resize_premultiplied(stripes, width, width)[:, 2:-2, 0].astype(float)
        kept = max(0.0, 2 * width / 400 - 1)
        assert np.abs(small - 127.5).max() <= 127.5 * kept + 2


def test_straight_alpha_keeps_the_colors_of_faint_pixels():
    faint = np.full((90, 60, 4), (201, 33, 77, 20), np.uint8)
    assert_image_equal(resize_straight(faint, 40, 60), faint[:60, :40])


@pytest.mark.parametrize(("width", "height"), [(41, 67), (97, 131)])
def test_strips_leave_no_seam_and_look_for_the_caller(monkeypatch, width, height):
    cutout, looks = draw_cutout(), []
    whole = resize_straight(cutout, width, height)
    monkeypatch.setattr(resizing, "STRIP_PIXELS", 2000)
    in_strips = resize_straight(cutout, width, height, check_active=lambda: looks.append(1))
    assert np.abs(in_strips.astype(int) - whole).max() <= 1
    # Of rows, then of columns.
    assert len(looks) >= 2 * cutout.size / 4 / 2000 - 2
