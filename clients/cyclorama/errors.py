"""The errors that failed calls raise, one class for each that callers treat in its own way."""

from dataclasses import dataclass

import grpc

# Reasons of the client's own, for failures that no Cyclorama server reports.
UNREACHABLE, TIMED_OUT, WRONG_SERVICE = "UNREACHABLE", "TIMED_OUT", "WRONG_SERVICE"
CLIENT_CLOSED, MESSAGE_TOO_LARGE = "CLIENT_CLOSED", "MESSAGE_TOO_LARGE"
# Statuses of requests that have to be corrected before they are sent again.
CALLER_ERRORS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
)


@dataclass(frozen=True)
class FieldViolation:
    """One invalid field of a request.

    field: its path in the contract, such as "delivery.quality". text: what is wrong, and what to
    send.
    """

    field: str
    text: str


class CycloramaError(Exception):
    """A call failed; str() says why and what to do.

    code: the gRPC status, a grpc.StatusCode. text: the server's message. reason: a fixed name such
    as PRODUCT_NOT_FOUND. stage: the stage that failed, empty when it was none. call_id: identifies
    the call in the services' logs, empty when no server was reached. retry_seconds: when to try
    again, None unless an equal request may then succeed. field_violations: the invalid fields of
    the request.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        text: str,
        *,
        reason: str = "",
        stage: str = "",
        call_id: str = "",
        retry_seconds: float | None = None,
        field_violations: tuple[FieldViolation, ...] = (),
    ) -> None:
        """Creates an error whose str() is the gRPC status and the text.

        text: the server's message. reason: a fixed name such as PRODUCT_NOT_FOUND. stage: the stage
        that failed. retry_seconds: when to try again, None if an equal request would fail again.
        field_violations: the invalid fields.
        """
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text
        self.reason = reason
        self.stage = stage
        self.call_id = call_id
        self.retry_seconds = retry_seconds
        self.field_violations = field_violations

    @property
    def is_transient(self) -> bool:
        """Whether an equal request may succeed later without any change.

        Wait at least `retry_seconds` before each retry, and longer each time.
        """
        return self.retry_seconds is not None

    @property
    def caller_can_fix(self) -> bool:
        """Whether the request was at fault, so that a retry without a change fails again."""
        return self.code in CALLER_ERRORS or self.reason == MESSAGE_TOO_LARGE


class InvalidRequest(CycloramaError):
    """An argument or a picture is invalid or too large; `field_violations` has all of them."""


class NotFound(CycloramaError):
    """The job or the file does not exist, no longer, or belongs to another caller."""


class Unauthenticated(CycloramaError):
    """The call had no valid token."""


class PermissionDenied(CycloramaError):
    """The token lacks the scope that the call needs."""


class QuotaExceeded(CycloramaError):
    """A quota of the caller is used up until `retry_seconds` have passed."""


class Overloaded(CycloramaError):
    """Too many calls are in flight, or too many ads are queued; an equal call succeeds later."""


class Timeout(CycloramaError):
    """The call, or a stage, did not end in time."""


class Unavailable(CycloramaError):
    """The gateway, a stage, a store or a database does not answer; an equal call succeeds later."""


class StageError(CycloramaError):
    """A stage failed; `stage` names it."""


class ProductNotFound(StageError):
    """No product stands out in the photo."""


class EngineNotReady(StageError):
    """The engine that the call names does not exist, is not set up or is not ready."""


class Unsupported(CycloramaError):
    """The server does not have the method, or is not set up for it."""


class ClientClosed(CycloramaError):
    """The client was closed before the call, or during it."""


_BY_REASON: dict[str, type[CycloramaError]] = {
    "PRODUCT_NOT_FOUND": ProductNotFound,
    "ENGINE_NOT_READY": EngineNotReady,
    "QUOTA_EXCEEDED": QuotaExceeded,
    MESSAGE_TOO_LARGE: InvalidRequest,
    CLIENT_CLOSED: ClientClosed,
}
_BY_CODE: dict[grpc.StatusCode, type[CycloramaError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.OUT_OF_RANGE: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.DEADLINE_EXCEEDED: Timeout,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
}


def find_error_class(code: grpc.StatusCode, reason: str, stage: str) -> type[CycloramaError]:
    """Returns the class of the error that a status, a reason and a stage describe.

    reason, stage: empty when there is none.
    """
    other = StageError if stage else CycloramaError
    return _BY_REASON.get(reason) or _BY_CODE.get(code, other)
