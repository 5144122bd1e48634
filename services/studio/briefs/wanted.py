"""Collects the things that are to be seen besides the product."""

from typing import Any, Literal

from services.imaging.scene import RGB
from services.studio.briefs.brief import WantedThing
from services.studio.briefs.meanings import is_filler
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.reading import Reading
from services.studio.briefs.vocabulary import load_words

Position = Literal["near", "behind", "air", "under"]

# Words that put a thing in the air.
AIR_WORDS = frozenset(("flying", "falling", "floating", "swirling", "drifting", "air", "midair"))


def want_thing(
    reading: Reading, key: str, term: Term, phrase: NounPhrase, colors: list[RGB]
) -> None:
    """Adds a thing to be seen."""
    entry = load_words("things")[key]
    first = next((each for each in phrase.terms if not is_filler(each)), term)
    counts = [each.find("count") for each in phrase.terms]
    count = next((int(each.key) for each in counts if each is not None), None)
    thing = WantedThing(
        name=key,
        words=reading.report.cut([first, term]),
        color=colors[0] if colors else None,
        count=count,
        position=_find_position(entry, phrase),
    )
    if len(colors) > 1:
        reading.palette += colors
    if "air" in entry:
        reading.air.add(entry["air"])
    weight = 0.5 if phrase.behind else 1.0
    for place, hint in entry.get("hints", {}).items():
        reading.places.hints[place] += hint * weight
    reading.wanted.append((thing, term, phrase))


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
    for thing, term, _ in reading.wanted:
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
    return tuple(things.values())


def report_lost_things(reading: Reading) -> None:
    """Reports things that no rule has read: nothing that a brief names is lost silently."""
    for phrase in reading.phrases:
        if phrase.negated or phrase in reading.products:
            continue
        head = phrase.head
        # The first part of a compound such as "lemon cake" is no thing of its own.
        is_compound = head is not None and bool(head.kinds & {"thing", "nearest", "product"})
        for term in phrase.terms:
            is_thing = bool(term.find("thing")) and not term.kinds & {"color", "filler"}
            if is_thing and not reading.report.is_read(term) and (term is head or not is_compound):
                reading.report.leave_out(term, term)
