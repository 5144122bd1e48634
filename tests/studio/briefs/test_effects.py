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
    shown = replace(plan.brief, things=things, surface=None, surface_kind="", **silent)
    return shown, place, plan.surface


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_word_changes_the_plan_or_is_left_out(kind):
    sentence, without = SENTENCES[kind]
    usual = describe_effects(read_brief(without))
    briefs = {w: read_brief(sentence.format(w)) for k, w in list_words() if k == kind}
    assert briefs
    silent = [w for w, b in briefs.items() if not b.left_out and describe_effects(b) == usual]
    assert not silent


def test_every_surface_that_a_brief_may_name_is_built():
    assert set(load_words("surfaces")) <= set(GROUNDS)
    stands = (entry.get("stands") for entry in load_words("things").values())
    assert {stand.partition(":")[0] for stand in stands if stand} <= set(GROUNDS)
