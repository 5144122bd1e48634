"""Authenticates callers by their tokens and authorizes them by scope."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import structlog

from gateway.callers.caller import LOCAL_CALLER, Caller, Scope, bind_caller
from gateway.callers.credentials import Credentials
from services.runtime.errors import ServiceError
from services.runtime.guards.guarded_call import GuardedCall

# The scope that each method needs; a method that is missing here needs Scope.ADMIN.
SCOPES = {
    "CreateAd": Scope.CREATE,
    "SegmentProduct": Scope.CREATE,
    "SubmitJob": Scope.CREATE,
    "UploadImage": Scope.CREATE,
    "CancelJob": Scope.CREATE,
    "RetryJob": Scope.CREATE,
    "DeleteJob": Scope.CREATE,
    "GetJob": Scope.READ,
    "ListJobs": Scope.READ,
    "WatchJob": Scope.READ,
    "WaitJob": Scope.READ,
    "GetArtifact": Scope.READ,
    "VerifyAd": Scope.READ,
    "CheckAd": Scope.READ,
    "AssessAd": Scope.READ,
    "ListProfiles": Scope.READ,
    "ValidateOptions": Scope.READ,
    "ListEngines": Scope.READ,
    "ListWebhookEndpoints": Scope.READ,
    "EnableWebhookEndpoint": Scope.ADMIN,
    "ListWebhookDeliveries": Scope.READ,
    "ReplayWebhookDeliveries": Scope.CREATE,
}


class Unauthenticated(ServiceError):
    """The call has no valid token; the text is the same for all reasons and reveals none."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"

    def __init__(self) -> None:
        """Creates the error with its text, always the same."""
        super().__init__(
            "no valid token came with the call; send yours as `authorization: Bearer TOKEN`, and "
            "ask for a new one where it has expired"
        )


class PermissionDenied(ServiceError):
    """The token of the caller lacks the scope that the method needs."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "MISSING_SCOPE"

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"this token does not have the scope {scope}; ask for one that has it")
        self.metadata = {"scope": str(scope)}


class Authentication:
    """Authenticates each call, twice: before its request is read, and again as a guard around it.

    Without credentials every caller is `local`.
    """

    def __init__(self, credentials: Credentials | None) -> None:
        """Keeps the credentials; with None, every call counts as one of the caller `local`."""
        self._credentials = credentials

    def authenticate(self, method: str, bearer: str) -> Caller:
        """Returns the caller of a method, from the token that came with the call.

        method: its name, such as "CreateAd". bearer: the token; empty when the call has none.
        Raises Unauthenticated when the token is not valid, and PermissionDenied when it does not
        authorize the method.
        """
        caller = self._credentials.find_caller(bearer) if self._credentials else LOCAL_CALLER
        if caller is None:
            raise Unauthenticated()
        scope = SCOPES.get(method, Scope.ADMIN)
        if not caller.has_scope(scope):
            raise PermissionDenied(scope)
        return caller

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        """Authenticates a call, and makes its caller the current one, in logs too, in the block.

        Raises as `authenticate` does, which rejects the call.
        """
        caller = self.authenticate(call.method, call.bearer_token)
        structlog.contextvars.bind_contextvars(caller=caller.name)
        with bind_caller(caller):
            yield
