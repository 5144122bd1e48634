"""What the studio understands of a prompt."""

import pytest

from services.studio.families import FAMILIES
from services.studio.prompt import Direction, Wishes, read

WORDS = {name: family.vocabulary for name, family in FAMILIES.items()}


def heard(prompt: str, negative: str = "") -> Direction:
    """Reads a prompt with the studio's own families."""
    return read(prompt, negative, WORDS)


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("on a marble table, soft morning light", "marble"),
        ("bright kitchen counter", "marble"),
        ("dark luxury, black and gold, dramatic rim light", "luxury"),
        ("elegant noir scene", "luxury"),
        ("pastel pink podium, minimal studio", "podium"),
        ("sage green studio, round podium, soft shadows", "podium"),
        ("warm beige set with leaf shadows", "sweep"),
        ("clean white e-commerce studio", "sweep"),
        ("deep navy background, moody", "sweep"),
        ("round marble podium in a studio", "podium"),
        ("wooden table in a garden, golden hour", "wood"),
        ("rustic oak planks outdoors", "wood"),
    ],
)
def test_the_words_choose_the_family(prompt, family):
    assert heard(prompt).family == family


def test_nothing_is_understood_of_nonsense():
    assert heard("asdf qwerty") == Direction(missed=("asdf", "qwerty"))


@pytest.mark.parametrize(
    "prompt", ["on a marbel tabel", "MARBLE!", "a marbles table", "marble-table"]
)
def test_slips_of_the_keyboard_are_forgiven(prompt):
    assert heard(prompt).family == "marble"


def test_a_word_that_is_only_a_little_like_a_known_one_is_left_alone():
    assert heard("bottle of perfume and a handbag").words == frozenset()


@pytest.mark.parametrize(
    ("prompt", "part", "color"),
    [
        ("sage green studio", "wall", (172, 188, 162)),
        ("terracotta paper", "surface", (196, 112, 80)),
        ("navy blue backdrop with copper accents", "accent", (190, 116, 80)),
        ("white studio, teal podium", "podium", (44, 124, 124)),
        ("lavender wall", "wall", (230, 230, 250)),
        ("lilac geometric studio", "wall", (204, 186, 220)),
        ("burgundy luxury", "wall", (110, 30, 46)),
    ],
)
def test_a_colour_belongs_to_the_part_after_it(prompt, part, color):
    assert heard(prompt).colors[part] == color


def test_loose_colours_go_to_the_wall_and_the_accents():
    colors = heard("luxury, black and gold").colors
    assert colors == {"wall": (24, 24, 26), "accent": (212, 170, 96)}


def test_pastel_lightens_and_deep_darkens():
    plain, pastel, deep = (
        sum(heard(f"{word} pink wall").colors["wall"]) for word in ("", "pastel", "deep")
    )
    assert deep < plain < pastel


@pytest.mark.parametrize(
    "prompt", ["gold watch on marble", "black leather shoes on marble", "face cream on marble"]
)
def test_the_colour_of_the_product_does_not_paint_the_set(prompt):
    assert heard(prompt).colors == {}


@pytest.mark.parametrize(
    ("prompt", "pitch"),
    [
        ("flat lay on linen", 90),
        ("marble, top view", 90),
        ("seen from above", 90),
        ("podium, high angle", 40),
        ("podium at 45 degrees", 40),
        ("podium at eye level", 5),
        ("podium", None),
    ],
)
def test_words_of_view_turn_the_camera(prompt, pitch):
    assert heard(prompt).pitch == pitch


@pytest.mark.parametrize(
    ("prompt", "wishes"),
    [
        ("soft morning light", Wishes(hard=False, kelvin=4700, low=True)),
        ("hard sunlight, palm shadow", Wishes(hard=True, gobo="palm")),
        ("beige set with leaf shadows", Wishes(gobo="leaves")),
        ("window light from the left", Wishes(azimuth=300, gobo="window")),
        ("backlit, moody", Wishes(azimuth=180, mood="dark")),
        ("golden hour", Wishes(kelvin=3900, low=True)),
        ("warm beige wall", Wishes()),
        ("warm light", Wishes(kelvin=4700)),
        ("bright and airy", Wishes(mood="bright")),
    ],
)
def test_words_of_light_set_the_light(prompt, wishes):
    assert heard(prompt).light == wishes


@pytest.mark.parametrize(
    ("prompt", "negative", "avoid"),
    [
        ("podium, no plants", "", {"plants"}),
        ("podium without props or shadows", "", {"props", "shadows"}),
        ("podium", "plants, blurry, people", {"plants"}),
        ("podium with plants", "", set()),
    ],
)
def test_what_is_not_wanted_stays_out(prompt, negative, avoid):
    assert heard(prompt, negative).avoid == avoid


def test_a_negation_ends_at_the_next_pause():
    assert heard("no props, marble table").family == "marble"


def test_a_denied_pattern_is_not_thrown():
    assert heard("leaf shadows on a wall", negative="leaf").light.gobo is None


@pytest.mark.parametrize(
    ("prompt", "missed"),
    [
        ("a frobnicated bottle on a marble table", ("frobnicated", "bottle")),
        ("podium with a llama, by the sea", ("llama", "sea")),
        ("on a marbel tabel, soft morning light", ()),
    ],
)
def test_what_was_not_understood_or_has_no_place_in_the_set_is_told(prompt, missed):
    direction = heard(prompt)
    assert direction.missed == missed
    assert direction.told()["not_understood"] == list(missed)


@pytest.mark.parametrize(
    ("prompt", "view", "blur"),
    [
        ("marble table, 85mm, shallow depth of field", 17, 1.8),
        ("beach, wide angle", 36, 1),
        ("podium, deep focus", None, 0.25),
    ],
)
def test_words_of_the_lens_set_its_angle_and_its_blur(prompt, view, blur):
    direction = heard(prompt)
    assert (direction.view, direction.blur) == (view, blur)


def test_what_was_understood_is_told_in_plain_values():
    told = heard("sage green studio, hard light, no props").told()
    assert told["colors"] == {"wall": "#acbca2"}
    assert told["light"] == {"hard": True}
    assert told["avoid"] == ["props"]
    assert {"studio", "sage green", "no props"} <= set(told["understood"])
