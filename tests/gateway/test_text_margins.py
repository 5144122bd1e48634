"""The area of the lettering, and the product's margins that keep it free."""

import pytest

from cyclorama.v1 import ads_pb2, compositing_pb2
from gateway.text_margins import MAX_MARGIN_SHARE, reserve_text_area


def reserve(width, height, **lettering):
    """Returns the product's margins in an ad with lettering."""
    ad = ads_pb2.CreateAdRequest(
        size={"width": width, "height": height}, lettering={"headline": "Hello", **lettering}
    )
    return reserve_text_area(ad).compositing.arrangement.margins


@pytest.mark.parametrize(
    ("anchor", "square", "wide"),
    [
        (None, "top", "left"),
        ("ANCHOR_BOTTOM", "bottom", "bottom"),
        ("ANCHOR_RIGHT", "right", "right"),
        ("ANCHOR_BOTTOM_RIGHT", "bottom", "right"),
        ("ANCHOR_TOP_LEFT", "top", "left"),
    ],
)
def test_the_product_leaves_room_on_the_side_of_the_text(anchor, square, wide):
    for side, size in ((square, (1000, 1000)), (wide, (1600, 800))):
        margins = reserve(*size, anchor=anchor)
        shares = {name: getattr(margins, name) for name in ("top", "right", "bottom", "left")}
        assert max(shares, key=shares.get) == side
        assert sorted(shares.values())[-2] < 0.1


def test_larger_letters_and_more_lines_get_more_room_up_to_a_limit():
    usual = reserve(1000, 1000).top
    assert reserve(1000, 1000, size=0.05).top == usual
    assert usual < reserve(1000, 1000, size=0.14).top < MAX_MARGIN_SHARE
    assert usual < reserve(1000, 1000, headline="a\nb\nc").top < MAX_MARGIN_SHARE
    assert reserve(1000, 1000, size=0.4).top == pytest.approx(MAX_MARGIN_SHARE)


def test_a_product_that_the_caller_placed_stays_where_it_is():
    ad = ads_pb2.CreateAdRequest(
        size={"width": 800, "height": 800},
        lettering={"headline": "Hello", "anchor": compositing_pb2.ANCHOR_TOP},
        compositing={"arrangement": {"anchor": compositing_pb2.ANCHOR_TOP}},
    )
    assert not reserve_text_area(ad).compositing.arrangement.HasField("margins")


def test_a_logo_with_words_gets_room_in_which_the_button_can_be_read():
    request = ads_pb2.CreateAdRequest(size={"width": 1000, "height": 1000})
    request.lettering.headline, request.lettering.call_to_action = "Made for the road", "Shop now"
    without = reserve_text_area(request).compositing.arrangement.margins.top
    request.lettering.logo.data = b"logo"
    room = reserve_text_area(request)
    top = room.compositing.arrangement.margins.top
    # Two lines, a button and a logo, with the space below each, in headlines of 0.06 of the side.
    assert top - room.lettering.top > 5.6 * 0.06 > without - room.lettering.top


def test_the_lettering_of_a_story_is_where_no_app_covers_it():
    story = ads_pb2.CreateAdRequest(size={"width": 1080, "height": 1920})
    portrait = ads_pb2.CreateAdRequest(size={"width": 1024, "height": 1280})
    for ad, top, bottom in ((story, 0.14, 0.2), (portrait, 0.05, 0.05)):
        ad.lettering.headline = "Hello"
        lettering = reserve_text_area(ad).lettering
        assert (lettering.top, lettering.bottom) == pytest.approx((top, bottom))
        assert lettering.left == pytest.approx(0.05)
