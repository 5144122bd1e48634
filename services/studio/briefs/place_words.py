"""Reads the words for places, and reports those for places that the set does not show."""

from services.studio.briefs.brief import NamedPlace
from services.studio.briefs.meanings import find_inner_meanings
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.places import (
    FACED,
    HINTED,
    MOOD,
    NAMED,
    OF_SOMETHING,
    ROOMS,
    SEEN_BEHIND,
)
from services.studio.briefs.reading import Reading
from services.studio.briefs.vocabulary import load_words
from services.studio.briefs.wanted import want_thing

# Settings whose words name what grows there: an apple orchard has apples.
GROWING_SETTINGS = frozenset(("orchard", "field", "meadow"))
# Words after which a place only tells the mood.
MOOD_WORDS = frozenset(("mood", "vibe", "vibes", "feel", "feeling", "flair", "inspired", "touch"))
# Places that are a way of arranging things, which any other place can be as well.
STYLES = frozenset(("studio", "podium", "tabletop", "flat_lay", "festive"))
# Settings whose words fit every room: "interior".
ANY_ROOM = frozenset(("home", "shelf", "windowsill"))
# Settings in which the product floats where "in" is before their words: in a pool, by a pool.
FLOATING_SETTINGS = {"pool": "swimming"}
# The setting of a terrace with a view of the sea.
SEA_TERRACE = "sea_terrace"
# Places that a cafe on a street is in.
STREET_CAFE = frozenset(("cafe", "street_day"))
# Places whose words also name another one.
SAME_PLACES = {"street_night": {"street_night", "street_day"}}


def vote_place(reading: Reading, term: Term, phrase: NounPhrase, is_modifier: bool = False) -> None:
    """Lets a word for a place vote; one before the name of a thing only suggests it."""
    limits = {"behind": SEEN_BEHIND, "against": FACED, "of": OF_SOMETHING}
    limit = SEEN_BEHIND if phrase.behind else limits.get(phrase.preposition, NAMED)
    if phrase.preposition_words in ("for", "like"):
        limit = NAMED
    if term is not phrase.head:
        # The nearer to the noun, the more telling: "cabin kitchen shelf" is in a kitchen.
        limit = min(limit, NAMED - 1 + phrase.terms.index(term) / len(phrase.terms))
    following = phrase.terms[phrase.terms.index(term) + 1 :]
    if any(each.text in MOOD_WORDS for each in following):
        limit = MOOD
    reading.place_words.append(term)
    for meaning in term.meanings:
        if meaning.kind != "place":
            continue
        if is_modifier and meaning.key != "festive":
            reading.places.hints[meaning.key] += HINTED
            continue
        is_in = phrase.preposition_words in ("in", "into", "inside")
        setting = FLOATING_SETTINGS.get(meaning.detail, meaning.detail) if is_in else meaning.detail
        reading.places.add(meaning.key, setting, limit if limit < NAMED else 99)
        if meaning.detail in GROWING_SETTINGS and not term.find("thing"):
            for inner in find_inner_meanings(term, "thing"):
                want_thing(reading, inner.key, term, phrase, [])


def hint_places(reading: Reading, term: Term) -> None:
    """Lets what no set can show suggest places: a city suggests a street."""
    for meaning in term.meanings:
        if meaning.kind == "impossible":
            reading.places.hint(load_words("impossible")[meaning.key].get("hints", {}))


def look_at_sea(reading: Reading, place: str | None, setting: str) -> tuple[str | None, str]:
    """Returns the place and its setting: by the sea where a terrace has a view of it.

    place, setting: that are chosen.
    """
    is_terrace = any(m.detail == "terrace" for term in reading.place_words for m in term.meanings)
    has_sea = any(thing.name in ("ocean", "waves") for thing, _, _ in reading.wanted)
    if is_terrace and has_sea and (place == "beach" or (place, setting) == ("garden", "terrace")):
        return "beach", SEA_TERRACE
    return place, setting


def sit_outside(reading: Reading, place: str | None, setting: str) -> tuple[str | None, str]:
    """Returns the place and its setting: a street with a cafe's tables where a brief names both.

    place, setting: that are chosen.
    """
    named = {meaning.key for term in reading.place_words for meaning in term.meanings}
    if place in STREET_CAFE and named >= STREET_CAFE and not setting:
        return "street_day", "street_cafe"
    return place, setting


def settle_place_words(reading: Reading, place: str | None, setting: str) -> None:
    """Counts the words for the chosen place as understood, and reports those for others."""
    for term in reading.place_words:
        meanings = [m for m in term.meanings if m.kind in ("place", "hint")]
        kinds = {meaning.key for meaning in meanings}
        if setting == "street_cafe" and kinds & STREET_CAFE:
            reading.report.use(term)
        if kinds & SAME_PLACES.get(place or "", {place}):
            reading.report.use(term)
            _record_name(reading, term, place or "")
        elif any(meaning.detail in ANY_ROOM for meaning in meanings):
            if place in ROOMS:
                reading.report.use(term)
                _record_name(reading, term, "living_room")
        elif term.find("place") and not kinds & STYLES and not reading.report.is_used(term):
            reading.report.leave_out(term, term, (place or "").replace("_", " "))


def _record_name(reading: Reading, term: Term, place: str) -> None:
    """Records that a term names the chosen place, or a setting that it may have."""
    same = SAME_PLACES.get(place, {place})
    own = [m for m in term.meanings if m.kind == "place" and m.key in same]
    if not own:
        return
    named = next((meaning for meaning in own if meaning.key == place), own[0])
    inner = {(m.key, m.detail) for m in find_inner_meanings(term, "place")}
    reading.named_places.append(
        NamedPlace(
            reading.report.cut([term]),
            term.text,
            named.key,
            named.detail,
            others=frozenset(inner - {(named.key, ""), (named.key, named.detail)}),
            is_partial=not set(load_words("places")[named.key].get("partly", ())).isdisjoint(
                (term.text, term.text.removesuffix("s"))
            ),
        )
    )
