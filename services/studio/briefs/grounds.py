"""Reads what the product is on: materials, furniture and things that it can stand on."""

from typing import Any

from services.studio.briefs import surfaces
from services.studio.briefs.meanings import find_inner_meanings
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.places import find_usual_surface
from services.studio.briefs.reading import Reading
from services.studio.briefs.surfaces import SurfaceVote
from services.studio.briefs.vocabulary import load_words

# What sand adds to the hints for a beach, or a desert.
SAND_HINT = 2.0
# Colors of sand that is in a desert.
RED_WORDS = frozenset(("red", "orange", "rust", "rusty", "ochre"))
# Furniture that is painted where a color is given and no material.
PAINTED = "plain"
# Places in which stairs are of stone, and large.
OPEN_AIR = frozenset(
    ("garden", "forest", "mountain", "beach", "desert", "snow", "street_day", "street_night")
)
# Things of a shape that the name of a surface can have, of which the set shows the material.
SHAPED_THINGS = frozenset(("cushion", "log"))
# Last words of names of boards along a wall, whose front edge is seen.
BOARDS = frozenset(("shelf", "shelves", "mantel", "mantelpiece", "windowsill", "sill"))
# Materials of which there are steps, a kind of their own each.
STEPS = frozenset(("stone", "marble", "concrete"))
METALS = frozenset(load_words("colors")["metals"]["words"])


def read_ground(reading: Reading, head: Term, phrase: NounPhrase, is_colored: bool) -> None:
    """Lets a noun for furniture, a material or a stand vote for the surface."""
    surface, base, thing = head.find("surface"), head.find("base"), head.find("thing")
    if surface is not None:
        vote_surface(reading, surface.key, surface.detail, phrase, head)
        reading.report.use(head)
        if not thing and SHAPED_THINGS & {each.key for each in find_inner_meanings(head, "thing")}:
            reading.show_in_part(head, load_words("surfaces")[surface.key]["words"][0])
    elif base is not None or _is_furniture(head):
        key = "wood" if base is None else base.key
        key = PAINTED if is_colored and base is not None and key == "wood" else key
        vote_surface(reading, key, "", phrase, head, is_material=False)
        reading.report.use(head)
    elif thing is not None:
        _read_stand(reading, head, phrase, load_words("things")[thing.key])


def _read_stand(reading: Reading, head: Term, phrase: NounPhrase, entry: dict[str, Any]) -> None:
    """Lets a thing that the product can be on vote for the surface.

    entry: of the thing in things.toml.
    """
    is_plural = head.words[-1] not in entry.get("words", ()) and head.words[-1].endswith("s")
    offered = entry.get("offers") and phrase.preposition != "with" and not is_plural
    if "stands" not in entry or not (offered or phrase.preposition in ("on", "in")):
        return
    if materials := find_inner_meanings(head, "surface"):
        vote_surface(reading, materials[0].key, materials[0].detail, phrase, head)
        return
    if not entry["stands"]:
        return
    metal = any(term.text in METALS for term in phrase.modifiers())
    key, _, kind = ("metal:brass" if metal else entry["stands"]).partition(":")
    vote_surface(reading, "wood" if key == "tray" else key, kind, phrase, head, is_material=False)


def is_only_ground(head: Term, phrase: NounPhrase) -> bool:
    """Returns whether a noun such as "stone" names a material, not a thing."""
    if not head.kinds & {"surface", "base"} or not head.find("thing"):
        return False
    has_article = any(term.text in ("a", "the", "an", "one") for term in phrase.terms)
    is_plural = head.words[-1].endswith("s") and not head.words[-1].endswith("ss")
    return phrase.preposition in ("on", "in") and not has_article and not is_plural


