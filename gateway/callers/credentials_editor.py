"""Changes a credentials file: adds callers, changes quotas, and adds, expires and revokes tokens.

What the commands do not change, such as comments, stays as the operator wrote it.
"""

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from gateway.callers.caller import Caller
from gateway.callers.credentials import TokenEntry, parse_credentials
from gateway.callers.tokens import generate_token, hash_token

# Mode of a new file: hashes reveal no token, but names and quotas of callers are private.
OWNER_ONLY_MODE = 0o600
# The start of a table in TOML, [caller.NAME] or [[token]], with the comment above it.
TABLE_START = re.compile(r"^(?:[ \t]*#.*\n)*[ \t]*\[", re.MULTILINE)
HEADING = re.compile(r"^[ \t]*\[.*$", re.MULTILINE)
EXPIRES_LINE = re.compile(r"^\s*expires\s*=.*\n?", re.MULTILINE)

TokenChange = Callable[[TokenEntry], TokenEntry | None]
"""Returns what becomes of a token: itself, one that expires at another time, None to revoke it."""


def read_callers(path: Path) -> tuple[list[TokenEntry], dict[str, Caller]]:
    """Returns the tokens of a credentials file, and its callers by name.

    Raises OSError when the file cannot be read, and ValueError when it is invalid.
    """
    return parse_credentials(path.read_text())


def add_caller(
    path: Path, name: str, scopes: Sequence[str], quotas: Mapping[str, float | None] | None = None
) -> None:
    """Adds a caller, without a token, to the credentials file, which is created if missing.

    path: of the file. scopes: what the caller may do, such as "create" and "read". quotas: by name
    of a field of Caller, such as "ads_per_day"; those left out are unlimited.
    Raises ValueError when the name exists or a value is invalid.
    """

    def add(text: str) -> str:
        _, callers = parse_credentials(text)
        if name in callers:
            raise ValueError(f"there is a caller {name} already; `renew` makes one more token")
        fields = {"scopes": list(scopes), **(quotas or {})}
        # JSON and TOML write strings, numbers and lists in the same way.
        lines = [f"{field} = {json.dumps(value)}" for field, value in fields.items()]
        return _append_lines(text, [f"[caller.{json.dumps(name)}]", *lines])

    _edit_file(path, add, create=True)


def change_quotas(path: Path, name: str, quotas: Mapping[str, float | None]) -> Caller:
    """Changes quotas of a caller in the credentials file; returns the caller with them.

    quotas: by name of a field of Caller; None removes one, and those left out stay. Raises
    ValueError when there is no such caller, or its table cannot be changed here.
    """
    changed: list[Caller] = []

    def change(text: str) -> str:
        _read_tokens(text, name)
        tables = [_change_quotas(table, name, quotas) for table in _split_tables(text)]
        tokens, callers = parse_credentials(text)
        changed[:] = [callers[name].model_copy(update=dict(quotas))]
        edited = "".join(tables)
        if parse_credentials(edited) != (tokens, callers | {name: changed[0]}):
            raise ValueError(f"{name} is not written as a table [caller.NAME]; change it by hand")
        return edited

    _edit_file(path, change)
    return changed[0]


def add_token(path: Path, name: str, expires: datetime | None = None) -> str:
    """Generates a token for a caller and adds its hash to the credentials file; returns the token.

    name: of the caller. expires: None for a token that never expires. Raises ValueError when there
    is no such caller.
    """
    token, created = generate_token(), datetime.now(UTC).replace(microsecond=0)

    def add(text: str) -> str:
        _read_tokens(text, name)
        lines = ["[[token]]", f"caller = {json.dumps(name)}", f'sha256 = "{hash_token(token)}"']
        lines += [f"created = {created.isoformat()}"]
        return _append_lines(
            text, [*lines, *([f"expires = {expires.isoformat()}"] if expires else [])]
        )

    _edit_file(path, add)
    return token


def revoke_tokens(path: Path, name: str, ids: Sequence[str] = ()) -> list[TokenEntry]:
    """Removes tokens of a caller from the credentials file; returns those that it had.

    ids: the first digits of the tokens' hashes, as `TokenEntry.id`; empty for all of the caller.
    Raises ValueError when there is no such caller or token, or an id fits several.
    """
    revoked: list[TokenEntry] = []

    def revoke(text: str) -> str:
        own = _read_tokens(text, name)
        revoked[:] = [_find_token(own, name, each) for each in ids] or own
        return _change_tokens(text, lambda token: None if token in revoked else token)

    _edit_file(path, revoke)
    return revoked


def expire_tokens(path: Path, name: str, latest: datetime) -> list[TokenEntry]:
    """Lets the tokens of a caller expire at a time at the latest; returns those that it changed.

    Raises ValueError when there is no such caller.
    """
    expired: list[TokenEntry] = []

    def expire(text: str) -> str:
        own = _read_tokens(text, name)
        expired[:] = [token for token in own if not token.expires or token.expires > latest]
        return _change_tokens(
            text,
            lambda token: (
                token.model_copy(update={"expires": latest}) if token in expired else token
            ),
        )

    _edit_file(path, expire)
    return expired


