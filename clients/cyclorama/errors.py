"""The error that a failed call raises, and its translation from gRPC."""

from collections.abc import Iterable
from typing import cast

import grpc

Metadata = Iterable[tuple[str, str | bytes]]
# The reason when a message exceeds the size limit of the client or the server.
MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"


class CycloramaError(Exception):
    """A call failed; str() says why and what to do.

    code: the gRPC status, a grpc.StatusCode. text: the server's message. reason: a fixed name such
    as PRODUCT_NOT_FOUND, empty when the server was not reached. stage: the stage that failed, empty
    when it was none. call_id: identifies the call in the services' logs. retry_seconds: when to try
    again, None unless an equal request may then succeed.
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
    ) -> None:
        """Creates an error whose str() is the gRPC status and the text.

        text: the server's message. reason: a fixed name such as PRODUCT_NOT_FOUND. stage: the stage
        that failed. retry_seconds: when to try again, None if an equal request would fail again.
        """
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text
        self.reason = reason
        self.stage = stage
        self.call_id = call_id
        self.retry_seconds = retry_seconds

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


# Statuses of gRPC itself after which a retry may succeed: nothing answered, or not in time.
TRANSIENT_CODES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
# Seconds to wait before that retry. Larger: a server that restarts is noticed later; smaller: more
# calls in vain.
RETRY_SECONDS = 1.0
# Statuses of requests that have to be corrected before they are sent again.
CALLER_ERRORS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
)


def error_from_rpc(error: grpc.RpcError, address: str, uses_tls: bool = False) -> CycloramaError:
    """Converts the error of a gRPC call, blocking or asynchronous, into a CycloramaError.

    The server sends the reason, the stage, the call ID and the time to retry as trailing metadata.

    address: the server, named in the text when it does not answer. uses_tls: whether the connection
    is encrypted, so that a certificate that is not trusted may be the cause.
    """
    trailers = _select_texts(cast(Metadata, error.trailing_metadata() or ()))
    retry_text = trailers.get("cyclorama-retry-seconds")
    retry_seconds = float(retry_text) if retry_text else None
    text, reason = error.details() or "", trailers.get("cyclorama-reason", "")
    # Without a reason, the error comes from gRPC itself, not from a Cyclorama server.
    if error.code() in TRANSIENT_CODES and not reason:
        retry_seconds = RETRY_SECONDS
    if error.code() is grpc.StatusCode.UNAVAILABLE and not reason:
        subject = "nothing with a certificate to trust" if uses_tls else "nothing"
        text = f"{subject} answers at {address}; is it running?"
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and not reason:
        text, reason = (
            "the pictures are too large for one message; send smaller ones",
            MESSAGE_TOO_LARGE,
        )
    return CycloramaError(
        error.code(),
        text,
        reason=reason,
        stage=trailers.get("cyclorama-stage", ""),
        call_id=trailers.get("cyclorama-call-id", ""),
        retry_seconds=retry_seconds,
    )


def _select_texts(metadata: Metadata) -> dict[str, str]:
    """Returns the entries of gRPC metadata whose values are text; keys of bytes end in `-bin`."""
    return {key: value for key, value in metadata if isinstance(value, str)}
