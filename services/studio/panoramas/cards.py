"""Cards of panoramas: what each shows, which briefs it fits, and which light it has.

The cards of the fetched panoramas are in cards.toml. A person's own panorama is described by the
name of its file, or by a text file next to it.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services.studio.briefs.brief import PLACE_NAMES
from services.studio.panoramas.reading import UnusablePanorama

CARDS = Path(__file__).parent / "cards.toml"
# The package that contains the panoramas, and its license.
PACKAGE, PACKAGE_LICENSE = "@pmndrs/assets@1.7.0", "CC0"
# Parts of file names that say nothing about a place: resolutions and the like.
NOISE_WORDS = frozenset(("1k", "2k", "4k", "8k", "hdr", "hdri", "exr", "pano", "panorama"))
# Places that are rooms, whose light is balanced further.
ROOMS = frozenset(
    ("kitchen", "dining", "bathroom", "living_room", "bedroom", "nursery", "office", "gym")
) | {"cafe", "bar", "workshop", "studio", "podium", "tabletop", "festive"}
# A line of a text file that sets one of these: place = "kitchen"
ASSIGNMENT = re.compile(r'(place|setting|indoors|license)\s*=\s*"?([^"]*?)"?\s*')
MAX_DESCRIPTION_BYTES = 8192


class PanoramaCard(BaseModel):
    """What is known of a panorama.

    title: what it shows, in words.
    sha256: of its file; empty for people's own.
    license: short name; empty where it is not known.
    name_words: words of the file's name; empty for the fetched ones. A brief with all of them
    names a person's own panorama, which comes first.
    fits: places it fits, and settings of them as "place/setting".
    needs: by entry of fits, words of which a brief must contain one there.
    words: words of briefs that it suits best.
    light, refuses: kinds of light (LightOptions.names) that it has, and that it cannot have.
    indoors: whether it shows a room.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def describe(self) -> str:
        """Returns the card as text, equal in every process, which orders sets differently."""
        return json.dumps(self.model_dump(), default=sorted, sort_keys=True)

    title: str = Field(min_length=1)
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    license: str = ""
    name_words: frozenset[str] = frozenset()
    fits: frozenset[str] = frozenset()
    needs: Mapping[str, frozenset[str]] = {}
    words: frozenset[str] = frozenset()
    light: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    indoors: bool = False


@cache
def load_cards() -> Mapping[str, PanoramaCard]:
    """Returns the cards of the fetched panoramas by name."""
    tables = tomllib.loads(CARDS.read_text(encoding="utf-8"))
    return {name: PanoramaCard(license=PACKAGE_LICENSE, **table) for name, table in tables.items()}


def describe_own_panorama(path: Path) -> PanoramaCard:
    """Returns the card of a person's own panorama: by its file's name and the text next to it.

    path: of the picture. A file of the same name that ends in .txt has lines of words, and lines
    such as place = "kitchen".

    Raises UnusablePanorama for a text that cannot be read and for a place that does not exist.
    """
    name_words = frozenset(split_words(path.stem)) - NOISE_WORDS
    words, settings = set(name_words), {}
    for line in _read_description(path.with_suffix(".txt")):
        if assignment := ASSIGNMENT.fullmatch(line):
            settings[assignment[1]] = assignment[2].strip()
        else:
            words |= {" ".join(split_words(line)), *split_words(line)}
    place = settings.get("place", "").lower() or _find_place("_".join(split_words(path.stem)))
    if place and place not in PLACE_NAMES:
        raise UnusablePanorama(
            f"{path.stem}.txt names the place {place!r}; choose from {', '.join(PLACE_NAMES)}"
        )
    setting = settings.get("setting", "").lower()
    return PanoramaCard.model_validate(
        {
            "title": path.stem,
            "license": settings.get("license", ""),
            "name_words": name_words,
            "fits": [f"{place}/{setting}" if setting else place] if place else [],
            "words": words,
            "indoors": settings.get("indoors", "").lower() in ("true", "yes") or place in ROOMS,
        }
    )


def _find_place(stem: str) -> str:
    """Returns the place, one of PLACE_NAMES, that the name of a file contains; empty if none."""
    return next((name for name in PLACE_NAMES if f"_{name}_" in f"_{stem}_"), "")


def _read_description(path: Path) -> list[str]:
    """Returns the lines of a text file that are not empty; none where there is no file.

    Raises UnusablePanorama for a file that is too long or no text.
    """
    if not path.is_file():
        return []
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise UnusablePanorama(f"{path.name} is longer than {MAX_DESCRIPTION_BYTES} bytes")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusablePanorama(f"{path.name} is no text in UTF-8") from error
    return [line.strip() for line in lines if line.strip()]


def split_words(text: str) -> list[str]:
    """Splits text into words in lower case: at everything but letters and digits."""
    return re.findall(r"[^\W_]+", text.lower())
