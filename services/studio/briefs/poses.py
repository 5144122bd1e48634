"""Reads and chooses the pose of the product."""

from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.reading import Reading

# Words between a product in the air and the water below it.
ABOVE = frozenset(("above", "over"))


def is_pose_of_product(reading: Reading, term: Term, phrase: NounPhrase) -> bool:
    """Returns whether a word of pose is about the product, not about a thing."""
    if phrase in reading.products:
        return True
    head = None if term is phrase.terms[0] and phrase.preposition else phrase.head
    if head is not None:
        return bool(head.kinds & {"product", "maybe_product", "unknown"})
    i = reading.find_index(phrase)
    before = reading.phrases[i - 1] if i else None
    if before is None or before in reading.products or before.clause != phrase.clause:
        return True
    return before.head is None or not before.head.kinds & {"thing", "light"}


def choose_pose(reading: Reading, place: str | None, is_on_water: bool) -> str | None:
    """Returns the pose that the brief names, or that follows from camera and stand.

    is_on_water: whether what the product is on is water, where what floats is not in the air.
    """
    if reading.values.get("pose") == "floating" and is_on_water and not _is_above(reading):
        return None
    if "pose" in reading.values:
        return reading.values["pose"]
    if place == "flat_lay" or reading.values.get("pitch") == "90":
        return "lying"
    stands = {"pedestal", "stairs"}
    return "standing" if stands & {thing.name for thing, _, _ in reading.wanted} else None


def _is_above(reading: Reading) -> bool:
    return any(phrase.preposition_words in ABOVE for phrase in reading.phrases)
