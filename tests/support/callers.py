"""Callers with real tokens in a real file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.callers.credentials_editor import add_caller, add_token

SCOPES = {
    "shop": ["create", "read"],
    "agency": ["create", "read"],
    "screen": ["read"],
    "boss": ["admin"],
}


def written_callers(path: Path, **quotas) -> dict[str, str]:
    """Enters four callers, all with these quotas, and returns their tokens by name."""
    tokens = {}
    for name, scopes in SCOPES.items():
        add_caller(path, name, scopes, quotas)
        tokens[name] = add_token(path, name)
    return tokens


def expired_token(path: Path, name: str) -> str:
    """One more token of a caller, which ended to be valid a second ago."""
    return add_token(path, name, datetime.now(UTC) - timedelta(seconds=1))


def showing(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a call that shows a token."""
    return (("authorization", f"Bearer {token}"),)
