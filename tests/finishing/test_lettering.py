"""Lettering next to the product: never cut, never over it, always readable."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.finishing.engine import Lettering
from services.finishing.engines import FinishingSettings
from services.finishing.engines.pillow.fonts import check_characters, open_operator_font
from services.finishing.engines.pillow.lettering import draw_lettering
from services.finishing.engines.pillow.text_contrast import (
    DARK,
    LIGHT,
    compute_contrast,
    ensure_contrast,
)
from services.finishing.engines.pillow.text_places import choose_place
from services.finishing.engines.pillow.typesetting import LayoutContent, find_largest_layout
from services.runtime.errors import InvalidRequest
from tests.support.fonts import rewrite_font
from tests.support.pictures import assert_image_equal

FONT = open_operator_font("")


def draw_mask(height=600, width=600, box=(200, 250, 200, 300)):
    """The alpha of a product: an opaque box of x, y, width, height."""
    mask = np.zeros((height, width), np.uint8)
    x, y, across, down = box
    mask[y : y + down, x : x + across] = 255
    return mask


def fill_picture(color, mask):
    return np.full((*mask.shape, 3), color, np.uint8)


def draw_text(picture, mask, lettering):
    """Draws lettering in the default font."""
    return draw_lettering(picture, mask, lettering, FONT).pixels


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
    layout = find_largest_layout(LayoutContent(text), 300, 200, 8, 120, FONT)
    assert " ".join(layout.lines) == " ".join(text.split())
    assert all(FONT.at_size(layout.size).getlength(line) <= 300 for line in layout.lines)
    assert layout.height <= 200
    larger = find_largest_layout(LayoutContent(text), 300, 200, layout.size + 1, 120, FONT)
    assert larger is None


def test_lines_are_broken_evenly():
    layout = find_largest_layout(LayoutContent("Summer, in focus"), 350, 300, 72, 72, FONT)
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
    check_characters("Grüße, 100 %", FONT, "lettering.headline")
    with pytest.raises(InvalidRequest, match="Inter Bold lacks"):
        check_characters("日本", FONT, "lettering.headline")
    with pytest.raises(InvalidRequest, match=r"contains U\+001B, which"):
        check_characters("\x1b[31m", FONT, "lettering.headline")


@pytest.mark.parametrize("text", ["   ", "\u200b"])
def test_text_without_visible_characters_is_rejected(text):
    with pytest.raises(InvalidRequest, match="has nothing to be seen"):
        check_characters(text, FONT, "lettering.headline")


def test_an_invalid_font_file_ends_the_process_with_a_message(monkeypatch, tmp_path):
    (tmp_path / "font.ttf").write_text("no font")
    monkeypatch.setenv("CYCLORAMA_FINISHING_FONT", str(tmp_path / "font.ttf"))
    with pytest.raises(SystemExit, match=r"CYCLORAMA_FINISHING_FONT=.* is no font file"):
        FinishingSettings.from_environment()


ANCHORS = {
    "top": (0, 0.5),
    "bottom": (1, 0.5),
    "left": (0.5, 0),
    "right": (0.5, 1),
    "top_left": (0, 0),
    "top_right": (0, 1),
    "bottom_left": (1, 0),
    "bottom_right": (1, 1),
}


@pytest.mark.parametrize("anchor", ANCHORS)
def test_lettering_is_at_its_anchor_inside_the_margins_and_off_the_product(anchor):
    mask = draw_mask(box=(200, 200, 200, 200))
    picture = fill_picture((230, 225, 220), mask)
    out = draw_text(picture, mask, Lettering("Good morning", "Shop now", anchor=anchor))
    rows, columns = np.nonzero(find_changes(picture, out))
    assert rows.min() >= 30 and rows.max() < 570
    assert columns.min() >= 30 and columns.max() < 570
    down, across = ANCHORS[anchor]
    # Free pixels above and left of the lettering, as shares of all that are free.
    above, left = rows.min() - 30, columns.min() - 30
    free_rows, free_columns = above + 569 - rows.max(), left + 569 - columns.max()
    assert above == pytest.approx(down * free_rows, abs=20)
    assert left == pytest.approx(across * free_columns, abs=6)
    assert not find_changes(picture, out)[200:400, 200:400].any()


def test_a_size_is_kept_where_it_fits_and_reported_where_it_does_not():
    mask = draw_mask(box=(200, 250, 200, 300))
    picture = fill_picture((230, 225, 220), mask)
    small = draw_lettering(picture, mask, Lettering("Good", size=0.08), FONT)
    assert small.place.layout.size == 48 and small.warnings == ()
    large = draw_lettering(picture, mask, Lettering("Good morning to you", size=0.4), FONT)
    assert large.place.layout.size < 240
    (warning,) = large.warnings
    assert warning.reason == "LETTERING_REDUCED" and "instead of 240" in warning.message


@pytest.mark.parametrize(
    ("height", "width", "product"),
    [
        (1080, 1080, (90, 300, 500, 700)),
        (1920, 1080, (300, 800, 500, 900)),
        (628, 1200, (100, 60, 500, 540)),
        (1350, 1080, (40, 500, 620, 800)),
        (250, 970, (20, 20, 220, 210)),
    ],
)
@pytest.mark.parametrize("button", ["", "Купить сейчас"])
def test_a_headline_keeps_its_line_breaks_and_is_smaller_instead(height, width, product, button):
    words = "Мягкая кожа,\nлёгкий шаг"  # noqa: RUF001
    place = choose_place(draw_mask(height, width, product), Lettering(words, button), FONT)
    assert place.layout.lines == tuple(words.splitlines())


def test_a_headline_gets_more_line_breaks_only_where_it_fits_at_no_size_without():
    content = LayoutContent("One two three four\nfive six")
    kept = find_largest_layout(content, 300, 400, 8, 60, FONT)
    wrapped = find_largest_layout(content, 300, 400, 60, 60, FONT)
    assert kept.keeps_breaks and len(kept.lines) == 2 and kept.size < 60
    assert not wrapped.keeps_breaks and len(wrapped.lines) > 2


def test_line_breaks_of_a_headline_stay():
    layout = find_largest_layout(LayoutContent("One\n\ntwo three\nfour"), 500, 400, 8, 60, FONT)
    assert layout.lines == ("One", "two three", "four")


@pytest.mark.parametrize("color", [(255, 0, 0), (128, 128, 128), (250, 240, 80), (20, 30, 90)])
def test_a_chosen_color_is_readable_on_any_ground(color):
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    for size in (12, 60):
        ground = ensure_contrast(noise, (100, 100, 300, 80), size, color)
        veiled, ink = ground.pixels, ground.ink
        assert ink == color
        ground = veiled[100:180, 100:400].reshape(-1, 3)
        contrasts = [compute_contrast(color, tuple(each)) for each in ground[::97]]
        assert np.percentile(contrasts, 10) >= 4.5


def test_a_veil_is_reported_and_left_out_on_request():
    mask = draw_mask()
    picture = fill_picture((127, 183, 190), mask)
    white = Lettering("Hello", color=LIGHT)
    drawn = draw_lettering(picture, mask, white, FONT)
    assert drawn.veil > 0 and [each.reason for each in drawn.warnings] == ["LETTERING_VEILED"]
    plain = draw_lettering(picture, mask, replace(white, without_veil=True), FONT)
    assert plain.veil == 0 and plain.warnings == ()
    around = np.ones(mask.shape, bool)
    x, y, width, height = plain.place.box
    around[y : y + height, x : x + width] = False
    assert not find_changes(picture, plain.pixels)[around].any()
    assert find_changes(picture, drawn.pixels)[around].any()


def test_a_button_has_its_own_color_and_text_that_contrasts_with_it():
    mask = draw_mask()
    picture = fill_picture((235, 235, 235), mask)
    lettering = Lettering("Hello", "Shop", color=(150, 0, 0), button_color=(250, 220, 60))
    drawn = draw_lettering(picture, mask, lettering, FONT)
    for color in ((150, 0, 0), (250, 220, 60), DARK):
        assert (drawn.pixels == color).all(axis=2).sum() > 100
    assert [line.color for line in drawn.lines] == [(150, 0, 0), DARK]


def test_a_font_that_restricts_embedding_gets_a_warning():
    mask = draw_mask()
    lettering = Lettering("Hello", font_file=rewrite_font(rights=2))
    drawn = draw_lettering(fill_picture((235, 235, 235), mask), mask, lettering, FONT)
    assert [warning.reason for warning in drawn.warnings] == ["FONT_RESTRICTED"]
    assert drawn.font == "EB Garamond SemiBold"


def test_a_banner_has_logo_headline_and_button_next_to_each_other():
    mask = draw_mask(90, 728, (560, 10, 60, 70))
    picture = fill_picture((235, 235, 235), mask)
    logo = np.full((20, 60, 4), (250, 0, 200, 255), np.uint8)
    lettering = Lettering("Good morning", "Shop now", logo, button_color=(0, 120, 60))
    drawn = draw_lettering(picture, mask, lettering, FONT)
    assert drawn.place.layout.is_row and drawn.place.layout.size >= 25
    columns = [
        np.nonzero((drawn.pixels == color).all(axis=2))[1]
        for color in ((250, 0, 200), DARK, (0, 120, 60))
    ]
    for left, right in pairwise(columns):
        assert left.max() < right.min()
    column = find_largest_layout(
        LayoutContent("Good morning", "Shop now", 3.0), 500, 80, 9, 60, FONT
    )
    assert column.size < drawn.place.layout.size
