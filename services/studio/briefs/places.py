"""Chooses the place of a brief from the words that name and suggest places."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.studio.briefs.vocabulary import load_words

# How much the word for a place counts. Things that are only seen behind count less than what the
# brief is set in, and a holiday decides over the room that it is celebrated in.
NAMED, SEEN_BEHIND, FACED, OF_SOMETHING = 10.0, 4.0, 8.0, 6.0
# A place that only tells the mood, as in "beach vibes", counts less than any that is named.
MOOD = 3.5
STRENGTHS = {
    "studio": 5.0,
    "podium": 6.0,
    "tabletop": 4.0,
    "flat_lay": 11.0,
    "abstract": 4.0,
    "water": 8.0,
    "street_day": 9.0,
}
SETTING_STRENGTHS = {
    "shelf": 6.5,
    "windowsill": 6.5,
    "lawn": 4.0,
    "home": 4.0,
    "coffee_table": 8.0,
    "gallery": 8.0,
    "terrace": 9.0,
    "gradient": 5.5,
    "split": 5.5,
    "restaurant": 9.0,
    "forest_floor": 10.5,
}
HOLIDAY = 12.0
# What a modifier of a thing adds to the hints: "kitchen tools" suggests a kitchen.
HINTED = 3.0
# Sum of hints that decides where no place is named; a bare material needs less than the other.
MIN_HINTS, MIN_HINTS_OVER_MATERIAL = 2.0, 3.0
# Finer settings that every room may have.
ROOM_SETTINGS = frozenset(("shelf", "windowsill"))
ROOMS = frozenset(
    ("kitchen", "dining", "bathroom", "living_room", "bedroom", "nursery", "office", "cafe")
)
# Places with tiles on their walls.
PLACES_WITH_TILES = frozenset(("kitchen", "bathroom"))
NIGHT_LIGHTS = frozenset(("dark", "neon", "moonlight"))
NIGHT_SETTINGS = {"rooftop": "rooftop_night", "alley_day": "alley"}


@dataclass(frozen=True)
class PlaceVote:
    """A word for a place.

    strength: how much it counts. place, setting: keys of places.toml.
    """

    strength: float
    place: str
    setting: str = ""


@dataclass
class PlaceVotes:
    """The words for places in a brief.

    votes: in the brief's order. hints: sum of what suggests each place.
    blocked: how much a word counts for a place that is not understood; 0 without one.
    """

    votes: list[PlaceVote] = field(default_factory=list)
    hints: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    blocked: float = 0.0

    def add(self, place: str, setting: str, limit: float) -> None:
        """Adds a word for a place, which counts at most as much as a limit."""
        strength = SETTING_STRENGTHS.get(setting, STRENGTHS.get(place, NAMED))
        if place == "festive":
            strength = HOLIDAY if setting else NAMED
        self.votes.append(PlaceVote(min(strength, limit), place, setting))

    def hint(self, hints: Mapping[str, float], weight: float = 1.0) -> None:
        """Adds what suggests places, by their names."""
        for place, strength in hints.items():
            self.hints[place] += strength * weight

    def choose(
        self, lights: Collection[str], has_material: bool, from_above: bool, in_air: bool
    ) -> tuple[str | None, str]:
        """Returns the place and its finer setting; None and "" without one.

        lights: kinds of light. has_material: whether a material is named.
        from_above: whether the camera looks straight down. in_air: whether the product or what is
        around it is in the air.
        """
        best = max(self.votes, key=lambda vote: vote.strength, default=None)
        # Strong hints tell more than a word that is not understood, but not than a known place.
        is_hinted = max(self.hints.values(), default=0) >= OF_SOMETHING >= self.blocked
        if self.blocked and not is_hinted and (best is None or best.strength < self.blocked):
            return None, ""
        if best is None or best.strength <= STRENGTHS["tabletop"]:
            place = self._guess(best, has_material, from_above, in_air)
            return place, self._find_setting(place, best)
        place, setting = best.place, self._find_setting(best.place, best)
        if place == "street_day" and NIGHT_LIGHTS.intersection(lights):
            return "street_night", NIGHT_SETTINGS.get(setting, "")
        return place, setting

    def _guess(
        self, weak: PlaceVote | None, has_material: bool, from_above: bool, in_air: bool
    ) -> str | None:
        """Returns the place that weak words, hints and materials suggest; None without any."""
        hinted = max(self.hints, key=lambda place: self.hints[place], default="")
        if weak:
            self.hints[weak.place] += weak.strength
            hinted = max(self.hints, key=lambda place: self.hints[place])
        enough = MIN_HINTS_OVER_MATERIAL if has_material or from_above else MIN_HINTS
        if hinted and self.hints[hinted] >= enough:
            return "flat_lay" if hinted == "tabletop" and from_above else hinted
        if from_above:
            return "flat_lay"
        if has_material:
            return "tabletop"
        return "abstract" if in_air else None

    def _find_setting(self, place: str | None, best: PlaceVote | None) -> str:
        """Returns the finest setting that was named for a place; empty without one."""
        if best is not None and best.place == place and best.setting:
            return best.setting
        named = [vote for vote in self.votes if vote.setting]
        fitting = [vote.setting for vote in named if vote.place == place]
        in_room = [v.setting for v in named if place in ROOMS and v.setting in ROOM_SETTINGS]
        return next(iter([*fitting, *in_room]), "")


def find_usual_surface(place: str | None, setting: str) -> tuple[str | None, str]:
    """Returns the surface and its kind that a place implies; None and "" without one."""
    if place is None:
        return None, ""
    entry = load_words("places")[place]
    finer = entry.get("settings", {}).get(setting, {})
    surface, _, kind = (finer.get("surface") or entry.get("surface", "")).partition(":")
    return surface or None, kind
