"""The rules of advertising platforms, read from dated data files."""

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
    """One rule: the name of its check, its bounds, and whether it only advises."""

    check: str
    advice: bool = False
    text: str = ""
    bounds: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """What a platform asks of a picture.

    source, checked: where its rules were read, and when. request: fields of a CreateAdRequest in
    proto3 JSON that make a picture fit. fixed: the fields among them that must stay, and why.
    """

    name: str
    title: str
    source: str
    checked: datetime.date
    request: Mapping[str, Any]
    fixed: Mapping[str, str]
    rules: tuple[PlatformRule, ...]


@cache
def names() -> tuple[str, ...]:
    """The profiles that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def find(name: str, field_name: str) -> Profile:
    """Returns a profile; raises InvalidRequest with the names that there are."""
    if name not in names():
        text = f"there is no profile {name!r}; choose from {', '.join(names())}"
        raise InvalidRequest(Violation(field_name, text))
    return _read(name)


@cache
def _read(name: str) -> Profile:
    told = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    rules = tuple(_rule(dict(each)) for each in told["rules"])
    return Profile(
        name=name,
        title=told["title"],
        source=told["source"],
        checked=told["checked"],
        request=told.get("request", {}),
        fixed=told.get("fixed", {}),
        rules=rules,
    )


def _rule(told: dict[str, Any]) -> PlatformRule:
    own = {key: told.pop(key) for key in ("check", "advice", "text") if key in told}
    return PlatformRule(**own, bounds=told)
