"""Result files are named by photo, scene and size, and by nothing else of their texts."""

import pytest

from cyclorama.result_names import name_results
from tests.support.hostile import HOSTILE


def name_one(photo: str, prompt: str, size: tuple[int, int] = (64, 32)) -> str:
    """Returns the name of a campaign's only ad."""
    return next(name_results([(photo, prompt, size)]))


@pytest.mark.parametrize(
    ("photo", "prompt", "name"),
    [
        ("shots/Red Bottle.png", "On a marble table!", "Red-Bottle_on-a-marble-table_64x32"),
        ("C:\\shots\\IMG_0042.JPG", "dark", "IMG-0042_dark_64x32"),
        ("cre\u0300me.png", "香水", "cr\u00e8me_香水_64x32"),
        ("...", "?", "photo_scene_64x32"),
    ],
)
def test_a_name_has_the_words_of_photo_and_scene(photo, prompt, name):
    assert name_one(photo, prompt) == name


def test_equal_names_are_numbered_in_order_whatever_their_case():
    ads = [("a.png", "x", (1, 2)), ("A.jpg", "x", (1, 2)), ("a.png", "x", (2, 1))]
    assert list(name_results([*ads, ads[0]])) == ["a_x_1x2", "A_x_2_1x2", "a_x_2x1", "a_x_3_1x2"]


def test_a_long_scene_ends_after_a_word():
    name = name_one("a.png", "a very long sentence about a marble table in the morning light")
    assert name == "a_a-very-long-sentence-about-a-marble-table-in-the_64x32"


@pytest.mark.parametrize(
    "words", [*HOSTILE, "x" * 3000, "水" * 3000], ids=lambda text: ascii(text)[:30]
)
def test_a_name_is_one_that_every_file_system_takes(words):
    name = name_one(words, words)
    assert not set(name) & set('/\\:*?"<>|\0\n') and not name.startswith(".")
    assert len(name.encode()) <= 240 and name.endswith("64x32") and name.isprintable()
