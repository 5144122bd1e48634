"""Lettering next to the product: never cut, never over it, always readable."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.finishing.engine import Lettering
from services.finishing.engines import FinishingSettings
from services.finishing.engines.pillow.fonts import check_characters, open_named_font
from services.finishing.engines.pillow.lettering import choose_typefaces, draw_lettering
from services.finishing.engines.pillow.text_contrast import (
    DARK,
    LIGHT,
    compute_contrast,
)
from services.finishing.engines.pillow.text_places import choose_place, list_sizes, measure_gap
from services.finishing.engines.pillow.text_veil import VeiledText, ensure_contrast
from services.imaging.product import find_product_box
from services.runtime.errors import InvalidRequest
from tests.support.fonts import rewrite_font
from tests.support.pictures import assert_image_equal

FONT = open_named_font("inter-bold")


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


def find_place(picture, mask, lettering):
    """Chooses the place of lettering in the default font."""
    return choose_place(picture, mask, lettering, choose_typefaces(lettering, FONT))


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
    mask = draw_mask()
    place = find_place(fill_picture((200, 200, 200), mask), mask, Lettering(text))
    assert " ".join(place.layout.lines) == " ".join(text.split())
    face, size = place.content.faces.headline, place.layout.size
    assert all(face.measure(line, size) <= place.box[2] for line in place.layout.lines)
    x, y, width, height = place.box
    assert x >= 30 and y >= 30 and x + width <= 570 and y + height <= 570


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
    mask = draw_mask(height, width, product)
    picture = fill_picture((230, 225, 220), mask)
    place = find_place(picture, mask, Lettering(words, button))
    assert place.layout.lines == tuple(words.splitlines())


def test_a_headline_gets_more_line_breaks_only_where_it_fits_at_no_size_without():
    mask, words = draw_mask(box=(250, 100, 300, 480)), "One two three four\nfive six"
    picture = fill_picture((230, 225, 220), mask)
    kept = find_place(picture, mask, Lettering(words, anchor="left"))
    narrow = draw_mask(box=(150, 100, 400, 480))
    wrapped = find_place(picture, narrow, Lettering(words, anchor="left"))
    assert kept.layout.lines == tuple(words.splitlines())
    assert len(wrapped.layout.lines) > 2


@pytest.mark.parametrize("color", [(255, 0, 0), (128, 128, 128), (250, 240, 80), (20, 30, 90)])
def test_a_chosen_color_is_readable_on_any_ground(color):
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    for size in (12, 60):
        text = VeiledText([(100, 100, 300, 80)], size, "top", color=color)
        ground = ensure_contrast(noise, draw_mask(), text)
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
    assert drawn.place.box[3] < 90


def draw_room():
    """A wall and a table, with lemons on its left where words would usually be in a wide ad."""
    room = np.full((628, 1200, 3), (150, 160, 158), np.uint8)
    room[330:] = (176, 128, 88)
    cv2.circle(room, (130, 330), 90, (225, 190, 40), cv2.FILLED)
    return room, draw_mask(628, 1200, (760, 120, 260, 440))


def test_words_keep_off_props():
    room, mask = draw_room()
    for words in (Lettering("Time worth keeping", "Shop now"), Lettering("Sundays")):
        x, y, width, height = find_place(room, mask, words).box
        assert not (x < 220 and y < 420 and y + height > 240), (x, y, width, height)


def test_words_stay_as_they_are_while_the_product_moves_a_little():
    rows = np.linspace(150, 220, 450)[:, None, None]
    picture = np.broadcast_to(rows, (450, 450, 3)).astype(np.uint8)
    words = Lettering("Ice cold since 1898", "Order today")
    places = [
        find_place(picture, draw_mask(450, 450, (165 + x, 225 + y, 120, 200)), words)
        for x, y in [(0, 0), (-20, 5), (45, -10), (75, 15)]
    ]
    assert len({(place.box, place.layout.lines) for place in places}) == 1


def test_words_of_an_earlier_version_stay_where_and_as_large_as_they_were():
    picture = np.full((600, 600, 3), (200, 205, 210), np.uint8)
    words = Lettering("Evenings, softened", "Order today")
    tight, roomy = draw_mask(box=(150, 180, 260, 400)), draw_mask(box=(320, 330, 200, 250))
    before = find_place(picture, tight, words)
    kept = replace(words, earlier_box=before.box)
    after = find_place(picture, roomy, kept)
    assert find_place(picture, roomy, words).layout.size > before.layout.size
    assert (after.box, after.layout) == (before.box, before.layout)
    # Now the product is where they were.
    moved = find_place(picture, draw_mask(box=(200, 30, 180, 300)), kept)
    assert moved.box != before.box and moved.layout.size == before.layout.size


@pytest.mark.parametrize("box", [(-40, 30, 300, 90), (500, 560, 300, 90), (30, 30, 7, 9)])
def test_words_that_do_not_fill_an_earlier_box_are_placed_freely(box):
    mask = draw_mask()
    picture = fill_picture((230, 225, 220), mask)
    words = Lettering("Good morning")
    other = find_place(picture, mask, replace(words, earlier_box=box))
    assert other.box == find_place(picture, mask, words).box


def test_sizes_are_steps_of_a_scale():
    sizes = list_sizes(Lettering("Hello"), 1080, 1080)
    assert sizes[0] == 120 and sizes[6] == 60 and sizes[-1] >= 1080 / 34
    assert all(1.1 < larger / smaller < 1.15 for larger, smaller in pairwise(sizes))


def test_a_veil_fades_from_the_edge_in_the_colors_of_the_scene():
    rng = np.random.default_rng(1)
    scene = np.clip(rng.normal(0, 60, (600, 600, 1)) + np.array((180, 110, 60)), 0, 255).astype(
        np.uint8
    )
    mask = draw_mask(box=(200, 330, 200, 250))
    drawn = draw_lettering(scene, mask, Lettering("Hello", anchor="top"), FONT)
    assert drawn.veil > 0
    left = drawn.pixels[:, :60].astype(float)
    spread = left.std(axis=(1, 2)) / scene[:, :60].std(axis=(1, 2))
    # As strong along the edge as behind the words, none at the other end, and many rows between.
    assert spread[:100].max() < 0.9 and spread[-100:].min() > 0.99
    least = spread[:100].mean()
    between = (spread > 0.9 * least + 0.1) & (spread < 0.1 * least + 0.9)
    assert np.count_nonzero(between) > 60
    red, green, blue = left[:100].mean(axis=(0, 1))
    assert red > green > blue


def test_a_pale_scene_with_a_dark_part_behind_the_words_stays_pale():
    scene = np.full((600, 600, 3), (236, 200, 160), np.uint8)
    scene[:200, :190] = (50, 50, 36)
    text = VeiledText([(100, 60, 400, 60)], 60, "top")
    ground = ensure_contrast(scene, draw_mask(box=(200, 330, 200, 250)), text)
    assert ground.opacity > 0
    pale = ground.pixels[:120, 400:].astype(float) - scene[:120, 400:]
    assert np.abs(pale).mean() < 25


def test_the_soft_edge_of_a_product_has_the_veil_behind_it():
    mask = draw_mask()
    mask[240:250, 200:400] = 128
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    drawn = draw_lettering(noise, mask, Lettering("Good morning"), FONT)
    changed = find_changes(noise, drawn.pixels)
    assert not changed[mask == 255].any()
    assert changed[240:250, 200:400].mean() > 0.5


def test_a_logo_is_lower_than_a_line_and_a_button_smaller_than_the_headline():
    mask = draw_mask(1080, 1080, (360, 600, 360, 420))
    picture = fill_picture((235, 235, 235), mask)
    logo = np.full((100, 300, 4), (250, 0, 200, 255), np.uint8)
    drawn = draw_lettering(picture, mask, Lettering("Good morning", "Shop now", logo), FONT)
    rows = np.nonzero((drawn.pixels == (250, 0, 200)).all(axis=2).any(axis=1))[0]
    headline, button = drawn.lines
    assert np.ptp(rows) < drawn.place.layout.size
    assert button.capital_height < 0.6 * headline.capital_height
    # Room for the button's text: at least its capitals' height on each side.
    assert drawn.place.layout.parts[-1][1] > 3 * button.capital_height


@pytest.mark.parametrize(
    ("size", "box"),
    [((600, 300), (40, 300, 220, 250)), ((250, 300), (90, 110, 120, 130))],
)
def test_the_button_of_a_small_banner_has_letters_of_at_least_12_pixels(size, box):
    mask = np.zeros(size, np.uint8)
    mask[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = 255
    words = Lettering("Quiet evenings", "Order today")
    place = find_place(np.full((*size, 3), 200, np.uint8), mask, words)
    assert place.content.size_button(place.layout.size) >= 12


def test_a_small_banner_without_room_for_a_readable_button_has_none():
    mask = np.zeros((50, 320), np.uint8)
    mask[4:46, 110:300] = 255
    words = Lettering("Quiet evenings", "Order today and tomorrow")
    drawn = draw_lettering(np.full((50, 320, 3), 200, np.uint8), mask, words)
    assert [each.reason for each in drawn.warnings] == ["BUTTON_LEFT_OUT"]
    assert len(drawn.lines) == len(drawn.place.layout.lines)


@pytest.mark.parametrize("size", [(628, 1200), (900, 1600), (1080, 1080)])
def test_words_are_a_twentieth_of_the_shorter_side_away_from_the_product(size):
    mask = np.zeros(size, np.uint8)
    mask[size[0] // 2 : size[0] * 9 // 10, size[1] * 45 // 100 : size[1] * 9 // 10] = 255
    place = find_place(
        np.full((*size, 3), 200, np.uint8), mask, Lettering("Made for slow mornings")
    )
    assert measure_gap(place.box, find_product_box(mask)) >= 0.045 * min(size)
