"""Callers of the gateway, their scopes and quotas, and the caller of the current call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME = r"[a-z0-9][a-z0-9_.-]{0,63}"


class Scope(StrEnum):
    """What a caller is authorized to do; ADMIN allows everything, for the jobs of all callers."""

    CREATE = "create"
    READ = "read"
    ADMIN = "admin"


class Caller(BaseModel):
    """A caller with its scopes and quotas.

    max_concurrent_calls: at one gateway; None for the gateway's `caller_share` of every method.
    ads_per_day, mib_per_day: ads requested and MiB of requests since midnight UTC, at all gateways
    that share a database; None for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=f"^{NAME}$")
    scopes: frozenset[Scope] = Field(min_length=1)
    max_concurrent_calls: Annotated[int, Field(ge=1)] | None = None
    ads_per_day: Annotated[int, Field(ge=0)] | None = None
    mib_per_day: Annotated[float, Field(ge=0)] | None = None

    def has_scope(self, scope: Scope) -> bool:
        """Returns whether the caller has a scope, or is an admin."""
        return bool({scope, Scope.ADMIN} & self.scopes)

    @property
    def visible_owner(self) -> str | None:
        """The only owner whose jobs this caller can see; None for an admin, who sees all jobs."""
        return None if self.has_scope(Scope.ADMIN) else self.name


# The caller of every call at a gateway without a credentials file.
LOCAL_CALLER = Caller(name="local", scopes=frozenset({Scope.ADMIN}))

_current: ContextVar[Caller | None] = ContextVar("current caller", default=None)


def get_current_caller() -> Caller:
    """Returns who sent the gRPC call that this code runs for, as authentication set it.

    Raises LookupError outside a call.
    """
    caller = _current.get()
    if caller is None:
        raise LookupError("no caller is known here")
    return caller


@contextmanager
def bind_caller(caller: Caller) -> Iterator[None]:
    """Makes a caller the one that `get_current_caller` returns during the block."""
    _current.set(caller)
    try:
        yield
    finally:
        # ContextVar.reset would fail here: an abandoned stream is closed in another context.
        _current.set(None)
