"""Reads gradients and walls of two colors."""

import itertools
from collections.abc import Iterable

from services.imaging.scene import RGB
from services.studio.briefs.colors import fade_color, read_colors
from services.studio.briefs.phrases import NounPhrase
from services.studio.briefs.places import NAMED
from services.studio.briefs.reading import Reading


def read_blends(reading: Reading) -> None:
    """Reads gradients ("from purple to orange") and walls of two colors."""
    phrases = [phrase for phrase in reading.phrases if not phrase.negated]
    pair = next(
        (
            (before[-1], after[0])
            for one, other in itertools.pairwise(phrases)
            if other.preposition_words in ("to", "into")
            and (before := read_colors(one.terms))
            and (after := read_colors(other.terms))
        ),
        None,
    )
    blends = [p for p in phrases if any(t.find("gradient") for t in p.terms)]
    splits = [p for p in phrases if any(t.find("split") for t in p.terms)]
    if pair is not None or blends:
        reading.gradient = pair or _find_two_colors(reading, blends[0], is_single_enough=True)
        _drop_colors(reading, reading.gradient)
        reading.places.add("studio", "gradient", limit=NAMED)
    elif splits and (two := _find_two_colors(reading, splits[0])):
        reading.split = two
        _drop_colors(reading, two)
        reading.places.add("studio", "split", limit=NAMED)
    for phrase in (*blends, *splits):
        reading.report.use(*(t for t in phrase.terms if t.kinds & {"gradient", "split"}))


def _find_two_colors(
    reading: Reading, phrase: NounPhrase, is_single_enough: bool = False
) -> tuple[RGB, RGB] | None:
    """Returns the two colors of the clause of a phrase, else of the whole brief."""
    clause = [each for each in reading.phrases if each.clause == phrase.clause]
    for group in (clause, reading.phrases):
        colors = [color for each in group for color in read_colors(each.terms, merge=False)]
        if len(colors) > 1:
            return colors[0], colors[1]
    if colors and is_single_enough:
        return colors[0], fade_color(colors[0])
    return None


def _drop_colors(reading: Reading, colors: Iterable[RGB] | None) -> None:
    """Removes the colors of a gradient or split from the wall and the palette."""
    dropped = set(colors or ())
    reading.palette = [color for color in reading.palette if color not in dropped]
    if reading.colors.get("wall") in dropped:
        del reading.colors["wall"]
