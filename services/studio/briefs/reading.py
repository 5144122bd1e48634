"""The state of a brief while its noun phrases are read."""

from collections.abc import Collection, Sequence

from services.imaging.scene import RGB
from services.studio.briefs.brief import LeftOut, NamedPlace, NamedWall, WantedThing
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.places import PlaceVotes
from services.studio.briefs.report import ReadingReport
from services.studio.briefs.surfaces import SurfaceVote, SurfaceVotes


class Reading:
    """A brief while it is read: what its noun phrases ask of each part of the set.

    prompt: as typed. phrases: its noun phrases; products: those that name the product.
    made: keys of the things that can be built.
    """

    def __init__(
        self,
        prompt: str,
        phrases: Sequence[NounPhrase],
        products: Sequence[NounPhrase],
        made: Collection[str],
    ) -> None:
        """Starts with nothing read."""
        self.prompt, self.phrases, self.products, self.made = prompt, phrases, products, made
        self.report = ReadingReport(prompt, phrases)
        self.places, self.surfaces = PlaceVotes(), SurfaceVotes()
        self.wanted: list[tuple[WantedThing, Term, NounPhrase]] = []
        self.lights: dict[str, None] = {}
        self.denied_lights: set[str] = set()
        self.sides: list[str] = []
        self.lamp_colors: list[RGB] = []
        self.colors: dict[str, RGB] = {}
        self.palette: list[RGB] = []
        self.gradient: tuple[RGB, RGB] | None = None
        self.split: tuple[RGB, RGB] | None = None
        self.air: set[str] = set()
        self.excluded: set[str] = set()
        # The first word of each kind of camera, lens, pose and text area.
        self.values: dict[str, str] = {}
        # Words that name or suggest a place, which count as understood if that place is chosen.
        self.place_words: list[Term] = []
        # Words for materials that the product is not on, and their surfaces.
        self.unseen_materials: dict[str, str] = {}
        self.on_shelf = False
        # What the chosen place is named, what is shown only in part, and a low sun: see Brief.
        self.named_places: list[NamedPlace] = []
        self.in_part: list[LeftOut] = []
        self.low_suns: dict[str, bool] = {}
        # Words for a dark hour, for a covered sky, and for walls.
        self.nights: dict[str, None] = {}
        self.overcasts: dict[str, None] = {}
        self.walls: list[NamedWall] = []
        # Words for materials that the product can be on.
        self.surface_words: list[tuple[SurfaceVote, Term, NounPhrase]] = []
        # Colors whose noun follows in a later phrase.
        self.pending: list[RGB] = []

    def show_in_part(self, term: Term, nearest: str) -> None:
        """Counts a term as shown in part; nearest: what is seen of it, in words."""
        self.in_part.append(LeftOut(self.report.cut([term]), nearest))

    def find_index(self, phrase: NounPhrase) -> int:
        """Returns the index of one of the noun phrases."""
        return next(i for i, each in enumerate(self.phrases) if each is phrase)
