"""Line breaks of headlines: balanced, at pauses, without short words left over."""

import pytest

from services.finishing.engines.pillow.fonts import open_named_font
from services.finishing.engines.pillow.line_breaks import keep_line_breaks, list_line_breaks
from services.finishing.engines.pillow.typeface import Typeface

FACE = Typeface(open_named_font("inter-bold"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Summer, in focus", ("Summer,", "in focus")),
        ("Bath time has a new captain", ("Bath time", "has a new captain")),
        ("Carry less, see more", ("Carry less,", "see more")),
        ("Ice cold since 1898", ("Ice cold", "since 1898")),
    ],
)
def test_two_lines_are_balanced_and_end_where_readers_pause(text, lines):
    assert list_line_breaks(text, FACE)[1] == lines


def test_every_number_of_lines_is_tried_and_no_word_is_lost():
    text = "one two three four five"
    ways = list_line_breaks(text, FACE)
    assert [len(way) for way in ways] == [1, 2, 3, 4, 5]
    assert {" ".join(way) for way in ways} == {text}


def test_no_word_is_left_alone_on_the_last_line():
    for way in list_line_breaks("Made for everyone who walks to work in it", FACE)[1:4]:
        assert len(way[-1].split()) > 1


def test_line_breaks_of_a_headline_stay():
    text = "One\n\ntwo  three\nfour"
    assert keep_line_breaks(text) == ("One", "two three", "four")
    assert list_line_breaks(text, FACE)[0] == ("One", "two three", "four")
    assert list_line_breaks(text, FACE)[1] == ("One", "two", "three", "four")
