import pytest

from services.segmentation.holes import fill_false_holes
from tests.support.drawings import GREEN, draw_clutter, draw_disc, paint_product
from tests.support.pictures import BACKDROP, assert_image_equal

BODY, GAP = draw_disc(120, 100, 70) >= 0.5, draw_disc(120, 100, 30) >= 0.5
RING = BODY & ~GAP


def test_a_hole_that_shows_the_background_stays_open():
    assert_image_equal(fill_false_holes(paint_product(draw_disc(120, 100, 70, 30)), RING), RING)


def test_a_hole_before_a_background_of_many_colors_stays_open():
    photo = paint_product(draw_disc(120, 100, 70, 30), GREEN, draw_clutter())
    assert_image_equal(fill_false_holes(photo, RING), RING)


@pytest.mark.parametrize("color", [(250, 250, 250), (30, 70, 170)], ids=["highlight", "label"])
def test_a_hole_of_another_color_is_part_of_the_product(color):
    backdrop = paint_product(draw_disc(120, 100, 70), GREEN, (120, 110, 100))
    photo = paint_product(draw_disc(120, 100, 30), color, backdrop)
    assert_image_equal(fill_false_holes(photo, RING), BODY)


def test_masks_without_holes_do_not_change():
    photo = paint_product(draw_disc(120, 100, 70), GREEN, BACKDROP)
    assert_image_equal(fill_false_holes(photo, BODY), BODY)
    everything = BODY | True
    assert_image_equal(fill_false_holes(photo, everything), everything)
