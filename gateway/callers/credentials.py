"""The credentials file: callers and hashes of their tokens; reloaded when it changes."""

import hmac
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.callers.caller import Caller
from gateway.callers.tokens import hash_token
from gateway.named_tables import read_named_tables, validate_table
from services.runtime.files import FileWatcher

log = structlog.get_logger()

# Hexadecimal digits of a hash by which people name a token. Fewer: two tokens may share them.
ID_DIGITS = 8


class TokenEntry(BaseModel):
    """A token in the file: its caller, its SHA-256 in hexadecimal, its dates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caller: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    created: AwareDatetime | None = None
    expires: AwareDatetime | None = None

    @property
    def id(self) -> str:
        """What names the token without revealing it: the first digits of its hash."""
        return self.sha256[:ID_DIGITS]

    def is_valid(self, now: datetime) -> bool:
        """Returns whether the token has not expired."""
        return self.expires is None or now < self.expires


class Credentials:
    """Finds callers by their tokens in a credentials file.

    Raises SystemExit when the file is invalid at first. An invalid change is logged, and the
    credentials read before stay in force.
    """

    def __init__(self, path: str) -> None:
        """Reads the credentials file at a path; raises SystemExit when it is invalid."""
        self._path = Path(path)
        self._changes = FileWatcher([path])
        try:
            self._tokens, self._callers = parse_credentials(self._path.read_text())
        except (OSError, ValueError) as error:
            raise SystemExit(f"the file of callers {path} cannot be used: {error}") from None

    def find_caller(self, token: str) -> Caller | None:
        """Returns the caller of a token; None when the token is unknown or has expired.

        token: as the caller sent it, not its hash.
        """
        self._reload_changed_file()
        token_hash, matching = hash_token(token), None
        # All entries, each compared in constant time: the duration reveals nothing.
        for entry in self._tokens:
            if hmac.compare_digest(entry.sha256, token_hash):
                matching = entry
        if matching is None or not matching.is_valid(datetime.now(UTC)):
            return None
        return self._callers[matching.caller]

    def _reload_changed_file(self) -> None:
        """Reads the credentials file again if it has changed since the previous call.

        An invalid file is logged, and the old credentials stay in force.
        """
        if not self._changes.has_changed():
            return
        try:
            self._tokens, self._callers = parse_credentials(self._path.read_text())
            log.info("credentials reloaded", callers=len(self._callers))
        except (OSError, ValueError) as error:
            log.warning("changed credentials file is invalid", cause=str(error))


def parse_credentials(text: str) -> tuple[list[TokenEntry], dict[str, Caller]]:
    """Parses the TOML text of a credentials file; returns its tokens, and its callers by name.

    A caller is a table [caller.NAME], a token an entry [[token]] with the name of its caller.
    Raises ValueError with the reason when the text is invalid.
    """
    document = tomllib.loads(text)
    if not document.keys() <= {"caller", "token"}:
        raise ValueError("only [caller.NAME] and [[token]] may be in it")
    tables = read_named_tables(document, "caller")
    callers = {
        name: validate_table(Caller, {"name": name, **fields}, f"[caller.{name}]")
        for name, fields in tables.items()
    }
    tokens = [
        validate_table(TokenEntry, entry, f"[[token]] number {number}")
        for number, entry in enumerate(document.get("token", []), 1)
    ]
    for token in tokens:
        if token.caller not in callers:
            raise ValueError(f"a token is for {token.caller}, of whom there is no [caller] table")
    return tokens, callers
