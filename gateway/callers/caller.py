"""Who calls the gateway, what they may do, and who the current call is by."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

NAME = r"[a-z0-9][a-z0-9_.-]{0,63}"


class Scope(StrEnum):
    """What a caller may do. ADMIN may do all of it, to everybody's jobs."""

    CREATE = "create"
    READ = "read"
    ADMIN = "admin"


class Caller(BaseModel):
    """Somebody who calls; quotas without a number are without bounds.

    calls_at_work: at one gateway at once. ads_per_day, mib_per_day: since midnight UTC, ads asked
    for and MiB of requests sent, at all gateways that share a database.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=f"^{NAME}$")
    scopes: frozenset[Scope] = Field(min_length=1)
    calls_at_work: int | None = Field(None, ge=1)
    ads_per_day: int | None = Field(None, ge=0)
    mib_per_day: float | None = Field(None, ge=0)

    def may(self, scope: Scope) -> bool:
        """Whether this caller may do what needs a scope."""
        return bool({scope, Scope.ADMIN} & self.scopes)

    @property
    def sees(self) -> str | None:
        """The only owner whose jobs are there for this caller; None where everybody's are."""
        return None if self.may(Scope.ADMIN) else self.name


# Whoever calls a gateway that has no file of callers.
LOCAL = Caller(name="local", scopes=frozenset({Scope.ADMIN}))

_current: ContextVar[Caller | None] = ContextVar("current caller", default=None)


def current_caller() -> Caller:
    """Who the call is by that this code runs for; nobody's code must not ask."""
    caller = _current.get()
    if caller is None:
        raise LookupError("no caller is known here")
    return caller


@contextmanager
def called_by(caller: Caller) -> Iterator[None]:
    """Makes a caller known to the functions below."""
    _current.set(caller)
    try:
        yield
    finally:
        # Not by its token: a stream that is given up is closed in another context.
        _current.set(None)
