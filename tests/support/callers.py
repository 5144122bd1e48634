"""API callers with tokens in a callers file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.callers.credentials_editor import add_caller, add_token

SCOPES = {
    "shop": ["create", "read"],
    "agency": ["create", "read"],
    "screen": ["read"],
    "boss": ["admin"],
}


def write_callers(path: Path, **quotas) -> dict[str, str]:
    """Writes four callers with these quotas to a file and returns their tokens by name."""
    tokens = {}
    for name, scopes in SCOPES.items():
        add_caller(path, name, scopes, quotas)
        tokens[name] = add_token(path, name)
    return tokens


def add_expired_token(path: Path, name: str) -> str:
    """Adds a token that expired a second ago, and returns it."""
    return add_token(path, name, datetime.now(UTC) - timedelta(seconds=1))


def token_metadata(token: str) -> tuple[tuple[str, str], ...]:
    """Returns the call metadata that authenticates with a token."""
    return (("authorization", f"Bearer {token}"),)
