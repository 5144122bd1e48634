"""Every word of the vocabulary changes what is planned, or is reported as left out."""

from dataclasses import replace
from functools import cache

import pytest

from services.studio.briefs.brief import Brief
from services.studio.briefs.reader import read_brief
from services.studio.briefs.vocabulary import load_vocabulary, load_words
from services.studio.grounds import GROUNDS
from services.studio.planning import RenderRequest, plan_set

# A brief that asks for a word of each kind, and the same without it.
SENTENCES = {
    "thing": ("with {}", ""),
    "impossible": ("with {}", ""),
    "nearest": ("with {}", ""),
    "surface": ("on {}", ""),
    "base": ("on a {}", ""),
    "place": ("in {}", ""),
    "nearest_place": ("in {}", ""),
    "hint": ("{}", ""),
    "light": ("{}", ""),
    "light_adjective": ("{} light", "light"),
    "side": ("{}", ""),
    "pitch": ("{}", ""),
    "view": ("{}", ""),
    "blur": ("{}", ""),
    "bokeh": ("{}", ""),
    "pose": ("product {}", "product"),
    "text_area": ("{}", ""),
    "color": ("{} wall", "wall"),
    "shade": ("{} blue wall", "blue wall"),
    "gradient": ("red and blue, {}", "red and blue"),
    "split": ("red and blue, {}", "red and blue"),
    "removable": ("no {}", ""),
    "empty": ("{}", ""),
    "count": ("{} lemons", "lemons"),
}
# What each brief asks for besides, as all words of a brief without any effect are left out. Hints
# for a place have an effect only where nothing else suggests one.
CONTEXT = "hammer, "
CONTEXT_WORDS = {"hammer", "hammers", "mallet", "mallets"}
# Words that are part of many expressions, which are not words for nothing alone.
JOINING = {("shade", "off")}
# One word in this many is read, the others of its kind alike. More: faster.
SAMPLE = 3


@cache
def list_words() -> list[tuple[str, str]]:
    """Lists the kind and the phrase of one in SAMPLE words, every kind from its first on."""
    words: dict[str, list[str]] = {kind: [] for kind in SENTENCES}
    for phrase, meanings in load_vocabulary().list_phrases():
        for kind in {meaning.kind for meaning in meanings} & words.keys():
            words[kind].append(phrase)
    chosen = [(kind, word) for kind, each in words.items() for word in each[::SAMPLE]]
    return [pair for pair in chosen if pair not in JOINING]


def describe_effects(brief: Brief) -> tuple:
    """Returns what composing reads of the plan of a brief, without the words for it."""
    plan, place, _ = plan_set(RenderRequest("", 64, 64), brief)
    things = tuple(replace(thing, words="") for thing in plan.brief.things)
    silent = {"understood": (), "left_out": (), "product": "", "language": ""}
    silent |= {"in_part": (), "named_places": (), "low_suns": ()}
    shown = replace(plan.brief, things=things, surface=None, surface_kind="", **silent)
    return shown, place, plan.surface


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_word_changes_the_plan_or_is_left_out(kind):
    sentence, without = SENTENCES[kind]
    context = "" if kind == "hint" else CONTEXT
    usual = describe_effects(read_brief(context + without))
    words = [w for each, w in list_words() if each == kind and w not in CONTEXT_WORDS]
    briefs = {word: read_brief(context + sentence.format(word)) for word in words}
    assert words
    silent = [w for w, b in briefs.items() if not b.left_out and describe_effects(b) == usual]
    assert not silent


def test_every_surface_that_a_brief_may_name_is_built():
    assert set(load_words("surfaces")) <= set(GROUNDS)
    stands = (entry.get("stands") for entry in load_words("things").values())
    assert {stand.partition(":")[0] for stand in stands if stand} <= set(GROUNDS)


@pytest.mark.parametrize(
    ("prompt", "words", "understood"),
    [
        ("in a forest with a blue wall", "blue wall", ("forest",)),
        ("gold accents, on a beach", "gold accents", ("beach",)),
        ("in a kitchen, gradient from red to blue", "gradient", ("kitchen", "red", "blue")),
    ],
)
def test_colors_that_the_place_cannot_show_are_left_out(prompt, words, understood):
    brief = read_brief(prompt)
    assert [left.words for left in brief.left_out] == [words]
    assert brief.understood == understood
