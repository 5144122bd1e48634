"""Adds callers and tokens at the end of a credentials file."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gateway.callers.credentials import parse_credentials
from gateway.callers.tokens import generate_token, hash_token

# Mode of a new file: hashes reveal no token, but names and quotas of callers are private.
OWNER_ONLY_MODE = 0o600


def add_caller(
    path: Path, name: str, scopes: Sequence[str], quotas: Mapping[str, int] | None = None
) -> None:
    """Adds a caller, without a token, to the credentials file, which is created if missing.

    path: of the file. scopes: what the caller may do, such as "create" and "read". quotas: by name
    of a field of Caller, such as "ads_per_day"; those left out are unlimited.
    Raises ValueError when the name exists or a value is invalid.
    """
    _, callers = parse_credentials(_read_text(path))
    if name in callers:
        raise ValueError(f"there is a caller {name} already; `renew` makes one more token")
    fields = {"scopes": list(scopes), **(quotas or {})}
    # JSON and TOML write strings, numbers and lists in the same way.
    lines = [f"{field} = {json.dumps(value)}" for field, value in fields.items()]
    _append_lines(path, [f"[caller.{json.dumps(name)}]", *lines])


def add_token(path: Path, name: str, expires: datetime | None = None) -> str:
    """Generates a token for a caller and adds its hash to the credentials file; returns the token.

    name: of the caller. expires: None for a token that never expires. Raises ValueError when there
    is no such caller.
    """
    _, callers = parse_credentials(_read_text(path))
    if name not in callers:
        raise ValueError(f"there is no caller {name}; `new` enters one")
    token = generate_token()
    lines = ["[[token]]", f"caller = {json.dumps(name)}", f'sha256 = "{hash_token(token)}"']
    _append_lines(path, [*lines, *([f"expires = {expires.isoformat()}"] if expires else [])])
    return token


def _read_text(path: Path) -> str:
    """Returns the text of a file, empty when the file does not exist."""
    return path.read_text() if path.exists() else ""


def _append_lines(path: Path, lines: Sequence[str]) -> None:
    """Adds lines at the end of a credentials file, which is created if missing.

    Raises ValueError, and leaves the file unchanged, when the result would be invalid.
    """
    before = _read_text(path)
    text = (f"{before.rstrip()}\n\n" if before.strip() else "") + "\n".join(lines) + "\n"
    # Only to raise ValueError when the text is invalid.
    parse_credentials(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    mode = path.stat().st_mode & 0o777 if path.exists() else OWNER_ONLY_MODE
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    # Atomic: a gateway never reads half of the file.
    temporary.replace(path)
