"""Chooses what the product is on from the materials and furniture that a brief names."""

from dataclasses import dataclass, field

# How much a word counts: after "on", first in the brief, alone in a list, after "with", or as a
# stand that is only listed. Furniture without a material counts less than a material.
ON, LEADING, LISTED, WITH, BARE = 10.0, 8.0, 7.0, 5.0, 3.0
FURNITURE_SHARE = 0.75
# Strength from which a material alone makes a still life on a table.
MIN_MATERIAL = 3.0


@dataclass(frozen=True)
class SurfaceVote:
    """A word for what the product is on.

    strength: how much it counts. surface, kind: keys of surfaces.toml.
    is_material: whether it names a material, not only furniture.
    """

    strength: float
    surface: str
    kind: str = ""
    is_material: bool = True


@dataclass
class SurfaceVotes:
    """The words for surfaces in a brief, in its order."""

    votes: list[SurfaceVote] = field(default_factory=list)

    @property
    def has_material(self) -> bool:
        """Whether a material or furniture is named that the product can be on."""
        return any(vote.strength >= MIN_MATERIAL for vote in self.votes)

    def add(self, strength: float, surface: str, kind: str = "", is_material: bool = True) -> None:
        """Adds a word for a surface."""
        strength = strength if is_material else strength * FURNITURE_SHARE
        self.votes.append(SurfaceVote(strength, surface, kind, is_material))

    def choose(self, usual: tuple[str | None, str]) -> tuple[str | None, str]:
        """Returns the surface that counts most and its kind.

        usual: what the place implies, if only weak words name a surface; None and "" for nothing.
        """
        best = max(self.votes, key=lambda vote: vote.strength, default=None)
        if best is None or (usual[0] is not None and best.strength < MIN_MATERIAL):
            return usual
        kinds = [vote.kind for vote in self.votes if vote.surface == best.surface and vote.kind]
        return best.surface, best.kind or next(iter(kinds), "")
