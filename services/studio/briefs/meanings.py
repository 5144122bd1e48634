"""Answers what the meanings of a term make of it."""

from functools import lru_cache

from services.studio.briefs.phrases import Term
from services.studio.briefs.vocabulary import Meaning, load_vocabulary

# Things that a fruit or herb before their name flavors instead of coloring them.
FLAVORED_THINGS = frozenset(
    ("cake", "cupcake", "cookie", "bread", "cheese", "cocktail_glass", "cup")
)
# Phrases whose parts are remembered.
MAX_CACHED_PHRASES = 4096


def is_filler(term: Term) -> bool:
    """Returns whether a term names nothing by itself, though it may describe how it looks."""
    return is_silent(term) or term.kinds <= {"look", "filler"}


def is_silent(term: Term) -> bool:
    """Returns whether a term asks for nothing that can be seen."""
    return bool(term.meanings) and term.kinds <= {"filler", "count", "behind", "around", "head"}


def is_unavailable(term: Term) -> bool:
    """Returns whether a term names something that no set can show, or is unknown."""
    shown = {"thing", "place", "surface", "base", "part", "light"}
    return not term.kinds & shown and bool(term.kinds & {"impossible", "unknown", "product"})


def is_flavor(term: Term, head: Term | None) -> bool:
    """Returns whether a word before a food is its flavor, not its color: "lemon cake"."""
    thing = None if head is None else head.find("thing")
    is_both = {"thing", "color"} <= term.kinds
    return is_both and thing is not None and term is not head and thing.key in FLAVORED_THINGS


def list_keys(term: Term) -> frozenset[str]:
    """Returns the keys of all meanings of a term."""
    return frozenset(meaning.key for meaning in term.meanings)


def find_inner_meanings(term: Term, kind: str) -> list[Meaning]:
    """Returns the meanings of a kind that parts of a longer phrase have."""
    return [meaning for meaning in _find_parts(term.words) if meaning.kind == kind]


@lru_cache(MAX_CACHED_PHRASES)
def _find_parts(words: tuple[str, ...]) -> tuple[Meaning, ...]:
    """Returns the meanings of all parts of a phrase that are shorter than the whole."""
    count = len(words)
    spans = [(i, j) for i in range(count) for j in range(i + 1, count + 1) if j - i < count]
    vocabulary = load_vocabulary()
    return tuple(meaning for i, j in spans for meaning in vocabulary.find_meanings(words[i:j]))
