"""Writes callers and tokens into the file of callers, at its end, and leaves the rest alone."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gateway.callers.book import parse
from gateway.callers.tokens import hash_of, new_token

OWNER_ONLY = 0o600


def add_caller(
    path: Path, name: str, scopes: Sequence[str], quotas: Mapping[str, int] | None = None
) -> None:
    """Enters a caller; ValueError when there is one of that name or something is wrong."""
    if name in parse(_text(path))[1]:
        raise ValueError(f"there is a caller {name} already; `renew` makes one more token")
    fields = {"scopes": list(scopes), **(quotas or {})}
    lines = [f"{field} = {json.dumps(value)}" for field, value in fields.items()]
    _append(path, [f"[caller.{json.dumps(name)}]", *lines])


def add_token(path: Path, name: str, expires: datetime | None = None) -> str:
    """Enters the hash of a new token of a caller, and returns the token."""
    if name not in parse(_text(path))[1]:
        raise ValueError(f"there is no caller {name}; `new` enters one")
    token = new_token()
    lines = ["[[token]]", f"caller = {json.dumps(name)}", f'sha256 = "{hash_of(token)}"']
    _append(path, [*lines, *([f"expires = {expires.isoformat()}"] if expires else [])])
    return token


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _append(path: Path, lines: Sequence[str]) -> None:
    """Replaces the file by one that ends with the lines, unless it would be wrong."""
    before = _text(path)
    text = (f"{before.rstrip()}\n\n" if before.strip() else "") + "\n".join(lines) + "\n"
    parse(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}.{os.getpid()}")
    mode = path.stat().st_mode & 0o777 if path.exists() else OWNER_ONLY
    with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    # In one step: a gateway never reads half a file.
    written.replace(path)
