"""The words that briefs are read with, from the lists in the folder words."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.studio.briefs.tokens import Token, remove_accents, split_phrase

FOLDER = Path(__file__).parent / "words"
# Plurals that no rule generates, by singular.
IRREGULAR_PLURALS = {
    "leaf": "leaves",
    "shelf": "shelves",
    "loaf": "loaves",
    "knife": "knives",
    "half": "halves",
    "scarf": "scarves",
    "cactus": "cacti",
    "mouse": "mice",
    "man": "men",
    "woman": "women",
    "child": "children",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "wolf": "wolves",
    "elf": "elves",
    "dwarf": "dwarves",
}
# Kinds of meanings whose phrases have plurals.
NOUN_KINDS = frozenset(
    (
        "thing",
        "place",
        "surface",
        "base",
        "part",
        "light",
        "product",
        "maybe_product",
        "impossible",
        "nearest",
        "removable",
        "nearest_place",
        "gradient",
    )
)


@dataclass(frozen=True)
class Meaning:
    """What a phrase can stand for.

    kind: such as "thing", "place", "color" or "filler".
    key: of the entry that lists the phrase.
    detail: a finer key, such as a place's setting or a surface's kind.
    """

    kind: str
    key: str = ""
    detail: str = ""


class Vocabulary:
    """All phrases and their meanings."""

    def __init__(self, entries: Iterable[tuple[str, Meaning]]) -> None:
        """Indexes the phrases, and the plurals of those that are nouns."""
        self._meanings: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        plurals: list[tuple[tuple[str, ...], Meaning]] = []
        for phrase, meaning in entries:
            words = split_phrase(remove_accents(phrase))
            self._add(words, meaning)
            if meaning.kind in NOUN_KINDS:
                plurals += [((*words[:-1], last), meaning) for last in form_plurals(words[-1])]
        for words, meaning in plurals:
            # A listed phrase stays what it is: "leaves" are not several of "leaf".
            if meaning.kind not in {each.kind for each in self._meanings.get(words, ())}:
                self._add(words, meaning)
        self._longest: dict[str, int] = defaultdict(int)
        for words in self._meanings:
            self._longest[words[0]] = max(self._longest[words[0]], len(words))
        self.words = frozenset(word for words in self._meanings for word in words)

    def find_meanings(self, words: Iterable[str]) -> tuple[Meaning, ...]:
        """Returns the meanings of a phrase; empty for one that is not listed."""
        return tuple(self._meanings.get(tuple(words), ()))

    def list_phrases(self) -> Iterator[tuple[str, tuple[Meaning, ...]]]:
        """Yields every phrase, plurals included, with its meanings."""
        yield from ((" ".join(words), tuple(each)) for words, each in self._meanings.items())

    def match_longest(self, tokens: list[Token], start: int) -> int:
        """Returns the number of tokens of the longest phrase that begins at an index; 0: none."""
        for length in range(self._longest.get(tokens[start].word, 0), 0, -1):
            words = tuple(token.word for token in tokens[start : start + length])
            if len(words) == length and words in self._meanings:
                return length
        return 0

    def _add(self, words: tuple[str, ...], meaning: Meaning) -> None:
        if meaning not in self._meanings[words]:
            self._meanings[words].append(meaning)


@cache
def load_words(name: str) -> Mapping[str, Any]:
    """Reads one of the lists, such as "things": its tables by key."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def load_vocabulary() -> Vocabulary:
    """Builds the vocabulary from all lists."""
    return Vocabulary(_list_entries())


def form_plurals(word: str) -> tuple[str, ...]:
    """Returns the regular plurals of a noun, and its irregular one."""
    if word in IRREGULAR_PLURALS:
        return (IRREGULAR_PLURALS[word],)
    if not word.isalpha() or (word.endswith("s") and not word.endswith("ss")):
        return ()
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return (f"{word}es",)
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return (f"{word[:-1]}ies",)
    return (f"{word}s", f"{word}es") if word.endswith("o") else (f"{word}s",)


def _list_entries() -> Iterator[tuple[str, Meaning]]:
    """Yields every phrase with one of its meanings."""
    for name in ("filler", "looks", "parts", "camera", "things"):
        yield from _LISTERS[name](load_words(name))
    for name in ("places", "surfaces", "light", "colors", "products", "impossible", "nearest"):
        yield from _LISTERS[name](load_words(name))


def _list_filler(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, table in tables.items():
        yield from ((word, Meaning("filler", key)) for word in table["words"])


def _list_looks(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, table in tables.items():
        yield from ((word, Meaning("look", key)) for word in table["words"])


def _list_parts(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    """Yields the entries of parts.toml: tables of lists, named by kind in the plural."""
    kinds = {
        "parts": "part",
        "sides": "side",
        "removable": "removable",
        "counts": "count",
        "prepositions": "preposition",
        "heads": "head",
        "gradients": "gradient",
        "splits": "split",
        "behind": "behind",
        "around": "around",
        "negations": "negation",
    }
    for name, table in tables.items():
        for key, words in table.items():
            kind = "empty" if key == "empty" else kinds[name]
            yield from ((word, Meaning(kind, key)) for word in words)


def _list_camera(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    kinds = {
        "pitches": "pitch",
        "view_angles": "view",
        "blurs": "blur",
        "bokeh": "bokeh",
        "poses": "pose",
        "text_areas": "text_area",
    }
    for name, table in tables.items():
        for key, words in table.items():
            yield from ((word, Meaning(kinds[name], key)) for word in words)


def _list_things(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, entry in tables.items():
        yield from ((word, Meaning("thing", key)) for word in entry["words"])


def _list_places(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, entry in tables.items():
        yield from ((word, Meaning("place", key)) for word in entry["words"])
        yield from ((word, Meaning("hint", key)) for word in entry.get("hints", ()))
        for setting, finer in entry.get("settings", {}).items():
            yield from ((word, Meaning("place", key, setting)) for word in finer["words"])


def _list_surfaces(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, entry in tables.items():
        yield from ((word, Meaning("surface", key)) for word in entry["words"])
        yield from ((word, Meaning("base", key)) for word in entry.get("bases", ()))
        for kind, words in entry.get("kinds", {}).items():
            yield from ((word, Meaning("surface", key, kind)) for word in words)


def _list_light(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, entry in tables.items():
        yield from ((word, Meaning("light", key)) for word in entry["words"])
        yield from ((word, Meaning("light_adjective", key)) for word in entry.get("adjectives", ()))


def _list_colors(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    yield from ((word, Meaning("color", value)) for word, value in tables["names"].items())
    yield from ((word, Meaning("shade", word)) for word in tables["modifiers"])


def _list_products(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    yield from ((word, Meaning("product")) for word in tables["pure"]["words"])
    yield from ((word, Meaning("maybe_product")) for word in tables["ambiguous"]["words"])


def _list_impossible(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, entry in tables.items():
        yield from ((word, Meaning("impossible", key)) for word in entry["words"])


def _list_nearest(tables: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for kind, name in (("nearest", "things"), ("nearest_place", "places")):
        for key, words in tables[name].items():
            yield from ((word, Meaning(kind, key)) for word in words)


_LISTERS = {
    "filler": _list_filler,
    "looks": _list_looks,
    "parts": _list_parts,
    "camera": _list_camera,
    "things": _list_things,
    "places": _list_places,
    "surfaces": _list_surfaces,
    "light": _list_light,
    "colors": _list_colors,
    "products": _list_products,
    "impossible": _list_impossible,
    "nearest": _list_nearest,
}
