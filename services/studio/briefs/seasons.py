"""Finds the season that a brief is set in."""

from collections.abc import Iterable

from services.studio.briefs.phrases import NounPhrase

# Words of autumn, and phrases of its leaves.
AUTUMN_WORDS = frozenset(("autumn", "autumnal", "october", "november"))
FALL_PHRASES = frozenset(
    (
        *("fall foliage", "fall forest", "fall leaf", "fall leaves", "fallen leaves"),
        *("fallen maple leaves", "bed of leaves", "carpet of leaves", "pile of leaves"),
    )
)
# Festivals whose names contain a season that they do not show.
FESTIVALS = frozenset(("mid autumn festival",))


def find_season(phrases: Iterable[NounPhrase]) -> str:
    """Returns "autumn" where a brief is set in it; empty: the season is open.

    phrases: noun phrases of the brief; those that it denies do not count.
    """
    terms = [term for phrase in phrases if not phrase.negated for term in phrase.terms]
    texts = [term.text for term in terms if term.text not in FESTIVALS]
    is_autumn = any(AUTUMN_WORDS.intersection(text.split()) for text in texts)
    return "autumn" if is_autumn or set(texts).intersection(FALL_PHRASES) else ""
