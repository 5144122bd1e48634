"""Checks what a brief names against what its set shows: words that are shown only in part."""

from collections.abc import Iterator

from services.studio.briefs.brief import LeftOut, NamedPlace
from services.studio.briefs.place_words import FLOATING_SETTINGS
from services.studio.briefs.places import NIGHT_SETTINGS
from services.studio.briefs.vocabulary import load_words
from services.studio.panoramas.library import Panorama
from services.studio.places import PLACES, find_place
from services.studio.places.scenic import find_hour
from services.studio.rooms import ROOMS
from services.studio.sets import SetPlan

# Other places, or settings of them, that the picture of a place or setting shows as well.
ALSO_SEEN = {
    "kitchen": frozenset({"beach"}),
    "snow": frozenset({"forest", "garden", "field", "meadow", "mountain"}),
    "snowy_peaks": frozenset({"mountain", "forest"}),
    "mountain": frozenset({"cliff", "snow", "snowy_peaks"}),
    "forest": frozenset({"mountain", "garden", "orchard", "bedroom"}),
    "lake": frozenset({"mountain", "forest", "beach", "water"}),
    "water": frozenset({"pool"}),
    "beach": frozenset({"desert", "water"}),
    "pool": frozenset({"terrace", "garden"}),
    "rooftop": frozenset({"terrace", "garden"}),
    "desert": frozenset({"mountain"}),
    "street_night": frozenset({"street_day", "alley", "alley_day", "rooftop"}),
}
# Places in the open, which a longer name cannot mean in passing as "kitchen island" does.
OPEN_AIR = frozenset(
    ("beach", "garden", "mountain", "desert", "forest", "snow", "water", "street_day")
)
# Kinds of light of photographs with a low sun.
LOW_SUNS = frozenset({"golden_hour", "morning"})
# What a brief without a view of the sky shows of a low sun.
LOW_LIGHT = "low, warm light"


def list_shown_in_part(plan: SetPlan, shown: frozenset[str]) -> tuple[LeftOut, ...]:
    """Lists the words of a brief that its set shows only in part, each with what it shows instead.

    plan: of the set. shown: names of the things and parts that can be seen, as in StudioSet.
    """
    return (
        *_list_other_places(plan),
        *_list_unseen_skies(plan, shown),
        *plan.brief.in_part,
    )


def list_unseen_materials(plan: SetPlan, shown: frozenset[str]) -> tuple[LeftOut, ...]:
    """Lists the words for materials that are neither under the product nor in view elsewhere.

    plan, shown: as for list_shown_in_part.
    """
    around = {name for name, _, _ in find_place(plan.brief)[1].surfaces}
    seen = shown | (around if plan.surface.is_stand else frozenset())
    return tuple(
        LeftOut(words) for words, surface in plan.brief.unseen_materials if surface not in seen
    )


def shows_place(named: NamedPlace, plan: SetPlan) -> bool:
    """Returns whether the picture of a set is recognizable as what a word for its place names.

    The set's place has a picture of its own, or its ground shows it, or a photograph does.
    """
    if plan.photograph and _is_on_card(named, plan.photograph):
        return True
    if named.is_partial or _find_hidden_places(named):
        return False
    entry = load_words("places")[named.place].get("settings", {}).get(named.setting, {})
    seen_by = entry.get("seen_by", "")
    if named.setting in ("shelf", "windowsill") and plan.brief.on_shelf:
        return True
    if not named.setting or seen_by == "place":
        return True
    if seen_by == "ground":
        name, _, kind = entry["surface"].partition(":")
        return plan.surface.name == name and kind in ("", plan.surface.kind)
    alike = FLOATING_SETTINGS, NIGHT_SETTINGS
    settings = {named.setting, *(each.get(named.setting) for each in alike)}
    is_set = plan.brief.setting in settings and not plan.photograph
    return is_set and (named.setting in PLACES or named.setting in ROOMS)


def _list_other_places(plan: SetPlan) -> Iterator[LeftOut]:
    """Yields the words for places of which the set shows a more general one."""
    for named in plan.brief.named_places:
        if not shows_place(named, plan):
            yield LeftOut(named.words, load_words("places")[named.place]["words"][0])


def _find_hidden_places(named: NamedPlace) -> frozenset[str]:
    """Returns places in the parts of a word that its set does not show: "beach bar"."""
    if named.setting in ROOMS:
        return frozenset()
    seen = ALSO_SEEN.get(named.setting) or ALSO_SEEN.get(named.place, frozenset())
    return frozenset(
        setting or place
        for place, setting in named.others
        if place in OPEN_AIR and (setting or place) not in seen
    )


def _is_on_card(named: NamedPlace, photograph: Panorama) -> bool:
    """Returns whether the card of a photographed place names it."""
    card = photograph.card
    if card.name_words:
        return True
    entry = load_words("places")[named.place]
    # A longer name is more than its setting: "wheat field".
    alike = entry["settings"][named.setting]["words"] if named.setting else ()
    names = {named.name, *(() if " " in named.name else alike)}
    said = f" {card.title.lower()} "
    return any(name in card.words or f" {name} " in said for name in names)


def _list_unseen_skies(plan: SetPlan, shown: frozenset[str]) -> Iterator[LeftOut]:
    """Yields the words for a low sun where neither the sky nor its colors are in view."""
    photograph = plan.photograph
    for words, is_sky in plan.brief.low_suns:
        # Whether the light is warm, picture_claims checks.
        is_seen = True
        if photograph:
            card = photograph.card
            is_seen = bool(LOW_SUNS & card.light) or words.lower() in card.words
        elif is_sky:
            is_seen = "sky" in shown and find_hour(plan) == "low"
        if not is_seen:
            yield LeftOut(words, LOW_LIGHT)
