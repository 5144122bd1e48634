"""Lets in whoever shows a valid token and may do what they ask for."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import structlog

from gateway.callers.book import Book
from gateway.callers.caller import LOCAL, Caller, Scope, called_by
from services.runtime.errors import ServiceError
from services.runtime.guards.interceptor import GuardedCall

# What each method needs; one that is missing here needs Scope.ADMIN.
SCOPES = {
    "CreateAd": Scope.CREATE,
    "SubmitJob": Scope.CREATE,
    "CancelJob": Scope.CREATE,
    "GetJob": Scope.READ,
    "ListJobs": Scope.READ,
    "WatchJob": Scope.READ,
    "GetArtifact": Scope.READ,
    "VerifyAd": Scope.READ,
    "CheckAd": Scope.READ,
    "ListEngines": Scope.READ,
}


class Unauthenticated(ServiceError):
    """No valid token came with the call; one text for all reasons, so that it tells nothing."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(
            "no valid token came with the call; send yours as `authorization: Bearer TOKEN`, and "
            "ask for a new one where it has expired"
        )


class NotAllowed(ServiceError):
    """The caller is known and may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "MISSING_SCOPE"

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"this token does not have the scope {scope}; ask for one that has it")
        self.metadata = {"scope": str(scope)}


class Authentication:
    """A gate and a guard. Without a book everybody who can connect is the caller `local`."""

    def __init__(self, book: Book | None) -> None:
        self._book = book

    def check(self, method: str, bearer: str) -> Caller:
        """Who calls a method; raises Unauthenticated or NotAllowed. Asked before a request is read.

        bearer: the token, empty when there was none.
        """
        caller = self._book.find(bearer) if self._book else LOCAL
        if caller is None:
            raise Unauthenticated()
        scope = SCOPES.get(method, Scope.ADMIN)
        if not caller.may(scope):
            raise NotAllowed(scope)
        return caller

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        caller = self.check(call.method, call.bearer_token)
        structlog.contextvars.bind_contextvars(caller=caller.name)
        with called_by(caller):
            yield
