"""The image rules of advertising platforms, read from dated TOML files."""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from services.runtime.errors import InvalidRequest, Violation

FOLDER = Path(__file__).parent / "platforms"


@dataclass(frozen=True)
class PlatformRule:
    """One rule of a platform.

    check: the name of its check. bounds: what the check compares with. text: the rule in words.
    advice: whether it only advises.
    start: the day from which an announced rule is required, until when it only advises; None for
        a rule that is required already.
    """

    check: str
    advice: bool = False
    text: str = ""
    start: datetime.date | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict)

    def is_required(self, day: datetime.date) -> bool:
        """Whether a picture has to meet the rule on a day."""
        return not self.advice and (self.start is None or day >= self.start)


@dataclass(frozen=True)
class PlatformProfile:
    """What a platform requires of an image.

    source, checked: where its rules were read, and when. family: of platforms whose sizes are
    exported together. sizes: the usual (width, height) that meet its rules, the default first, in
    pixels. request: fields of a CreateAdRequest in
    proto3 JSON that produce a valid image. fixed: those of them that a caller must not override,
    each with the reason.
    """

    name: str
    title: str
    source: str
    checked: datetime.date
    family: str
    sizes: tuple[tuple[int, int], ...]
    request: Mapping[str, Any]
    fixed: Mapping[str, str]
    rules: tuple[PlatformRule, ...]


@cache
def list_profile_names() -> tuple[str, ...]:
    """Returns the names of all platform profiles."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_profile(name: str, field_name: str) -> PlatformProfile:
    """Returns the image rules of an advertising platform; raises InvalidRequest if it is unknown.

    name: of the profile, such as one in list_profile_names().
    field_name: path of the name in the request, for the error.
    """
    if name not in list_profile_names():
        text = f"there is no profile {name!r}; choose from {', '.join(list_profile_names())}"
        raise InvalidRequest(Violation(field_name, text))
    return _read_profile(name)


@cache
def _read_profile(name: str) -> PlatformProfile:
    """Reads the image rules of a platform from its TOML file; cached.

    name: of the file without its suffix; the file has to exist.
    """
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    return PlatformProfile(
        name=name,
        title=document["title"],
        source=document["source"],
        checked=document["checked"],
        family=document["family"],
        sizes=tuple((width, height) for width, height in document["sizes"]),
        request=document.get("request", {}),
        fixed=document.get("fixed", {}),
        rules=tuple(_read_rule(dict(table)) for table in document["rules"]),
    )


def _read_rule(table: dict[str, Any]) -> PlatformRule:
    """Returns a table of a TOML file as a rule; keys that a rule does not have are its bounds."""
    own_fields = {key: table.pop(key) for key in ("check", "advice", "text") if key in table}
    return PlatformRule(**own_fields, start=table.pop("from", None), bounds=table)
