"""Reads names of several words whose parts have meanings of their own."""

from services.imaging.scene import RGB
from services.studio.briefs.light_words import add_light
from services.studio.briefs.meanings import find_inner_meanings, list_keys
from services.studio.briefs.noun_colors import find_inner_hue
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.places import HINTED, NAMED, ROOMS
from services.studio.briefs.reading import Reading
from services.studio.briefs.wanted import want_air

# Things that the word before them can name more finely.
GENERAL_THINGS = frozenset(("plant", "flower"))
# What the name of a thing adds to the hints for the place in it: "kitchen towel".
INNER_HINT = 2.0
OUTDOORS = frozenset(("garden", "beach", "gym", "bar", "mountain"))
# Kinds of light that the name of a thing can tell: "morning mist".
TIMES = frozenset(("morning", "golden_hour", "dusk", "afternoon", "midday", "moonlight"))


def find_finer_thing(reading: Reading, phrase: NounPhrase) -> str:
    """Returns the key of what precedes a noun such as "plant": "agave plant"; empty without."""
    head, before = phrase.head, list(phrase.modifiers())[-1:]
    finer = before[0].find("thing") if before else None
    if finer is None or head is None or not list_keys(head) & GENERAL_THINGS:
        return ""
    reading.report.use(*before)
    return finer.key


def read_hues_of_things(reading: Reading, phrase: NounPhrase) -> list[RGB]:
    """Returns the colors in the names of things before a wall: "blue sky background"."""
    hues = [(term, hue) for term in phrase.modifiers() for hue in find_inner_hue(term)]
    reading.report.use(*(term for term, _ in hues))
    return [hue for _, hue in hues]


def read_inner_meanings(reading: Reading, head: Term) -> None:
    """Reads places and times of day in a longer name: "marble podium", "morning mist"."""
    is_thing = head.find("thing") is not None
    if head.find("place"):
        want_air(reading, head, NounPhrase([head]))
    for inner in find_inner_meanings(head, "place"):
        if is_thing and inner.key in ROOMS | OUTDOORS:
            reading.places.hints[inner.key] += INNER_HINT
        if inner.key == "podium" and is_thing:
            reading.places.add("podium", "", limit=NAMED)
        if inner.key == "festive" and inner.detail:
            reading.places.add("festive", inner.detail, limit=HINTED * 2 if is_thing else NAMED)
    for inner in find_inner_meanings(head, "light"):
        if inner.key in TIMES if is_thing else head.find("place"):
            add_light(reading, inner.key, head)
