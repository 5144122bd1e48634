"""Chooses what the product is on from the materials and furniture that a brief names."""

from dataclasses import dataclass, field, replace

# How much a word counts: after "on", first in the brief, alone in a list, after "with", or as a
# stand that is only listed. Furniture without a material counts less than a material.
ON, LEADING, LISTED, WITH, BARE = 10.0, 8.0, 7.0, 5.0, 3.0
FURNITURE_SHARE = 0.75
# Strength from which a material alone makes a still life on a table.
MIN_MATERIAL = 3.0
# What lies around on furniture, which is not made of it.
LOOSE = frozenset(
    ("sand", "soil", "grass", "moss", "leaves", "snow", "ice", "water", "straw", "rock", "sawdust")
)


@dataclass(frozen=True)
class SurfaceVote:
    """A word for what the product is on.

    strength: how much it counts. surface, kind: keys of surfaces.toml.
    is_material: whether it names a material, not only furniture.
    words: the user's own. is_of_thing: whether they name what another thing is made of.
    """

    strength: float
    surface: str
    kind: str = ""
    is_material: bool = True
    words: str = ""
    is_of_thing: bool = False

    @property
    def can_cover(self) -> bool:
        """Whether furniture that is named without a material can be of this one."""
        is_whole = self.is_material and not self.is_of_thing and self.surface not in LOOSE
        return is_whole and self.strength >= WITH


@dataclass
class SurfaceVotes:
    """The words for surfaces in a brief, in its order."""

    votes: list[SurfaceVote] = field(default_factory=list)

    @property
    def has_material(self) -> bool:
        """Whether a material or furniture is named that the product can be on."""
        return any(vote.strength >= MIN_MATERIAL for vote in self.votes)

    def add(self, vote: SurfaceVote) -> None:
        """Adds a word for a surface."""
        share = 1.0 if vote.is_material else FURNITURE_SHARE
        self.votes.append(replace(vote, strength=vote.strength * share))

    def choose(self, usual: tuple[str | None, str]) -> tuple[str | None, str]:
        """Returns the surface that counts most and its kind.

        A material decides over furniture without one: "a shelf with white marble" is of marble.

        usual: what the place implies, if only weak words name a surface; None and "" for nothing.
        """
        best = max(self.votes, key=lambda vote: vote.strength, default=None)
        if best is not None and not best.is_material:
            covering = [vote for vote in self.votes if vote.can_cover]
            best = max(covering, key=lambda vote: vote.strength, default=best)
        if best is None or (usual[0] is not None and best.strength < MIN_MATERIAL):
            return usual
        kinds = [vote.kind for vote in self.votes if vote.surface == best.surface and vote.kind]
        return best.surface, best.kind or next(iter(kinds), "")

    def list_lost(self, surface: str | None, kind: str) -> list[SurfaceVote]:
        """Lists the materials that are named and not chosen: of another surface, or of its kinds.

        surface, kind: what is chosen.
        """
        return [
            vote
            for vote in self.votes
            if vote.words and vote.is_material and not vote.is_of_thing
            if vote.surface != surface or (vote.kind and vote.kind != kind)
        ]
