"""The panoramas that a process has, and the choice of one for a brief."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from services.runtime.settings import ProcessSettings, build_settings_config
from services.studio.panoramas.cards import (
    PanoramaCard,
    describe_own_panorama,
    load_cards,
    split_words,
)
from services.studio.panoramas.reading import SUFFIXES, UnusablePanorama, read_panorama

# Files of a person's own folder that are looked at. Larger: a start that takes minutes.
MAX_OWN_PANORAMAS = 200
# Of the digest in the renderer's version.
DIGEST_DIGITS = 6
# Points of a panorama for being a person's own, for each word of the brief that it has, and for
# each kind of light. Own places come before the fetched ones.
OWN_POINTS, WORD_POINTS, LIGHT_POINTS = 10, 1, 2


class PlaceSettings(ProcessSettings):
    """Where photographed places are."""

    model_config = build_settings_config("background")

    places: Path = Field(
        Path("models/places"), description="folder of the photographed places that set-up fetches"
    )
    studio_places: Path | None = Field(
        None,
        description="folder of your own panoramas (.exr or .hdr), each a place for the studio",
    )


@dataclass(frozen=True)
class Panorama:
    """A panorama that can be used: its name, file and card."""

    name: str
    path: Path
    card: PanoramaCard

    @property
    def origin(self) -> str:
        """What it is, in words for the manifest: its name and license."""
        owner = "own panorama" if self.card.name_words else "panorama"
        return f"{owner} {self.name}" + (f", {self.card.license}" if self.card.license else "")

    def read(self) -> np.ndarray:
        """Reads its light: linear RGB, float32 (h, w, 3), w = 2 h, 0 and up, read-only.

        Raises UnusablePanorama for a file that cannot be used.
        """
        return read_panorama(self.path)


@dataclass(frozen=True)
class PanoramaLibrary:
    """The panoramas of a process.

    missing: names of those that set-up has not fetched.
    refused: a sentence for each file of a person's own that cannot be used.
    """

    panoramas: tuple[Panorama, ...] = ()
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Hexadecimal digits that change when panoramas do: results made with others differ."""
        marks = [
            f"{each.name} {each.path.stat().st_size} {each.card.describe()}"
            for each in self.panoramas
        ]
        return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:DIGEST_DIGITS]

    def list_problems(self) -> list[str]:
        """Returns a sentence for whatever of the photographed places is missing or refused."""
        if not self.missing:
            return list(self.refused)
        return [
            *self.refused,
            f"{len(self.missing)} of {len(load_cards())} photographed places are missing; "
            "`make places` fetches them, and until then places are painted",
        ]


NO_PANORAMAS = PanoramaLibrary()


def open_library(settings: PlaceSettings) -> PanoramaLibrary:
    """Lists the panoramas that there are, and reads each of a person's own once to check it.

    settings: the folders.
    """
    cards = load_cards()
    paths = {name: settings.places / f"{name}.exr" for name in cards}
    fetched = [
        Panorama(name, paths[name], card) for name, card in cards.items() if paths[name].is_file()
    ]
    own, refused = _open_own_panoramas(settings.studio_places)
    missing = [name for name in cards if not paths[name].is_file()]
    return PanoramaLibrary((*own, *fetched), tuple(missing), tuple(refused))


def _open_own_panoramas(folder: Path | None) -> tuple[list[Panorama], list[str]]:
    """Returns the usable panoramas of a person's own folder, and a sentence for each other file."""
    if folder is None:
        return [], []
    if not folder.is_dir():
        return [], [f"CYCLORAMA_STUDIO_PLACES: there is no folder {folder}"]
    panoramas, refused = [], []
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    for path in paths[:MAX_OWN_PANORAMAS]:
        try:
            read_panorama(path)
            panoramas.append(Panorama(path.stem, path, describe_own_panorama(path)))
        except UnusablePanorama as error:
            refused.append(str(error))
    if len(paths) > MAX_OWN_PANORAMAS:
        refused.append(
            f"CYCLORAMA_STUDIO_PLACES: {folder} has {len(paths)} panoramas; the first "
            f"{MAX_OWN_PANORAMAS} are used"
        )
    return panoramas, refused


def find_panorama(
    library: PanoramaLibrary,
    place: str | None,
    setting: str,
    words: Iterable[str],
    light_names: Iterable[str],
    rng: np.random.Generator,
) -> Panorama | None:
    """Returns a panorama that fits a brief; None where none does.

    place, setting: as in Brief.
    words: the brief's own, single or in phrases, in any case.
    light_names: kinds of light, as in LightOptions.names.
    rng: picks among those that fit equally well.
    """
    said = " ".join(("", *split_words(" ".join(words)), ""))
    lights = frozenset(light_names)
    points = {
        panorama.name: _rate_panorama(panorama.card, place, setting, said, lights)
        for panorama in library.panoramas
    }
    best = max(points.values(), default=0)
    if best <= 0:
        return None
    fitting = [each for each in library.panoramas if points[each.name] == best]
    return fitting[int(rng.integers(len(fitting)))]


def _rate_panorama(
    card: PanoramaCard, place: str | None, setting: str, said: str, lights: frozenset[str]
) -> int:
    """Rates how well a panorama fits a brief: 0 where it does not, else 1 and up.

    place, setting: as in Brief.
    said: the brief's words in lower case, each between spaces.
    lights: kinds of light, as in LightOptions.names.
    """
    key = f"{place}/{setting}" if setting else place or ""
    points = WORD_POINTS * _count_words(card.words, said)
    if card.name_words:
        is_named = _count_words(card.name_words, said) == len(card.name_words)
        return OWN_POINTS + points if is_named or {key, place} & card.fits else 0
    needed = card.needs.get(key, frozenset())
    if key not in card.fits or card.refuses & lights:
        return 0
    if needed and not _count_words(needed, said):
        return 0
    return 1 + points + LIGHT_POINTS * len(card.light & lights)


def _count_words(words: frozenset[str], said: str) -> int:
    """Counts which of these words and phrases are among those said, each between spaces."""
    return sum(f" {word} " in said for word in words)
