"""Looks that no set shows are reported; those that it has anyway, and filler, are not."""

import pytest

from services.studio.briefs.reader import read_brief
from services.studio.briefs.tokens import remove_accents, split_phrase
from services.studio.briefs.vocabulary import load_vocabulary, load_words


def list_left_out(prompt: str) -> list[tuple[str, str]]:
    """Lists the words that a brief reports, each with the nearest offer."""
    return [(each.words, each.nearest) for each in read_brief(prompt).left_out]


def list_kinds(word: str) -> set[str]:
    """Lists the kinds of meanings of a word or phrase."""
    found = load_vocabulary().find_meanings(split_phrase(remove_accents(word)))
    return {meaning.kind for meaning in found}


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("garden with wet pebbles", ("wet pebbles", "pebbles")),
        ("oak, a cracked blue vase", ("cracked blue vase", "blue vase")),
        ("victorian living room", ("victorian living room", "living room")),
        ("japanese garden", ("japanese garden", "garden")),
        ("art deco kitchen", ("art deco kitchen", "kitchen")),
        ("striped wall, oak table", ("striped wall", "wall")),
        ("oak, an opaque bowl", ("opaque bowl", "bowl")),
        ("oak, an oval tray", ("oval tray", "tray")),
        ("garden with huge lemons", ("huge lemons", "lemons")),
        ("hundreds of balloons in a garden", ("hundreds of balloons", "balloons")),
        ("oak with peeled lemons", ("peeled lemons", "lemons")),
        ("marble, sepia", ("sepia", "")),
    ],
    ids=list(load_words("looks")),
)
def test_a_look_of_each_kind_is_reported_with_what_is_shown_without_it(
    prompt: str, left_out: tuple[str, str]
) -> None:
    assert list_left_out(prompt) == [left_out]


@pytest.mark.parametrize("kind", list(load_words("looks")))
def test_every_look_is_reported_where_nothing_has_it(kind: str) -> None:
    words = [word for word in load_words("looks")[kind]["words"] if list_kinds(word) == {"look"}]
    assert words
    assert {word for word, _ in list_left_out("cork, " + ", ".join(words))} == set(words)


@pytest.mark.parametrize("kind", list(load_words("filler")))
def test_filler_of_no_kind_is_reported(kind: str) -> None:
    words = [word for word in load_words("filler")[kind]["words"] if list_kinds(word) == {"filler"}]
    assert words
    assert not list_left_out("cork, " + ", ".join(words))


@pytest.mark.parametrize(
    "prompt",
    [
        "glossy black marble",
        "dry pebbles",
        "frozen splash, blue backdrop",
        "rolled towels in a bathroom",
        "japanese bathroom, hinoki wood tray",
        "industrial living room with a brick wall",
        "my vintage camera on oak",
        "marble, no cracked vase",
        "beautiful premium high quality stunning marble, for sale",
        "black and white tiles",
    ],
)
def test_looks_that_are_there_anyway_are_not_reported(prompt: str) -> None:
    assert not list_left_out(prompt)


def test_a_look_is_shown_by_some_nouns_only() -> None:
    assert not list_left_out("dry pebbles on oak")
    assert list_left_out("oak with dry lavender") == [("dry lavender", "lavender")]


def test_looks_next_to_each_other_are_reported_together() -> None:
    assert list_left_out("marble with a broken zorblax") == [("broken zorblax", "")]
    assert list_left_out("marble, rustic japanese mood") == [("rustic japanese", "")]


@pytest.mark.parametrize(
    ("prompt", "surface"),
    [
        ("wet asphalt", ("asphalt", "wet")),
        ("checkered floor", ("tiles", "checker")),
        ("gingham tablecloth", ("fabric", "checkered")),
        ("striped tablecloth", ("fabric", "striped")),
    ],
)
def test_surfaces_show_the_looks_that_they_have_kinds_for(
    prompt: str, surface: tuple[str, str]
) -> None:
    brief = read_brief(prompt)
    assert (brief.surface, brief.surface_kind) == surface
    assert not brief.left_out


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("nasse Steine mit roten Äpfeln", "nasse Steine"),
        ("auf einem Tisch, zerbrochene Vase", "zerbrochene Vase"),
        ("gestreifte Wand, Holztisch", "gestreifte Wand"),
        ("eine viktorianische Küche mit Zitronen", "viktorianische Küche"),
        ("mur rayé, table en bois", "mur rayé"),
        ("table en bois avec un vase cassé", "vase cassé"),
        ("une cuisine victorienne avec des citrons", "cuisine victorienne"),
        ("pared a rayas, mesa de madera", "pared a rayas"),
        ("mesa de madera con un jarrón roto", "jarrón roto"),
        ("una cocina victoriana con limones", "cocina victoriana"),
    ],
)
def test_looks_are_reported_in_every_language(prompt: str, left_out: str) -> None:
    assert [words for words, _ in list_left_out(prompt)] == [left_out]


def test_looks_name_only_what_exists() -> None:
    lists = {name: load_words(name) for name in ("things", "surfaces", "places")}
    keys = {key for entries in lists.values() for key in entries}
    for name in ("surfaces", "places"):
        for entry in lists[name].values():
            keys |= {*entry.get("kinds", ()), *entry.get("settings", ())}
    for entry in load_words("looks").values():
        for table in (entry.get("usual", {}), entry.get("carried", {})):
            assert set(table) <= set(entry["words"])
            assert {key for each in table.values() for key in each} <= keys | {
                *("light", "place", "surface", "base", "wall", "podium")
            }
