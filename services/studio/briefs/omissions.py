"""Leaves out nouns that are unknown or that no set can show."""

from services.studio.briefs.grounds import read_materials
from services.studio.briefs.meanings import is_filler
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.places import NAMED, OF_SOMETHING, SEEN_BEHIND
from services.studio.briefs.reading import Reading
from services.studio.briefs.vocabulary import load_words


def leave_out_noun(reading: Reading, phrase: NounPhrase, head: Term) -> None:
    """Reports a noun phrase whose noun is unknown or that no set can show."""
    first = next((each for each in phrase.terms if not is_filler(each)), head)
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
    reading.report.leave_out(first, head, nearest)
