"""Leaves out nouns that no set can show, and every word that no rule has read."""

from services.studio.briefs.grounds import read_materials
from services.studio.briefs.meanings import is_flavor, is_silent
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.place_words import hint_places, vote_place
from services.studio.briefs.places import NAMED, OF_SOMETHING, ROOMS, SEEN_BEHIND
from services.studio.briefs.reading import Reading
from services.studio.briefs.vocabulary import load_words
from services.studio.briefs.wanted import want_air

# Kinds of words that ask for something to be seen, and kinds with which a word asks for nothing
# where it names nothing.
ASKING_KINDS = frozenset(
    ("thing", "surface", "product", "maybe_product", "impossible", "nearest", "nearest_place")
)
RAIN = frozenset(("rain", "rainy", "raining", "drizzle"))
MODEST_KINDS = frozenset(("color", "shade", "filler", "light", "light_adjective", "side", "pose"))


def leave_out_noun(reading: Reading, phrase: NounPhrase, head: Term) -> None:
    """Reports a noun phrase whose noun is unknown or that no set can show."""
    nearest = ""
    is_place = bool(head.find("nearest_place"))
    if not head.meanings and phrase.preposition == "in":
        reading.places.blocked = max(reading.places.blocked, OF_SOMETHING)
    if phrase.preposition == "on":
        read_materials(reading, phrase, head)
    for meaning in head.meanings:
        if meaning.kind in ("nearest", "nearest_place"):
            nearest = meaning.key.replace("_", " ")
        elif meaning.kind == "impossible":
            entry = load_words("impossible")[meaning.key]
            nearest = entry.get("nearest", "")
            is_place |= entry.get("is_place", False)
    if is_place and not phrase.behind:
        limits = {"behind": SEEN_BEHIND, "of": OF_SOMETHING}
        reading.places.blocked = max(reading.places.blocked, limits.get(phrase.preposition, NAMED))
    hint_places(reading, head)
    for term in phrase.modifiers():
        hint_places(reading, term)
        if term.text.endswith("y"):
            want_air(reading, term, phrase)
        if term.find("place"):
            vote_place(reading, term, phrase, is_modifier=True)
    asking = (t for t in phrase.terms if not is_silent(t) and not t.find("preposition"))
    first = next((each for each in asking if not each.find("place")), head)
    reading.report.leave_out(first, head, nearest)


def report_lost_words(reading: Reading) -> None:
    """Reports words that no rule has read: nothing that a brief names is lost silently."""
    for phrase in reading.phrases:
        if phrase.negated or phrase in reading.products:
            continue
        for term in phrase.terms:
            if reading.report.is_read(term) or not _asks_for_something(term, phrase):
                continue
            if not reading.products and term.find("product"):
                # A product that only another noun points to: "lip gloss flat lay".
                continue
            _report_lost(reading, term, phrase)


def report_indoor_rain(reading: Reading, place: str | None) -> None:
    """Counts rain outside a room as shown in part: its light is seen."""
    if place not in ROOMS:
        return
    for phrase in reading.phrases:
        for term in phrase.terms:
            if RAIN & set(term.words) and reading.report.is_used(term):
                reading.show_in_part(term, "soft gray light")


def _report_lost(reading: Reading, term: Term, phrase: NounPhrase) -> None:
    """Reports a lost word, with the noun of the thing that is shown without it."""
    head = phrase.head
    is_before = head is not None and head.start > term.start and not term.find("impossible")
    if head is not None and is_before and head.find("thing") and reading.report.is_used(head):
        reading.report.leave_out(term, head, head.text)
    else:
        reading.report.leave_out(term, term)


def _asks_for_something(term: Term, phrase: NounPhrase) -> bool:
    """Returns whether a word asks for something to be seen; adverbs and verbs do not."""
    if not term.meanings:
        names = phrase.head is not None and bool(phrase.head.find("thing"))
        return not term.text.endswith("ly" if names else ("ly", "ing"))
    is_modest = bool(term.kinds & MODEST_KINDS) and not term.find("impossible")
    is_modest = is_modest and not is_flavor(term, phrase.head)
    return bool(term.kinds & ASKING_KINDS) and not is_modest
