"""Binds the colors of a brief to the nouns that they belong to."""

from dataclasses import replace

from services.imaging.scene import RGB
from services.studio.briefs.brief import WantedThing
from services.studio.briefs.colors import (
    PLAIN_HUES,
    is_chromatic,
    list_pastels,
    measure_lightness,
    parse_color,
)
from services.studio.briefs.meanings import find_inner_meanings
from services.studio.briefs.omissions import leave_out_noun
from services.studio.briefs.phrases import NounPhrase, Term, is_describing
from services.studio.briefs.places import ROOMS
from services.studio.briefs.reading import Reading

# Lightness in CIE Lab below which a wall makes the picture dark.
DARK_LIGHTNESS = 20


def acts_as_color(reading: Reading, phrase: NounPhrase, head: Term) -> bool:
    """Returns whether a noun such as "mint" stands for a color."""
    if not head.find("color") or head.kinds & {"part", "place"}:
        return False
    is_drink = head.find("product") and phrase.preposition == "with"
    if not head.kinds & {"thing", "surface"} and not is_drink:
        return True
    before = list(phrase.modifiers())
    if before and before[-1].find("shade") and before[-1].text not in ("soft", "rich"):
        return True
    i = reading.find_index(phrase)
    around = reading.phrases[max(i - 1, 0) : i + 2]
    joined = [
        each
        for each in around
        if each is not phrase and (each.joined_by or phrase.joined_by or each.preposition == "of")
    ]
    pure = any(
        term.find("color") and (not term.kinds & {"thing", "surface"} or term is not each.head)
        for each in joined
        if each.head is None or each.head.find("color") or each.head.find("part")
        for term in each.terms
    )
    return phrase.preposition in ("in", "of", "") and pure and not head.find("surface")


def read_bare_colors(reading: Reading, phrase: NounPhrase, colors: list[RGB]) -> None:
    """Reads a noun phrase without a noun: its colors are of what follows or precedes it."""
    texts = {term.text for term in phrase.terms}
    if not colors and "pastel" in texts:
        colors = list(list_pastels())
    for term in phrase.terms:
        if term.find("color") or (term.find("shade") and colors):
            reading.report.use(term)
        elif not term.meanings and not is_describing(term):
            leave_out_noun(reading, phrase, term)
    if not colors:
        return
    following = _find_joined_noun(reading, phrase)
    before = _find_noun_before(reading, phrase)
    if following is not None:
        reading.pending += colors
    elif before is not None and len(colors) == 1 and not reading.pending:
        _color_noun(reading, before, colors)
    else:
        reading.palette += [*reading.pending, *colors]
        reading.pending = []


def _find_joined_noun(reading: Reading, phrase: NounPhrase) -> NounPhrase | None:
    """Returns the next noun phrase of a list of colors: "pink and blue lights"."""
    for each in reading.phrases[reading.find_index(phrase) + 1 :]:
        if each.joined_by not in ("and", "or", ",") or (not each.colors and each.head):
            return None
        if each.head is not None and not acts_as_color(reading, each, each.head):
            return each if each.joined_by != "," else None
    return None


def _find_noun_before(reading: Reading, phrase: NounPhrase) -> NounPhrase | None:
    """Returns the noun that "in blue" follows."""
    i = reading.find_index(phrase)
    if not i or phrase.preposition not in ("in", "of") or phrase.joined_by:
        return None
    before, following = reading.phrases[i - 1], reading.phrases[i + 1 : i + 2]
    is_list = (
        bool(following)
        and following[0].joined_by in ("and", ",")
        and (following[0].head is None or acts_as_color(reading, following[0], following[0].head))
    )
    head = before.head
    if is_list or head is None or before in reading.products or before.clause != phrase.clause:
        return None
    return before if head.kinds & {"part", "base", "surface", "thing", "place"} else None


def _color_noun(reading: Reading, phrase: NounPhrase, colors: list[RGB]) -> None:
    """Colors the noun of a phrase that was read before."""
    head = phrase.head
    for i, (thing, term, owner) in enumerate(reading.wanted):
        if owner is phrase and term is head:
            reading.wanted[i] = (_recolor(thing, colors[0]), term, owner)
            reading.palette += colors[1:]
            colors = colors[:1]
            break
    if head is not None and (head.find("part") or not head.find("thing")):
        color_part(reading, head, colors)


def color_part(reading: Reading, head: Term, colors: list[RGB]) -> None:
    """Colors the part of the set that a noun names."""
    part, place = head.find("part"), head.find("place")
    if not colors:
        return
    if head.kinds & {"base", "surface"} and not (part and part.key == "wall"):
        reading.colors.setdefault("surface", colors[0])
        reading.palette += colors[1:]
    elif (part and part.key == "light") or (part is None and head.find("light")):
        reading.lamp_colors += [color for color in colors if is_chromatic(color)]
    elif part and part.key in ("wall", "podium", "accent"):
        if part.key == "wall" and measure_lightness(colors[0]) < DARK_LIGHTNESS:
            reading.lights.setdefault("dark")
        reading.colors.setdefault(part.key, colors[0])
        reading.palette += colors[1:]
    elif place and place.key in ROOMS:
        reading.colors.setdefault("wall", colors[0])
        reading.palette += colors[1:]
    else:
        reading.palette += colors


def find_inner_hue(head: Term) -> list[RGB]:
    """Returns the color in a longer name of a material or thing, such as "white marble"."""
    surface = head.find("surface")
    is_place = head.find("place") and not (surface and surface.detail)
    if not head.kinds & {"surface", "thing"} or is_place or len(head.words) < 2:
        return []
    names = [color for color in find_inner_meanings(head, "color") if head.words[0] in PLAIN_HUES]
    return [parse_color(names[0].key)] if names else []


def _recolor(thing: WantedThing, color: RGB) -> WantedThing:
    return replace(thing, color=color)
