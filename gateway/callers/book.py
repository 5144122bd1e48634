"""The file that says who may call; it is read again when it changes."""

import hmac
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.callers.caller import Caller
from gateway.callers.tokens import hash_of
from services.runtime.files import FileWatcher

log = structlog.get_logger()


class Token(BaseModel):
    """What the file says of a token: whose it is, SHA-256 in hex, and when it ends to be valid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caller: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    expires: AwareDatetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.expires is None or now < self.expires


class Book:
    """Knows callers by their tokens. Raises SystemExit when the file cannot be used at first.

    A change that cannot be used is told in the log, and what was read before stays in force.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._changes = FileWatcher([path])
        try:
            self._tokens, self._callers = parse(self._path.read_text())
        except (OSError, ValueError) as error:
            raise SystemExit(f"the file of callers {path} cannot be used: {error}") from None

    def find(self, token: str) -> Caller | None:
        """Whose token this is; None when it is nobody's, or no longer valid."""
        self._refresh()
        shown, found = hash_of(token), None
        # All of them, each in constant time: how long it takes tells nothing.
        for each in self._tokens:
            if hmac.compare_digest(each.sha256, shown):
                found = each
        if found is None or not found.valid(datetime.now(UTC)):
            return None
        return self._callers[found.caller]

    def _refresh(self) -> None:
        if not self._changes.has_changed():
            return
        try:
            self._tokens, self._callers = parse(self._path.read_text())
            log.info("callers read anew", callers=len(self._callers))
        except (OSError, ValueError) as error:
            log.warning("the changed file of callers cannot be used", cause=str(error))


def parse(text: str) -> tuple[list[Token], dict[str, Caller]]:
    """The tokens and callers in the text of a file; ValueError says what is wrong with it."""
    told = tomllib.loads(text)
    if not told.keys() <= {"caller", "token"}:
        raise ValueError("only [caller.NAME] and [[token]] may be in it")
    try:
        callers = {name: Caller(name=name, **fields) for name, fields in _tables(told).items()}
        tokens = [Token.model_validate(each) for each in told.get("token", [])]
    except ValidationError as error:
        # Without the value: it may be a token that somebody wrote in place of its hash.
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for token in tokens:
        if token.caller not in callers:
            raise ValueError(f"a token is for {token.caller}, of whom there is no [caller] table")
    return tokens, callers


def _tables(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tables = told.get("caller", {})
    if not isinstance(tables, dict) or not all(isinstance(each, dict) for each in tables.values()):
        raise ValueError("callers are written as tables, [caller.NAME]")
    if any("name" in each for each in tables.values()):
        raise ValueError("a caller's name stands in its heading, [caller.NAME]")
    return tables
