"""Answers what the meanings of a term make of it."""

from services.studio.briefs.phrases import Term
from services.studio.briefs.vocabulary import Meaning, load_vocabulary


def is_filler(term: Term) -> bool:
    """Returns whether a term asks for nothing by itself."""
    return bool(term.meanings) and term.kinds <= {"filler", "count", "behind", "around", "head"}


def is_unavailable(term: Term) -> bool:
    """Returns whether a term names something that no set can show, or is unknown."""
    shown = {"thing", "place", "surface", "base", "part", "light"}
    return not term.kinds & shown and bool(term.kinds & {"impossible", "unknown", "product"})


def list_keys(term: Term) -> frozenset[str]:
    """Returns the keys of all meanings of a term."""
    return frozenset(meaning.key for meaning in term.meanings)


def find_inner_meanings(term: Term, kind: str) -> list[Meaning]:
    """Returns the meanings of a kind that parts of a longer phrase have."""
    count = len(term.words)
    spans = [(i, j) for i in range(count) for j in range(i + 1, count + 1) if j - i < count]
    vocabulary = load_vocabulary()
    return [
        meaning
        for i, j in spans
        for meaning in vocabulary.find_meanings(term.words[i:j])
        if meaning.kind == kind
    ]
