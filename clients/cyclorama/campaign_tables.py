"""Reads what files say about the ads of a campaign: values by key, and tables with rows of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from cyclorama.ad_flags import FLAG_ALIASES, FLAGS, build_ad_arguments, read_flags
from cyclorama.campaign_values import (
    read_integer,
    read_labels,
    read_number,
    read_text,
    read_values,
)
from cyclorama.option_words import parse_size
from cyclorama.sheets import SheetRow

# What says which ads to make; the flags say how.
SUBJECTS = ("photo", "prompt", "size")
# Keys of a .yaml campaign that are arguments of Jobs.submit, and how their values are read.
JOB_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "variants": read_integer,
    "priority": read_integer,
    "display_name": read_text,
    "labels": read_labels,
    "ad_timeout": read_number,
}
# The page's words among them.
ALIASES = {
    **FLAG_ALIASES,
    **{f"{name}s": name for name in SUBJECTS},
    "scene": "prompt",
    "scenes": "prompt",
    "button": "call",
    "best_of": "variants",
}
# Columns of a table that have a meaning.
COLUMNS = frozenset((*SUBJECTS, *FLAGS, "variants"))
# The contract's largest seed, less the most variants, whose seeds count up.
MAX_SEED = 2**31 - 17
# Separators of several sizes in one cell of a table.
SIZE_SEPARATORS = re.compile(r"[,;\n]")

if TYPE_CHECKING:
    from cyclorama.pictures import PictureLike

PhotoT = TypeVar("PhotoT", bound="PictureLike")
PhotoT_co = TypeVar("PhotoT_co", bound="PictureLike", covariant=True)


@dataclass(frozen=True)
class CampaignPart(Generic[PhotoT]):
    """A part of a campaign, which becomes one job, or the reason why it cannot.

    photos: pictures. prompts: scenes. arguments: further keyword arguments of Jobs.submit. line: of
    the table that has it, 0 if it comes from no table. error: why it is not submitted, or empty.
    photo_text: the photo as the row of the table names it, if there is an error.
    """

    photos: tuple[PhotoT, ...]
    prompts: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0
    error: str = ""
    photo_text: str = ""


class PictureFinder(Protocol[PhotoT_co]):
    """Protocol of what finds the pictures that a campaign names."""

    def find_photos(self, name: str) -> Iterable[PhotoT_co]:
        """Yields the photo of a name, or several; raises ValueError when there is none."""

    def find_picture(self, name: str) -> PhotoT_co:
        """Returns another picture, such as a logo; raises ValueError when there is none."""


def read_table(
    rows: Iterable[SheetRow],
    finder: PictureFinder[PhotoT],
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> Iterator[CampaignPart[PhotoT]]:
    """Yields a part of a campaign for each row of a table.

    A row that is wrong becomes a part with an error, which begins with its line.

    rows: with the names of COLUMNS; others are left out. given: values of SUBJECTS and FLAGS of a
    command line, which precede those of the table. defaults: values of SUBJECTS for rows without
    their own.
    """
    for row in rows:
        yield _read_row(row, finder, given, defaults)


def list_unused_columns(rows: Iterable[SheetRow]) -> list[str]:
    """Returns the columns of a table that have no meaning, of which some row has a text."""
    return list(dict.fromkeys(name for row in rows for name in row.cells if name not in COLUMNS))


def list_required_columns(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """Returns the columns that a table must have; given, defaults: as of read_table."""
    return [name for name in ("photo", "prompt") if not (given.get(name) or defaults.get(name))]


def choose_seed(campaign: str) -> int:
    """Returns a seed for all parts of a campaign, so that they share their scenes.

    campaign: its UUID, whose seed is always the same.
    """
    return Random(campaign).randrange(MAX_SEED)


def _read_row(
    row: SheetRow,
    finder: PictureFinder[PhotoT],
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> CampaignPart[PhotoT]:
    """Returns a row of a table as a part, with the reason if it cannot be submitted."""
    own = {name: cell for name, cell in row.cells.items() if name in COLUMNS}
    values = {**defaults, **own}
    try:
        if row.error:
            raise ValueError(row.error)
        if missing := list_required_columns(given, values):
            raise ValueError(f"{' and '.join(missing)} is empty")
        part = read_part(values, finder, given)
        return CampaignPart(part.photos, part.prompts, part.arguments, row.line)
    except (OSError, ValueError) as error:
        prompts = (own["prompt"],) if "prompt" in own else ()
        return CampaignPart(
            (), prompts, {}, row.line, f"line {row.line}: {error}", own.get("photo", "")
        )


def read_part(
    values: Mapping[str, Any], finder: PictureFinder[PhotoT], given: Mapping[str, Any]
) -> CampaignPart[PhotoT]:
    """Returns what a file says about ads as a part of a campaign; ValueError says what is wrong.

    values: by the names of SUBJECTS, JOB_KEYS and FLAGS, and "options". given: values of a command
    line, which precede them.
    """
    photos = [
        photo for name in _list_texts(values.get("photo")) for photo in finder.find_photos(name)
    ]
    prompts = given.get("prompt") or _list_texts(values.get("prompt"))
    if not photos or not prompts:
        raise ValueError("name at least one photo and one prompt")
    sizes = [parse_size(text) for text in given.get("size") or ()]
    sizes = sizes or [parse_size(text, "size") for text in _list_sizes(values.get("size"))]
    flags = {name: value for name, value in values.items() if name in FLAGS}
    arguments = build_ad_arguments(
        read_flags(flags, finder.find_picture)
        | {name: given[name] for name in FLAGS if name in given},
        values.get("options"),
    )
    if sizes:
        arguments["sizes"] = sizes
    job = {name: value for name, value in values.items() if name in JOB_KEYS}
    arguments |= read_values(job, JOB_KEYS)
    return CampaignPart(tuple(photos), tuple(prompts), arguments)


def _list_texts(value: Any) -> list[str]:
    """Returns one text or a list of texts as a list; ValueError for other values."""
    texts = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(text, (str, int, float)) for text in texts):
        raise ValueError(f"{value}: write a text or a list of texts; put a colon in quotes")
    return [text for text in map(str, texts) if text.strip()]


def _list_sizes(value: Any) -> list[str]:
    """Returns the texts of one size or of several."""
    return [size for text in _list_texts(value) for size in SIZE_SEPARATORS.split(text)]
