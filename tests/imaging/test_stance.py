"""What cannot stand is not taken to stand, and what can is."""

import numpy as np
import pytest

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_TOP
from services.imaging.silhouette import trace_silhouette
from services.imaging.stance import estimate_stance
from tests.support.product_drawings import draw_silhouette


def judge(name, turn=0.0, **view):
    return estimate_stance(trace_silhouette(draw_silhouette(name, turn)), **view)


@pytest.mark.parametrize(
    "name",
    [
        *("necklace", "ring", "glasses", "watch", "tshirt", "tank_top", "trousers", "hairdryer"),
        "pen",
    ],
)
def test_flat_thin_and_limp_products_lie(name):
    assert judge(name) == "lying"


@pytest.mark.parametrize(
    "name",
    [
        *("bottle", "wine_glass", "chair", "table", "handbag", "box", "teapot", "shoe"),
    ],
)
def test_products_with_a_foot_stand(name):
    assert judge(name) == "standing"


@pytest.mark.parametrize("turn", [-20, 10])
@pytest.mark.parametrize("name", ["bottle", "box", "shoe"])
def test_leaning_products_still_stand(name, turn):
    assert judge(name, turn) == "standing"


@pytest.mark.parametrize(("name", "turn"), [("bottle", 45), ("shoe", 48), ("shoe", -45)])
def test_bulky_products_in_the_air_float(name, turn):
    assert judge(name, turn) == "floating"


def test_a_shoe_between_resting_and_floating_is_left_to_the_scene():
    assert judge("shoe", 36) == ""


@pytest.mark.parametrize("turn", [30, -45, 60, 88])
def test_a_watch_lies_however_it_is_turned(turn):
    assert judge("watch", turn) == "lying"


def test_a_photo_from_above_shows_lying_products():
    assert judge("bottle", ground_pitch=75) == "lying"


def test_a_body_that_runs_out_of_the_photo_below_stands():
    body = draw_silhouette("necklace")[:150]
    body[100:] = 255
    assert estimate_stance(trace_silhouette(body), [SIDE_BOTTOM]) == "standing"


def test_a_product_on_a_cord_from_the_top_hangs():
    alpha = draw_silhouette("bottle", 180)
    cord = np.zeros_like(alpha)
    cord[:60, 148:152] = 255
    assert estimate_stance(trace_silhouette(alpha | cord), [SIDE_TOP]) == "hanging"


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 2)])
def test_tiny_outlines_are_judged_without_an_error(size):
    assert estimate_stance(trace_silhouette(np.full(size, 255, np.uint8)))


def test_nothing_solid_has_no_outline():
    assert trace_silhouette(np.full((20, 30), 100, np.uint8)) is None


def test_beads_that_are_all_small_have_an_outline_and_crumbs_next_to_a_product_do_not():
    beads = np.zeros((200, 200), np.uint8)
    beads[4::8, 4::8] = 255
    outline = trace_silhouette(beads)
    assert outline.area == np.count_nonzero(beads) and estimate_stance(outline)
    beads[50:150, 50:150] = 255
    assert trace_silhouette(beads).mask.shape == (100, 100)


def test_a_gap_above_the_lowest_row_is_no_hem():
    apart = np.full((100, 60), 255, np.uint8)
    apart[90:99] = 0
    assert estimate_stance(trace_silhouette(apart))