def vote_surface(
    reading: Reading,
    key: str,
    kind: str,
    phrase: NounPhrase,
    head: Term,
    is_material: bool = True,
    word: Term | None = None,
) -> None:
    """Lets a word for what the product is on vote; word: that names it; None: the noun does."""
    is_red = not RED_WORDS.isdisjoint(word for term in phrase.terms for word in term.words)
    reading.places.hints["desert" if is_red else "beach"] += SAND_HINT if key == "sand" else 0
    part = head.find("part")
    placed = _find_furniture(reading, phrase) or phrase
    if (
        placed.behind
        or placed.preposition in ("behind", "against", "of")
        or (part is not None and part.key == "wall" and not head.find("base"))
    ):
        strength = surfaces.BARE - 1
    elif placed.preposition in ("on", "in"):
        strength = surfaces.ON
    elif placed.preposition == "with":
        strength = surfaces.WITH
    else:
        strength = surfaces.LISTED if placed.clause else surfaces.LEADING
    is_of_thing = bool(head.find("thing")) and not head.kinds & {"surface", "base", "place"}
    if is_of_thing:
        is_listed = phrase.preposition != "on" and phrase.clause > 0 and not is_material
        strength = surfaces.BARE - 1 if is_listed else strength
    is_wall = part is not None and part.key == "wall"
    words = "" if is_wall else reading.report.cut([word or head])
    vote = SurfaceVote(strength, key, kind, is_material, words, is_of_thing)
    reading.surfaces.add(vote)
    reading.on_shelf |= strength > surfaces.WITH and head.words[-1] in BOARDS
    if vote.is_material and vote.words:
        reading.surface_words.append((vote, word or head, phrase))


def _find_furniture(reading: Reading, phrase: NounPhrase) -> NounPhrase | None:
    """Returns the furniture that is of a phrase's material: "a counter of white marble"."""
    before = reading.phrases[: reading.phrases.index(phrase)]
    if phrase.preposition_words != "of" or not before or before[-1].head is None:
        return None
    head = before[-1].head
    is_furniture = bool(head.find("base")) or bool(find_inner_meanings(head, "base"))
    return before[-1] if is_furniture else None


def read_materials(reading: Reading, phrase: NounPhrase, head: Term) -> None:
    """Lets the material of something that cannot be shown vote for the surface."""
    for term in phrase.modifiers():
        if surface := term.find("surface"):
            vote_surface(reading, surface.key, surface.detail, phrase, head, word=term)


def show_reflections(reading: Reading) -> None:
    """Makes the surface glossy if the brief wants reflections and names no surface."""
    if any(thing.name == "reflection" for thing, _, _ in reading.wanted):
        reading.surfaces.add(SurfaceVote(1, "acrylic"))


def _is_furniture(head: Term) -> bool:
    """Returns whether the name of a place ends in furniture, and the place has no own surface."""
    place = head.find("place")
    has_own = place is not None and find_usual_surface(place.key, place.detail)[0]
    return bool(find_inner_meanings(head, "base")) and not has_own


def can_be_under(head: Term) -> bool:
    """Returns whether the product can be on what a noun names."""
    thing = head.find("thing")
    if thing is not None and not head.kinds & {"surface", "base"}:
        entry = load_words("things")[thing.key]
        return "stands" in entry or entry.get("position") == "under"
    part = head.find("part")
    is_part = part is not None and part.key not in ("palette", "light")
    return is_part or bool(head.kinds & {"surface", "base", "place"})


def stand_on_steps(reading: Reading, place: str | None) -> None:
    """Takes stairs in the open air, or of stone, for the ground: the product is on a step."""
    stairs = [wanted for wanted in reading.wanted if wanted[0].name == "stairs"]
    named = [vote for vote, _, phrase in reading.surface_words if phrase in [w[2] for w in stairs]]
    material = next((vote.surface for vote in named if vote.surface in STEPS), "")
    if not stairs or not (place in OPEN_AIR or material):
        return
    strength = surfaces.ON + 1 if material else surfaces.WITH
    reading.surfaces.add(SurfaceVote(strength, material or "stone", "step"))
    for wanted in stairs:
        reading.wanted.remove(wanted)
        reading.report.use(wanted[1])