def _read_tokens(text: str, name: str) -> list[TokenEntry]:
    """Returns the tokens of a caller; raises ValueError when there is no such caller."""
    tokens, callers = parse_credentials(text)
    if name not in callers:
        known = f"; there are: {', '.join(sorted(callers))}" if callers else ""
        raise ValueError(f"there is no caller {name}{known}; `new` adds one")
    return [token for token in tokens if token.caller == name]


def _find_token(tokens: Sequence[TokenEntry], name: str, digits: str) -> TokenEntry:
    """Returns the token whose hash starts with some digits; raises ValueError unless it is one.

    name: of the caller, for the error's text.
    """
    # An empty word would fit every token.
    found = [token for token in tokens if digits and token.sha256.startswith(digits)]
    if len(found) != 1:
        problem = "several tokens" if found else "no token"
        raise ValueError(f"{name} has {problem} {digits}; `list` shows their ids")
    return found[0]


def _append_lines(text: str, lines: Sequence[str]) -> str:
    """Returns a text with lines at its end, after an empty one."""
    return (f"{text.rstrip()}\n\n" if text.strip() else "") + "\n".join(lines) + "\n"


def _change_tokens(text: str, change: TokenChange) -> str:
    """Returns the text of a credentials file with changed tokens; all else stays as it is.

    Raises ValueError when a token is written in a way that cannot be changed here.
    """
    tokens, callers = parse_credentials(text)
    changes = {token.sha256: (token, change(token)) for token in tokens}
    changed = "".join(_change_table(table, changes) for table in _split_tables(text))
    wanted = [after for _, after in changes.values() if after]
    if parse_credentials(changed) != (wanted, callers):
        raise ValueError("its tokens are not written as tables [[token]]; change it by hand")
    return changed


def _split_tables(text: str) -> Iterator[str]:
    """Yields the parts of a TOML text: what precedes the first table, and each table."""
    starts = [0, *(found.start() for found in TABLE_START.finditer(text)), len(text)]
    for start, end in pairwise(starts):
        yield text[start:end]


def _change_table(table: str, changes: Mapping[str, tuple[TokenEntry, TokenEntry | None]]) -> str:
    """Returns the text of a table, changed if it is that of a token.

    changes: each token before and after, by its hash.
    """
    before, after = next(
        (pair for sha256, pair in changes.items() if sha256 in table), (None, None)
    )
    if before == after:
        return table
    if after is None:
        return ""
    kept = EXPIRES_LINE.sub("", table).rstrip()
    return f"{kept}\nexpires = {after.expires.isoformat()}\n\n" if after.expires else f"{kept}\n\n"


def _change_quotas(table: str, name: str, quotas: Mapping[str, float | None]) -> str:
    """Returns the text of a table with other quotas if it is that of a caller, else as it is."""
    heading = HEADING.search(table)
    try:
        is_callers = heading and tomllib.loads(heading[0]) == {"caller": {name: {}}}
    except ValueError:
        # A part of a value that begins with a bracket.
        return table
    if not is_callers:
        return table
    kept = re.sub(rf"^[ \t]*({'|'.join(quotas)})[ \t]*=.*\n?", "", table, flags=re.MULTILINE)
    lines = (f"{field} = {value}\n" for field, value in quotas.items() if value is not None)
    return f"{kept.rstrip()}\n{''.join(lines)}\n"


def _edit_file(path: Path, edit: Callable[[str], str], *, create: bool = False) -> None:
    """Replaces a credentials file by what `edit` makes of its text.

    create: whether the file may be missing. Raises ValueError, and leaves the file unchanged, when
    the result would be invalid; OSError when the file cannot be read or replaced.
    """
    # What a link points to is replaced, not the link.
    path = path.resolve()
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    with _lock_folder(path.parent):
        text = edit(path.read_text() if path.exists() or not create else "")
        # Only to raise ValueError when the text is invalid.
        parse_credentials(text)
        _replace_file(path, text)


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Lets one process at a time change files of a folder, so that no change is lost."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace_file(path: Path, text: str) -> None:
    """Replaces a file atomically, with its owner and mode: a gateway never reads half of it."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_MODE), "w") as file:
        file.write(text)
        if path.exists():
            _copy_owner_and_mode(path, file.fileno())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _copy_owner_and_mode(path: Path, descriptor: int) -> None:
    """Copies the owner and mode of a file to an open one; raises PermissionError if it may not."""
    old, new = path.stat(), os.fstat(descriptor)
    try:
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError as error:
        raise PermissionError(error.errno, "only its owner or root can change it") from None
    os.fchmod(descriptor, old.st_mode & 0o777)
