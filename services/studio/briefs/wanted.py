"""Collects the things that are to be seen besides the product."""

from dataclasses import replace
from typing import Any, Literal

from services.imaging.scene import RGB
from services.studio.briefs.brief import WantedThing
from services.studio.briefs.colors import parse_color
from services.studio.briefs.meanings import find_inner_meanings, is_filler
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.reading import Reading
from services.studio.briefs.tokens import split_phrase
from services.studio.briefs.vocabulary import form_plurals, load_words

Position = Literal["near", "behind", "air", "under"]

# Words that put a thing in the air.
AIR_WORDS = frozenset(("flying", "falling", "floating", "swirling", "drifting", "air", "midair"))

# Flowers that are in the vase where a brief names both.
FLOWERS = frozenset(("daisy", "flower", "lavender", "peony", "rose", "sunflower", "tulip"))
# The thing that a name of two things names first, and places where it names what one drinks from.
SPECTACLES = "glasses"
PLACES_TO_DRINK = frozenset(("kitchen", "dining", "cafe", "bar"))
# What such a vase is by what else is in it.
VASES = {"eucalyptus": "eucalyptus_vase"}


def want_thing(
    reading: Reading, key: str, term: Term, phrase: NounPhrase, colors: list[RGB]
) -> None:
    """Adds a thing to be seen.

    key: of the thing in things.toml. term, phrase: what names it. colors: sRGB.
    """
    entry = load_words("things")[key]
    first = next((each for each in phrase.terms if not is_filler(each)), term)
    counts = [each.find("count") for each in phrase.terms]
    count = next((int(each.key) for each in counts if each is not None), None)
    thing = WantedThing(
        name=key,
        words=reading.report.cut([first, term]),
        color=next(iter(colors), None) or _find_usual_color(entry, term),
        count=count,
        position=_find_position(entry, phrase),
        is_plural=_is_plural(entry, term),
    )
    if len(colors) > 1:
        reading.palette += colors
    if "air" in entry:
        reading.air.add(entry["air"])
    weight = 0.5 if phrase.behind else 1.0
    reading.places.hint(entry.get("hints", {}), weight)
    reading.wanted.append((thing, term, phrase))


def want_air(reading: Reading, term: Term, phrase: NounPhrase) -> None:
    """Adds what a word or a part of a longer name puts in the air: "misty forest"."""
    meanings = [*(each for each in term.meanings if each.kind == "thing")]
    for meaning in meanings or find_inner_meanings(term, "thing"):
        if "air" in load_words("things")[meaning.key]:
            want_thing(reading, meaning.key, term, phrase, [])


def _is_plural(entry: dict[str, Any], term: Term) -> bool:
    """Returns whether a word is the plural of one of a thing's names, which are in the singular."""
    names = [split_phrase(name) for name in entry.get("words", ())]
    return any(
        tuple(name[:-1]) == term.words[:-1] and term.words[-1] in form_plurals(name[-1])
        for name in names
    )


def _find_usual_color(entry: dict[str, Any], term: Term) -> RGB | None:
    """Returns the color that a word of a thing's name implies: the orange of "orange slices"."""
    colors = entry.get("colors", {})
    return next((parse_color(colors[word]) for word in term.words if word in colors), None)


def _find_position(entry: dict[str, Any], phrase: NounPhrase) -> Position:
    words = {word for term in phrase.terms for word in term.words}
    if phrase.behind or phrase.preposition == "behind":
        return "behind"
    if words & AIR_WORDS:
        return "air"
    if phrase.preposition == "on" and "stands" in entry:
        return "under"
    position: Position = entry.get("position", "air" if "air" in entry else "near")
    return position


def settle_things(
    reading: Reading, place: str | None, surface: str | None
) -> tuple[WantedThing, ...]:
    """Returns the things to build; those that are part of the place or surface need not be."""
    things: dict[str, WantedThing] = {}
    for named, term, _ in reading.wanted:
        thing = _choose_glasses(named, place)
        entry = load_words("things")[thing.name]
        is_part = place in entry.get("part_of", ()) or surface in entry.get("on", ())
        if thing.name in reading.excluded:
            reading.report.drop(term)
            continue
        if thing.name in reading.made:
            things.setdefault(f"{thing.name} {thing.color}", thing)
        if thing.name in reading.made or is_part or entry.get("air") in reading.air:
            reading.report.use(term)
        else:
            reading.report.leave_out(term, term, entry.get("nearest", ""))
    return _put_flowers_in_vase(tuple(things.values()))


def _choose_glasses(thing: WantedThing, place: str | None) -> WantedThing:
    """Returns drinking glasses for "glasses" where people eat and drink, else the thing itself."""
    is_meant = thing.name == SPECTACLES and thing.words.lower().split()[-1] == SPECTACLES
    if not is_meant or place not in PLACES_TO_DRINK or "reading" in thing.words.lower():
        return thing
    return replace(thing, name="glass", is_plural=True)


def _put_flowers_in_vase(things: tuple[WantedThing, ...]) -> tuple[WantedThing, ...]:
    """Returns the things with a vase and the first flowers as one bunch of them."""
    flowers = next((each for each in things if each.name in FLOWERS | VASES.keys()), None)
    if flowers is None or not any(each.name == "vase" for each in things):
        return things
    name = VASES.get(flowers.name, "bouquet")
    bunch = replace(flowers, name=name, count=None, position="near", is_plural=False)
    others = (each for each in things if each.name != "vase" and each is not flowers)
    return (bunch, *others)
