"""Reports things that a brief wants in a vessel, which sets lay out next to it."""

from itertools import pairwise

from services.studio.briefs.reading import Reading

# Things that others can be in.
VESSELS = frozenset(("bowl", "basket", "jar", "pots"))


def report_contents(reading: Reading) -> None:
    """Counts things that are to be in a vessel as shown in part: "lemons in a bowl"."""
    for (thing, term, phrase), (vessel, inside, following) in pairwise(reading.wanted):
        is_in = following.preposition_words == "in" and vessel.name in VESSELS
        is_held = is_in and phrase.clause == following.clause and thing.name not in VESSELS
        if is_held and reading.report.is_used(term):
            reading.show_in_part(term, f"{term.text} next to a {inside.text}")
