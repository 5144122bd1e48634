"""Words beside the product: never cut, never over it, always to be read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.finishing.engine import Lettering
from services.finishing.engines import Settings
from services.finishing.engines.pillow.lettering import DARK, LIGHT, set_lettering
from services.finishing.engines.pillow.typesetting import (
    Words,
    check_characters,
    font,
    largest_setting,
)
from services.runtime.errors import InvalidRequest
from tests.support.pictures import assert_image_equal


def product(height=600, width=600, box=(200, 250, 200, 300)):
    """The alpha of a product: an opaque box of x, y, width, height."""
    mask = np.zeros((height, width), np.uint8)
    x, y, across, down = box
    mask[y : y + down, x : x + across] = 255
    return mask


def plain(color, mask):
    return np.full((*mask.shape, 3), color, np.uint8)


def letter(picture, mask, lettering):
    """With the font that comes along."""
    return set_lettering(picture, mask, lettering, "")


def changed(picture, out):
    return (picture != out).any(axis=2)


def test_words_stand_in_the_largest_room_and_leave_the_edges_free():
    mask = product()
    picture = plain((230, 225, 220), mask)
    rows, columns = np.nonzero(changed(picture, letter(picture, mask, Lettering("Good morning"))))
    assert rows.max() < 250 and rows.min() >= 30
    assert columns.min() >= 30 and columns.max() < 570


def test_free_strips_are_kept():
    mask = product()
    picture = plain((230, 225, 220), mask)
    out = letter(picture, mask, Lettering("Good morning", free=(0.2, 0.1, 0.1, 0.1)))
    rows, columns = np.nonzero(changed(picture, out))
    assert rows.min() >= 120 and columns.min() >= 60


@pytest.mark.parametrize(("ground", "ink"), [((235, 235, 235), DARK), ((20, 24, 30), LIGHT)])
def test_ink_is_chosen_against_the_ground(ground, ink):
    mask = product()
    picture = plain(ground, mask)
    out = letter(picture, mask, Lettering("Good morning"))
    assert (out == ink).all(axis=2).sum() > 200


def test_a_restless_ground_is_veiled_and_the_product_is_not():
    mask = product()
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    out = letter(noise, mask, Lettering("Good morning"))
    assert changed(noise, out).mean() > 0.1
    assert_image_equal(out[mask > 0], noise[mask > 0])


words = st.text(st.sampled_from("abcdefgh ÄÖüßé"), min_size=1, max_size=110).filter(str.strip)


@settings(max_examples=40)
@given(words, st.integers(300, 900), st.integers(300, 900), st.sampled_from(["", "Shop now"]))
def test_whatever_is_set_never_touches_the_product(text, height, width, button):
    mask = product(height, width, (width // 3, height // 2, width // 3, height // 3))
    picture = plain((200, 210, 190), mask)
    try:
        out = letter(picture, mask, Lettering(text, button))
    except InvalidRequest as refused:
        assert "no room" in str(refused)
    else:
        assert_image_equal(out[mask > 0], picture[mask > 0])
        assert changed(picture, out).any()


@pytest.mark.parametrize("text", ["A", "Good morning sunshine", "one two three four " * 6])
def test_no_word_is_lost_and_every_line_fits(text):
    setting = largest_setting(Words(text), 300, 200, 8, 120, "")
    assert " ".join(setting.lines) == " ".join(text.split())
    assert all(font("", setting.size).getlength(line) <= 300 for line in setting.lines)
    assert setting.height <= 200
    larger = largest_setting(Words(text), 300, 200, setting.size + 1, 120, "")
    assert larger is None


def test_lines_are_even():
    setting = largest_setting(Words("Summer, in focus"), 350, 300, 72, 72, "")
    assert setting.lines == ("Summer,", "in focus")


def test_what_cannot_be_read_at_any_size_is_refused_instead_of_cut():
    mask = product(200, 200, (10, 10, 180, 180))
    with pytest.raises(InvalidRequest, match="no room beside the product"):
        letter(plain((255, 255, 255), mask), mask, Lettering("Far too many words for this"))


def test_a_button_and_a_logo_are_set_with_the_headline():
    mask = product()
    picture = plain((235, 235, 235), mask)
    logo = np.full((20, 60, 4), (250, 0, 200, 255), np.uint8)
    out = letter(picture, mask, Lettering("Good morning", "Shop now", logo))
    assert ((out == (250, 0, 200)).all(axis=2)).sum() > 500
    pill = (out == DARK).all(axis=2).sum(axis=1)
    assert pill.max() > 60


def test_a_character_that_the_font_lacks_is_named():
    check_characters("Grüße, 100 %", "", "lettering.headline")
    with pytest.raises(InvalidRequest, match="CYCLORAMA_FINISHING_FONT"):
        check_characters("日本", "", "lettering.headline")
    with pytest.raises(InvalidRequest, match=r"holds U\+001B, which"):
        check_characters("\x1b[31m", "", "lettering.headline")


@pytest.mark.parametrize("text", ["\x00", "   ", "\u200b"])
def test_what_shows_nothing_is_told(text):
    with pytest.raises(InvalidRequest, match="has nothing to be seen"):
        check_characters(text, "", "lettering.headline")


def test_a_font_that_is_none_ends_the_process_with_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "font.ttf").write_text("no font")
    monkeypatch.setenv("CYCLORAMA_FINISHING_FONT", str(tmp_path / "font.ttf"))
    with pytest.raises(SystemExit, match=r"CYCLORAMA_FINISHING_FONT=.* is no font file"):
        Settings.from_environment()
