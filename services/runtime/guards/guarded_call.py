"""A call as its guards see it, and what a guard is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from google.protobuf.message import Message


@dataclass
class GuardedCall:
    """A call as its guards see it.

    request: only until all guards have begun; then the method alone decides how long it is kept.
    is_active: whether the caller still waits. seconds_left: time until its deadline; without a
    deadline, None or centuries. metadata: what the caller sent, by lower-case key. peer: the
    connection, such as "ipv4:127.0.0.1:40000". at_end: what to run when the call has ended and its
    response was sent, in any thread.
    """

    method: str
    request: Message
    id: str
    is_active: Callable[[], bool]
    seconds_left: Callable[[], float | None]
    metadata: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    peer: str = ""
    at_end: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @property
    def bearer_token(self) -> str:
        """The bearer token in the metadata; empty if there is none."""
        return read_bearer_token(self.metadata)


Guard = Callable[[GuardedCall], AbstractContextManager[None] | None]
"""Checks a call before it runs, or returns what surrounds it; raises ServiceError to reject it."""

EarlyCheck = Callable[[str, str], object]
"""Takes the method and the bearer token of a call; raises ServiceError to reject it unread."""


def read_bearer_token(metadata: Mapping[str, str | bytes]) -> str:
    """Returns the bearer token in a call's metadata; "" if there is none."""
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
