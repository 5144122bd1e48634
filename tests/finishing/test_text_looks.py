"""The looks of lettering: they differ, are readable, and never crowd out the product."""

import numpy as np
import pytest

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.button_color import choose_button_color
from services.finishing.engines.pillow.lettering import draw_lettering
from services.finishing.engines.pillow.offers import split_offer
from services.finishing.engines.pillow.text_contrast import compute_contrast
from services.finishing.engines.pillow.text_styles import TEXT_STYLES
from services.finishing.quality.lettering import measure_contrast
from services.imaging.color import lab_from_srgb
from tests.finishing.test_lettering import draw_mask, fill_picture, find_changes

GROUND, TEAL = (226, 214, 196), (20, 120, 140)
WORDS = Lettering("Run your own way", "Shop the drop")


def draw_look(look, words=WORDS, height=720, width=720, ground=GROUND):
    """Draws lettering of a look above a teal product."""
    mask = draw_mask(height, width, (width // 3, height // 2, width // 3, height // 3))
    picture = fill_picture(ground, mask)
    picture[mask > 0] = TEAL
    lettering = Lettering(words.headline, words.button, look=look, button_color=words.button_color)
    return picture, draw_lettering(picture, mask, lettering)


def test_the_looks_differ_in_font_and_picture():
    pictures = {look: draw_look(look) for look in TEXT_STYLES}
    assert len({drawn.font for _, drawn in pictures.values()}) == len(TEXT_STYLES)
    changes = [find_changes(picture, drawn.pixels) for picture, drawn in pictures.values()]
    for index, one in enumerate(changes):
        for other in changes[index + 1 :]:
            assert (one ^ other).sum() > 0.5 * min(one.sum(), other.sum())


@pytest.mark.parametrize("look", TEXT_STYLES)
@pytest.mark.parametrize("ground", [GROUND, (24, 26, 30), (120, 120, 118)])
def test_every_line_of_every_look_can_be_read(look, ground):
    _, drawn = draw_look(look, ground=ground)
    for line in drawn.lines:
        assert measure_contrast(np.zeros_like(drawn.pixels), drawn.pixels, line) >= 4.5


@pytest.mark.parametrize("look", TEXT_STYLES)
@pytest.mark.parametrize(("height", "width"), [(1024, 1024), (1350, 1080), (1920, 1080)])
def test_a_button_takes_at_most_a_third_of_the_width_and_is_as_large_everywhere(
    look, height, width
):
    sizes = set()
    for headline in ("Hi", "Run your own way", "A long headline of many words about this product"):
        words = Lettering(headline, "Discover the collection")
        _, drawn = draw_look(look, words, height, width)
        sizes.add(drawn.place.layout.parts[-1])
    ((across, _),) = sizes
    assert across <= 0.36 * width
    _, short = draw_look(look, WORDS, height, width)
    assert short.place.layout.parts[-1][0] <= 0.285 * width


def test_a_button_has_the_color_of_the_product():
    picture, drawn = draw_look("modern")
    x, y, width, _ = drawn.lines[-1].box
    fill = drawn.pixels[y - 4, x + width // 2]
    _, *hue = lab_from_srgb(np.array([[TEAL]], np.uint8))[0, 0]
    _, *found = lab_from_srgb(fill[None, None])[0, 0]
    assert np.dot(hue, found) / np.hypot(*hue) / np.hypot(*found) > 0.95
    assert compute_contrast(tuple(map(int, fill)), GROUND) >= 3
    assert picture.shape == drawn.pixels.shape


def test_a_gray_product_in_a_gray_scene_has_a_button_in_the_color_of_its_text():
    picture = np.full((100, 100, 3), 128, np.uint8)
    mask = draw_mask(100, 100, (30, 30, 40, 40))
    assert choose_button_color(picture, mask, picture, (255, 255, 255)) == (255, 255, 255)


@pytest.mark.parametrize("look", ["editorial", "light"])
def test_a_color_of_the_callers_fills_the_button_of_every_look(look):
    words = Lettering("Run", "Shop", button_color=(250, 220, 60))
    _, drawn = draw_look(look, words)
    assert (drawn.pixels == (250, 220, 60)).all(axis=2).sum() > 1000


@pytest.mark.parametrize(
    ("headline", "claim", "offer"),
    [
        (
            "Evenings, softened\nFree shipping this week",
            "Evenings, softened",
            "Free shipping this week",
        ),
        ("Made for\nslow mornings", "Made for\nslow mornings", ""),
        ("Für dich\nJetzt 20 % sparen", "Für dich", "Jetzt 20 % sparen"),
        ("It is here.\nMeet the new one", "It is here.", "Meet the new one"),
        ("Sommer\n\nneu im Laden", "Sommer", "neu im Laden"),
        ("50 % off\nall shoes", "50 % off\nall shoes", ""),
    ],
)
def test_the_offer_of_a_headline_is_set_apart(headline, claim, offer):
    assert split_offer(headline) == (claim, offer)


def test_an_offer_is_smaller_than_the_claim():
    words = Lettering("Evenings, softened\n20 % off this week", "Shop")
    _, drawn = draw_look("modern", words)
    heights = [line.capital_height for line in drawn.lines]
    assert heights[1] < 0.6 * heights[0] and len(heights) == 3


def test_capitals_keep_greek_accents_and_the_turkish_i():
    for text in ("Καλημέρα", "Işık"):  # noqa: RUF001
        _, drawn = draw_look("poster", Lettering(text))
        assert drawn.place.layout.lines == (text,)
    _, drawn = draw_look("poster", Lettering("Straße"))
    assert drawn.place.layout.lines == ("STRASSE",)
