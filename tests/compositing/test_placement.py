"""Products are placed inside the canvas, by scene and arrangement."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.arrangement import Arrangement, Margins, ProductSpot
from services.compositing.placement import OVERLAP, SizeShares, mirror_sides, place_product
from services.imaging.scene import Scene

STANDING = Scene(ground_line=0.8, camera_pitch=15)
FLOATING, HANGING = (replace(STANDING, stance=stance) for stance in ("floating", "hanging"))
SHARES = SizeShares(0.7, 0.62)
LYING = Scene(ground_line=0.5, camera_pitch=90)


def place_at(cutout, scene=STANDING, sides=(), canvas=(1000, 1000), shares=SHARES, **arrangement):
    return place_product(cutout, canvas, scene, sides, shares, Arrangement(**arrangement))


def test_a_wide_product_fills_its_width_share_and_keeps_its_aspect_ratio():
    at = place_at((200, 400))
    assert (at.width, at.height) == (700, 350)
    assert at.scale == pytest.approx(1.75)


def test_a_tall_product_is_limited_by_its_height_share():
    at = place_at((400, 100))
    assert (at.width, at.height) == (155, 620)


def test_a_standing_product_is_centered_on_the_ground_line():
    at = place_at((200, 400))
    assert at.y + at.height == 800
    assert at.x == 150


def test_a_product_is_in_the_column_of_its_scene():
    scene = replace(STANDING, product_x=0.4)
    placement = place_product((100, 50), (1000, 1000), scene, (), SHARES)
    assert placement.x + placement.width / 2 == pytest.approx(400, abs=1)


def test_anchor_and_margins_come_before_the_column_of_the_scene():
    scene = replace(STANDING, product_x=0.4)
    anchored = Arrangement(anchor="bottom")
    placement = place_product((100, 50), (1000, 1000), scene, (), SHARES, anchored)
    assert placement.x + placement.width / 2 == pytest.approx(500, abs=1)
    narrowed = Arrangement(margins=Margins(left=0.4))
    placement = place_product((100, 50), (1000, 1000), scene, (), SHARES, narrowed)
    assert placement.x + placement.width / 2 == pytest.approx(700, abs=1)


def test_a_standing_product_keeps_headroom_on_a_high_ground_line():
    at = place_at((400, 100), Scene(ground_line=0.5))
    assert at.y == 60 and at.y + at.height == 500


def test_a_lying_product_is_centered_both_ways():
    at = place_at((200, 400), LYING)
    assert (at.x, at.y) == (150, 325)


@pytest.mark.parametrize("canvas", [(1000, 600), (600, 1800), (256, 256)])
def test_the_product_stays_inside_every_canvas(canvas):
    at = place_at((300, 200), canvas=canvas)
    assert at.x >= 0 and at.x + at.width <= canvas[1]
    assert at.y >= 0 and at.y + at.height <= canvas[0]


@pytest.mark.parametrize("scene", [STANDING, LYING])
def test_a_product_that_the_photo_cut_off_extends_past_the_canvas(scene):
    at = place_at((400, 200), scene, [SIDE_BOTTOM])
    assert at.y + at.height == 1000 + OVERLAP
    assert place_at((400, 200), scene, [SIDE_TOP]).y == -OVERLAP
    assert place_at((400, 200), scene, [SIDE_LEFT]).x == -OVERLAP
    right = place_at((400, 200), scene, [SIDE_RIGHT])
    assert right.x + right.width == 1000 + OVERLAP


def test_a_very_thin_product_is_at_least_one_pixel_wide():
    at = place_at((4000, 1))
    assert at.width == 1 and at.height <= 620


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [
        ("top_left", 0, 0),
        ("top", 350, 0),
        ("top_right", 700, 0),
        ("left", 0, 425),
        ("center", 350, 425),
        ("right", 700, 425),
        ("bottom_left", 0, 850),
        ("bottom", 350, 850),
        ("bottom_right", 700, 850),
    ],
)
def test_a_floating_product_is_placed_at_its_anchor(anchor, x, y):
    at = place_at((200, 400), shares=SizeShares(0.3, 0.62), anchor=anchor, stance="floating")
    assert (at.x, at.y, at.width, at.height) == (x, y, 300, 150)


@pytest.mark.parametrize(("anchor", "x"), [("left", 0), ("top", 350), ("bottom_right", 700)])
def test_a_standing_product_uses_only_the_anchors_horizontal_position(anchor, x):
    at = place_at((200, 400), shares=SizeShares(0.3, 0.62), anchor=anchor, stance="standing")
    assert (at.x, at.y + at.height) == (x, 800)


@pytest.mark.parametrize(
    ("anchor", "scene", "stance"),
    [
        ("", STANDING, "standing"),
        ("bottom_left", STANDING, "standing"),
        ("left", STANDING, "floating"),
        ("", LYING, "lying"),
        ("", FLOATING, "floating"),
        ("bottom", FLOATING, "floating"),
        ("left", HANGING, "floating"),
        ("", replace(LYING, stance="floating"), "lying"),
    ],
)
def test_without_a_stance_anchor_and_scene_decide(anchor, scene, stance):
    assert Arrangement(anchor).choose_stance(scene) == stance


def test_the_callers_stance_overrides_that_of_the_scene():
    assert place_at((200, 400), FLOATING, stance="standing") == place_at((200, 400))


def test_a_floating_product_is_centered_in_the_space_clear_of_the_ground():
    at = place_at((200, 400), FLOATING)
    assert at.x == 150
    assert (at.y - 60, 680 - (at.y + at.height)) == (135, 135)


def test_a_tall_floating_product_fits_between_headroom_and_clearance():
    at = place_at((400, 100), FLOATING, shares=SizeShares(1, 1))
    assert (at.y, at.y + at.height) == (60, 680)


def test_a_floating_product_has_the_upper_half_above_a_high_ground_line():
    at = place_at((400, 100), replace(FLOATING, ground_line=0.4), shares=SizeShares(1, 1))
    assert (at.y, at.y + at.height) == (60, 500)


def test_a_hanging_product_is_at_the_top_of_that_space():
    at = place_at((200, 400), HANGING)
    assert (at.x, at.y) == (150, 60)
    assert place_at((200, 400), HANGING, stance="hanging", anchor="center").y == 325


def test_a_lying_product_of_an_upright_scene_is_on_the_ground_line():
    at = place_at((200, 400), replace(STANDING, stance="lying"))
    assert at.y + at.height == 800


def test_offsets_are_shares_of_the_canvas_and_stop_at_its_edges():
    small = SizeShares(0.3, 0.62)
    at = place_at((200, 400), shares=small, anchor="center", offset_x=0.1, offset_y=-0.2)
    assert (at.x, at.y) == (450, 225)
    far = place_at((200, 400), shares=small, anchor="center", offset_x=1, offset_y=1)
    assert (far.x + far.width, far.y + far.height) == (1000, 1000)


def test_area_share_is_the_area_that_the_product_covers():
    at = place_at((200, 400), shares=SizeShares(0.7, 0.62, area=0.1, coverage=0.5))
    assert at.width * at.height * 0.5 == pytest.approx(0.1 * 1e6, rel=0.01)


def test_margins_stay_free_even_of_the_largest_product():
    story = Margins(top=0.14, right=0.06, bottom=0.35, left=0.06)
    at = place_at((300, 300), canvas=(1920, 1080), shares=SizeShares(1, 1), margins=story)
    assert at.y >= 0.14 * 1920 and at.y + at.height <= 0.65 * 1920
    assert at.x >= 0.06 * 1080 and at.x + at.width <= 0.94 * 1080


def test_margins_without_a_top_keep_headroom_above_a_standing_product():
    tall = SizeShares(1, 1)
    assert place_at((900, 100), shares=tall, margins=Margins(left=0.1)).y == 60
    assert place_at((900, 100), shares=tall, margins=Margins(left=0.1, top=0.0)).y == 0
    assert place_at((900, 100), LYING, shares=tall, margins=Margins(left=0.1)).y == 0


def test_mirroring_swaps_left_and_right_only():
    assert mirror_sides([SIDE_LEFT, SIDE_TOP]) == [SIDE_RIGHT, SIDE_TOP]


sides = st.integers(1, 3000)
shares = st.floats(0.05, 1)
strips = st.floats(0, 0.45)


@given(
    cutout=st.tuples(sides, sides),
    canvas=st.tuples(st.integers(16, 4096), st.integers(16, 4096)),
    widest=shares,
    tallest=shares,
    area=st.none() | st.floats(0.005, 0.9),
    anchor=st.sampled_from(["", "top_left", "top", "left", "center", "right", "bottom_right"]),
    stance=st.sampled_from(["", "standing", "lying", "floating", "hanging"]),
    offsets=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    margins=st.none() | st.builds(Margins, st.none() | strips, strips, strips, strips),
    ground=st.floats(0.05, 1),
    pitch=st.sampled_from([10, 90]),
)
def test_products_are_always_placed_inside_the_canvas(
    cutout, canvas, widest, tallest, area, anchor, stance, offsets, margins, ground, pitch
):
    scene = Scene(ground_line=ground, camera_pitch=pitch)
    arrangement = Arrangement(anchor, stance, *offsets, margins)
    at = place_product(cutout, canvas, scene, [], SizeShares(widest, tallest, area), arrangement)
    assert at.x >= 0 and at.x + at.width <= canvas[1]
    assert at.y >= 0 and at.y + at.height <= canvas[0]


def test_a_spot_decides_place_and_size_alone():
    spot = ProductSpot(center_x=0.25, center_y=0.4, width=0.3)
    at = place_at(
        (200, 400), spot=spot, canvas=(500, 1000), margins=Margins(left=0.4), offset_y=0.3
    )
    assert at.box == (100, 125, 300, 150) and at.scale == pytest.approx(0.75)


def test_a_spot_takes_a_product_off_the_edge_that_cut_it_and_over_others():
    at = place_at((100, 100), sides=(SIDE_BOTTOM,), spot=ProductSpot(0.0, 0.5, 0.4))
    assert at.box == (-200, 300, 400, 400)
