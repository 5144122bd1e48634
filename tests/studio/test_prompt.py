"""Reading prompts: families, colors, light, camera, excluded things and unknown words."""

import pytest

from services.studio.families import FAMILIES
from services.studio.prompt import LightOptions, PromptReading, read_scene_prompt

WORDS = {name: family.vocabulary for name, family in FAMILIES.items()}


def read_words(prompt: str, negative: str = "") -> PromptReading:
    """Reads a prompt with the studio's own families."""
    return read_scene_prompt(prompt, negative, WORDS)


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
def test_words_choose_the_family(prompt, family):
    assert read_words(prompt).family == family


def test_nonsense_words_are_reported_as_unknown():
    assert read_words("asdf qwerty") == PromptReading(unknown_words=("asdf", "qwerty"))


@pytest.mark.parametrize(
    "prompt", ["on a marbel tabel", "MARBLE!", "a marbles table", "marble-table"]
)
def test_misspelled_words_are_corrected(prompt):
    assert read_words(prompt).family == "marble"


def test_words_only_vaguely_like_known_ones_are_not_corrected():
    assert read_words("bottle of perfume and a handbag").known_words == frozenset()


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
def test_a_color_applies_to_the_part_named_after_it(prompt, part, color):
    assert read_words(prompt).colors[part] == color


def test_colors_without_a_part_go_to_the_wall_and_then_the_accents():
    colors = read_words("luxury, black and gold").colors
    assert colors == {"wall": (24, 24, 26), "accent": (212, 170, 96)}


def test_pastel_lightens_and_deep_darkens():
    plain, pastel, deep = (
        sum(read_words(f"{word} pink wall").colors["wall"]) for word in ("", "pastel", "deep")
    )
    assert deep < plain < pastel


@pytest.mark.parametrize(
    "prompt", ["gold watch on marble", "black leather shoes on marble", "face cream on marble"]
)
def test_the_color_of_the_product_does_not_color_the_set(prompt):
    assert read_words(prompt).colors == {}


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
def test_words_of_view_set_the_camera_pitch(prompt, pitch):
    assert read_words(prompt).pitch == pitch


@pytest.mark.parametrize(
    ("prompt", "light"),
    [
        ("soft morning light", LightOptions(hard=False, kelvin=4700, low=True)),
        ("hard sunlight, palm shadow", LightOptions(hard=True, gobo="palm")),
        ("beige set with leaf shadows", LightOptions(gobo="leaves")),
        ("window light from the left", LightOptions(azimuth=300, gobo="window")),
        ("backlit, moody", LightOptions(azimuth=180, mood="dark")),
        ("golden hour", LightOptions(kelvin=3900, low=True)),
        ("warm beige wall", LightOptions()),
        ("warm light", LightOptions(kelvin=4700)),
        ("bright and airy", LightOptions(mood="bright")),
    ],
)
def test_words_of_light_set_the_light(prompt, light):
    assert read_words(prompt).light == light


@pytest.mark.parametrize(
    ("prompt", "negative", "excluded"),
    [
        ("podium, no plants", "", {"plants"}),
        ("podium without props or shadows", "", {"props", "shadows"}),
        ("podium", "plants, blurry, people", {"plants"}),
        ("podium with plants", "", set()),
    ],
)
def test_negated_things_are_excluded(prompt, negative, excluded):
    assert read_words(prompt, negative).excluded == excluded


def test_a_negation_ends_at_the_next_pause():
    assert read_words("no props, marble table").family == "marble"


def test_a_negated_shadow_pattern_is_not_used():
    assert read_words("leaf shadows on a wall", negative="leaf").light.gobo is None


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a frobnicated bottle on a marble table", ("frobnicated", "bottle")),
        ("podium with a llama, by the sea", ("llama", "sea")),
        ("on a marbel tabel, soft morning light", ()),
    ],
)
def test_words_without_meaning_to_the_set_are_reported_as_unknown(prompt, unknown):
    reading = read_words(prompt)
    assert reading.unknown_words == unknown
    assert reading.to_parameters()["not_understood"] == list(unknown)


@pytest.mark.parametrize(
    ("prompt", "view_angle", "blur_factor"),
    [
        ("marble table, 85mm, shallow depth of field", 17, 1.8),
        ("beach, wide angle", 36, 1),
        ("podium, deep focus", None, 0.25),
    ],
)
def test_words_of_the_lens_set_view_angle_and_blur(prompt, view_angle, blur_factor):
    reading = read_words(prompt)
    assert (reading.view_angle, reading.blur_factor) == (view_angle, blur_factor)


def test_a_reading_converts_to_plain_json_values():
    parameters = read_words("sage green studio, hard light, no props").to_parameters()
    assert parameters["colors"] == {"wall": "#acbca2"}
    assert parameters["light"] == {"hard": True}
    assert parameters["avoid"] == ["props"]
    assert {"studio", "sage green", "no props"} <= set(parameters["understood"])
