"""Lettering next to the product: never cut, never over it, always readable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.finishing.engine import Lettering
from services.finishing.engines import FinishingSettings
from services.finishing.engines.pillow.lettering import DARK, LIGHT, draw_lettering
from services.finishing.engines.pillow.typesetting import (
    LayoutContent,
    check_characters,
    find_largest_layout,
    load_font,
)
from services.runtime.errors import InvalidRequest
from tests.support.pictures import assert_image_equal


def draw_mask(height=600, width=600, box=(200, 250, 200, 300)):
    """The alpha of a product: an opaque box of x, y, width, height."""
    mask = np.zeros((height, width), np.uint8)
    x, y, across, down = box
    mask[y : y + down, x : x + across] = 255
    return mask


def fill_picture(color, mask):
    return np.full((*mask.shape, 3), color, np.uint8)


def draw_text(picture, mask, lettering):
    """Draws lettering in Lato Bold."""
    return draw_lettering(picture, mask, lettering, "")


def find_changes(picture, out):
    return (picture != out).any(axis=2)


def test_lettering_is_in_the_largest_free_box_and_keeps_its_margins():
    mask = draw_mask()
    picture = fill_picture((230, 225, 220), mask)
    rows, columns = np.nonzero(
        find_changes(picture, draw_text(picture, mask, Lettering("Good morning")))
    )
    assert rows.max() < 250 and rows.min() >= 30
    assert columns.min() >= 30 and columns.max() < 570


def test_margins_stay_free():
    mask = draw_mask()
    picture = fill_picture((230, 225, 220), mask)
    out = draw_text(picture, mask, Lettering("Good morning", margins=(0.2, 0.1, 0.1, 0.1)))
    rows, columns = np.nonzero(find_changes(picture, out))
    assert rows.min() >= 120 and columns.min() >= 60


@pytest.mark.parametrize(("ground", "ink"), [((235, 235, 235), DARK), ((20, 24, 30), LIGHT)])
def test_text_is_dark_on_light_ground_and_light_on_dark_ground(ground, ink):
    mask = draw_mask()
    picture = fill_picture(ground, mask)
    out = draw_text(picture, mask, Lettering("Good morning"))
    assert (out == ink).all(axis=2).sum() > 200


def test_a_noisy_ground_is_veiled_and_the_product_is_not():
    mask = draw_mask()
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    out = draw_text(noise, mask, Lettering("Good morning"))
    assert find_changes(noise, out).mean() > 0.1
    assert_image_equal(out[mask > 0], noise[mask > 0])


words = st.text(st.sampled_from("abcdefgh ÄÖüßé"), min_size=1, max_size=110).filter(str.strip)


@pytest.mark.slow
@settings(max_examples=40)
@given(words, st.integers(300, 900), st.integers(300, 900), st.sampled_from(["", "Shop now"]))
def test_lettering_never_changes_the_product(text, height, width, button):
    mask = draw_mask(height, width, (width // 3, height // 2, width // 3, height // 3))
    picture = fill_picture((200, 210, 190), mask)
    try:
        out = draw_text(picture, mask, Lettering(text, button))
    except InvalidRequest as refused:
        assert "no room" in str(refused)
    else:
        assert_image_equal(out[mask > 0], picture[mask > 0])
        assert find_changes(picture, out).any()


@pytest.mark.parametrize("text", ["A", "Good morning sunshine", "one two three four " * 6])
def test_no_word_is_lost_and_every_line_fits(text):
    layout = find_largest_layout(LayoutContent(text), 300, 200, 8, 120, "")
    assert " ".join(layout.lines) == " ".join(text.split())
    assert all(load_font("", layout.size).getlength(line) <= 300 for line in layout.lines)
    assert layout.height <= 200
    larger = find_largest_layout(LayoutContent(text), 300, 200, layout.size + 1, 120, "")
    assert larger is None


def test_lines_are_broken_evenly():
    layout = find_largest_layout(LayoutContent("Summer, in focus"), 350, 300, 72, 72, "")
    assert layout.lines == ("Summer,", "in focus")


def test_text_that_fits_at_no_readable_size_is_rejected():
    mask = draw_mask(200, 200, (10, 10, 180, 180))
    with pytest.raises(InvalidRequest, match="no room next to the product"):
        draw_text(
            fill_picture((255, 255, 255), mask), mask, Lettering("Far too many words for this")
        )


def test_a_button_and_a_logo_are_drawn_with_the_headline():
    mask = draw_mask()
    picture = fill_picture((235, 235, 235), mask)
    logo = np.full((20, 60, 4), (250, 0, 200, 255), np.uint8)
    out = draw_text(picture, mask, Lettering("Good morning", "Shop now", logo))
    assert ((out == (250, 0, 200)).all(axis=2)).sum() > 500
    pill = (out == DARK).all(axis=2).sum(axis=1)
    assert pill.max() > 60


def test_characters_missing_from_the_font_are_rejected_by_name():
    check_characters("Grüße, 100 %", "", "lettering.headline")
    with pytest.raises(InvalidRequest, match="CYCLORAMA_FINISHING_FONT"):
        check_characters("日本", "", "lettering.headline")
    with pytest.raises(InvalidRequest, match=r"contains U\+001B, which"):
        check_characters("\x1b[31m", "", "lettering.headline")


@pytest.mark.parametrize("text", ["\x00", "   ", "\u200b"])
def test_text_without_visible_characters_is_rejected(text):
    with pytest.raises(InvalidRequest, match="has nothing to be seen"):
        check_characters(text, "", "lettering.headline")


def test_an_invalid_font_file_ends_the_process_with_a_message(monkeypatch, tmp_path):
    (tmp_path / "font.ttf").write_text("no font")
    monkeypatch.setenv("CYCLORAMA_FINISHING_FONT", str(tmp_path / "font.ttf"))
    with pytest.raises(SystemExit, match=r"CYCLORAMA_FINISHING_FONT=.* is no font file"):
        FinishingSettings.from_environment()
