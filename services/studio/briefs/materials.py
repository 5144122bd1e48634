"""Settles materials that a brief names and the product is not on: cloths lie next to it."""

from services.imaging.scene import RGB
from services.studio.briefs.brief import WantedThing
from services.studio.briefs.colors import read_colors
from services.studio.briefs.places import PLACES_WITH_TILES
from services.studio.briefs.reading import Reading
from services.studio.briefs.surfaces import WITH, SurfaceVote

# Surfaces of which a folded cloth can lie next to the product, and the sRGB that it has, where its
# usual one is of another cloth.
CLOTHS: dict[str, RGB | None] = {
    "linen": None,
    "fabric": None,
    "silk": (226, 204, 176),
    "satin": (226, 204, 176),
    "velvet": (110, 40, 60),
}
# Kinds of cloth that the folded one does not show.
PATTERNS = frozenset(("striped", "checkered", "tartan"))
FOLDED_CLOTH = "napkin"


def tile_furniture(reading: Reading, place: str | None) -> None:
    """Takes tiles for what the product is on where the place has none on its walls."""
    for thing, term, phrase in reading.wanted:
        is_wall = place in PLACES_WITH_TILES and phrase.preposition_words != "made of"
        if thing.name == "tiles" and not (phrase.behind or is_wall):
            vote = SurfaceVote(WITH, "tiles", words=thing.words)
            reading.surfaces.add(vote)
            reading.surface_words.append((vote, term, phrase))
            if thing.color:
                reading.colors.setdefault("surface", thing.color)


def settle_materials(reading: Reading, surface: str | None, kind: str) -> None:
    """Wants a folded cloth for each that is named and not chosen, and keeps other materials.

    surface, kind: what the product is on. Expects that no thing is settled yet.
    """
    lost = reading.surfaces.list_lost(surface, kind)
    things = [term for _, term, _ in reading.wanted]
    for vote, term, phrase in reading.surface_words:
        is_lost = any(vote.words == each.words for each in lost) and term not in things
        if not is_lost or not reading.report.is_used(term):
            continue
        if vote.surface in CLOTHS and not phrase.behind and FOLDED_CLOTH in reading.made:
            color = next(iter(read_colors(phrase.terms)), CLOTHS[vote.surface])
            cloth = WantedThing(FOLDED_CLOTH, vote.words, color)
            reading.wanted.append((cloth, term, phrase))
            if vote.kind in PATTERNS:
                reading.show_in_part(term, "cloth")
        elif vote.surface != surface:
            reading.unseen_materials[vote.words] = vote.surface
