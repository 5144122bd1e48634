"""Expected errors, and the gRPC status that each of them becomes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime.limits import KILOBYTE

# The `domain` of every ErrorInfo, and the prefix of the same facts in plain metadata.
DOMAIN = "cyclorama"
# cv2.Error.StsNoMem, written out because the gateway runs without OpenCV.
CV2_NO_MEMORY = -4
# Seconds that callers wait at least before they retry. Larger: they lose more time after a short
# outage; smaller: they send more calls in vain.
RETRY_SECONDS = 1.0
# Where the value of a grpc.StatusCode, a number and a text, has the number.
GRPC_CODE_NUMBER = 0


class ServiceError(Exception):
    """An expected failure. Its text reaches the caller, so it says what to do next.

    retry_seconds: of a transient error, after which an equal request may succeed although nobody
    changes anything; None if it would fail again. It reaches the caller as a google.rpc RetryInfo.
    """

    code: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"
    metadata: Mapping[str, str] = MappingProxyType({})
    retry_seconds: float | None = None

    def details(self) -> Sequence[Message]:
        """Returns the google.rpc messages to send besides the ErrorInfo and the RetryInfo."""
        return ()


@dataclass(frozen=True)
class Violation:
    """One invalid field: its path in the request, and what to send instead."""

    field: str
    text: str


class InvalidRequest(ServiceError):
    """The request is invalid; the error lists every invalid field."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_REQUEST"

    def __init__(self, *violations: Violation) -> None:
        """Joins the violations, one per invalid field, into the error text."""
        super().__init__(
            "; ".join(f"{violation.field}: {violation.text}" for violation in violations)
        )
        self.violations = violations

    def details(self) -> Sequence[Message]:
        """Returns a google.rpc BadRequest that lists invalid fields and what to send instead."""
        return [
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=violation.field, description=violation.text
                    )
                    for violation in self.violations
                ]
            )
        ]


class MalformedRequest(ServiceError):
    """What arrived is no message of the method's request type."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "MALFORMED_REQUEST"


class InvalidImage(InvalidRequest):
    """An image in the request is corrupt, too large or of an unsupported kind."""

    reason = "INVALID_IMAGE"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(Violation(field, text))


class SizeLimitUnreachable(InvalidRequest):
    """The file cannot be compressed to the requested size."""

    reason = "SIZE_LIMIT_UNREACHABLE"

    def __init__(self, least_bytes: int, advice: str) -> None:
        """Builds the error of the request's field delivery.max_kilobytes.

        least_bytes: the smallest size to which the file can be compressed.
        advice: what else the caller can change, in words.
        """
        # Rounded up, so that a request for this size succeeds.
        least_kilobytes = -(-least_bytes // KILOBYTE)
        text = f"cannot be reached: the smallest is {least_kilobytes} kB; {advice}"
        super().__init__(Violation("delivery.max_kilobytes", text))


class ProductNotFound(ServiceError):
    """The photo is valid but shows no product that stands out from its background."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "PRODUCT_NOT_FOUND"


class EngineNotReady(ServiceError):
    """The engine cannot serve the request: its weights, server or capability are missing."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ENGINE_NOT_READY"


class EngineNotConfigured(EngineNotReady):
    """The engine is not meant to run here: no setting or file names its server or weights."""


class DeadlineTooShort(ServiceError):
    """The engine cannot finish before the caller's deadline; a faster one may."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DEADLINE_TOO_SHORT"

    def __init__(self, needed: float, left: float, remedy: str = "set a later one") -> None:
        """Builds the error of a request that comes too late.

        needed, left: seconds that the engine takes, and until the deadline. remedy: what to do for
        more time.
        """
        super().__init__(
            f"the rest takes about {needed:.1f} s and {left:.1f} s are left until the deadline; "
            f"{remedy}, or choose a faster engine"
        )


class BackendError(ServiceError):
    """A server that the engine depends on failed; another engine may succeed."""


class BackendUnavailable(BackendError):
    """A server that the engine depends on did not respond; a retry may succeed."""

    code = grpc.StatusCode.UNAVAILABLE
    retry_seconds = RETRY_SECONDS


class CredentialsNotUsable(ServiceError):
    """Files cannot be signed with the certificate, key or signer that the operator set."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "CREDENTIALS_NOT_USABLE"


class SignerUnavailable(ServiceError):
    """A server that signs or dates Content Credentials did not respond; a retry may succeed."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "SIGNER_UNAVAILABLE"
    retry_seconds = RETRY_SECONDS


class CallCancelled(ServiceError):
    """The caller cancelled or its deadline passed. Stops the work; no caller ever sees it."""

    code = grpc.StatusCode.CANCELLED
    reason = "CALL_CANCELLED"


class MessageTooLarge(ServiceError):
    """A request or response exceeds the message size limit."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "MESSAGE_TOO_LARGE"


class OutOfMemory(ServiceError):
    """Not enough memory was free for the request; a retry may succeed."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OUT_OF_MEMORY"
    retry_seconds = RETRY_SECONDS

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} has no memory left for this; try again, or send less at once")


class NotFound(ServiceError):
    """The named resource does not exist, or belongs to another caller."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"


class ArtifactStoreUnavailable(ServiceError):
    """The artifact store cannot be read or written; stored artifacts are not affected."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "ARTIFACT_STORE_UNAVAILABLE"
    retry_seconds = RETRY_SECONDS

    def __init__(self) -> None:
        """Sets the error text, which is always the same."""
        super().__init__(
            "the artifact store cannot be read or written; have its disk or bucket checked"
        )


class ArtifactLost(ServiceError):
    """A stored object is missing or corrupt; whatever produced it can produce it again."""

    code = grpc.StatusCode.DATA_LOSS
    reason = "ARTIFACT_LOST"
    retry_seconds = RETRY_SECONDS

    def __init__(self, key: str) -> None:
        super().__init__("a picture is no longer kept as it was; send its bytes, or make it again")
        self.metadata = {"key": key}


class JobDatabaseUnavailable(ServiceError):
    """The job database did not respond; stored jobs are not affected."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "JOB_DATABASE_UNAVAILABLE"
    retry_seconds = RETRY_SECONDS
    text = "the database of jobs does not answer; try again shortly"
    # For the operator, after the name of the database.
    remedy = "does not answer: have its server, disk and permissions checked, then start again"

    def __init__(self) -> None:
        """Creates the error with its text, always the same."""
        super().__init__(self.text)


class UnsupportedFeature(ServiceError):
    """The contract defines the feature, but this process does not support it."""

    code = grpc.StatusCode.UNIMPLEMENTED
    reason = "UNSUPPORTED_FEATURE"


class Overloaded(ServiceError):
    """The concurrency limit is reached."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OVERLOADED"
    retry_seconds = RETRY_SECONDS

    def __init__(self, limit: int, retry_seconds: int, calls: str = "calls") -> None:
        """Builds the error of a call that was rejected, as too many others are in flight.

        limit: calls of one method that may be in flight.
        retry_seconds: after which the caller should try again.
        calls: what is limited, if not all calls of a method.
        """
        advice = f"try again in {retry_seconds} s, or add a replica"
        super().__init__(f"{limit} {calls} are already in flight; {advice}")
        self.retry_seconds = retry_seconds


class UploadRefused(ServiceError):
    """The request did not arrive while others waited to be read, or too many wait."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "UPLOAD_REFUSED"
    retry_seconds = RETRY_SECONDS

    def __init__(self) -> None:
        """Sets the error text, which is always the same."""
        super().__init__(
            "other requests wait, and this one did not arrive in time; try again in "
            f"{RETRY_SECONDS:g} s, send a smaller one, or add a replica"
        )


class RequestTimeout(ServiceError):
    """The request did not arrive within the time that a body may take."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "REQUEST_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the request did not arrive within {seconds:g} s; send a smaller one, or have "
            "CYCLORAMA_BODY_TIMEOUT_SECONDS raised"
        )


class ResponseTimeout(ServiceError):
    """The caller read nothing of a response for too long."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "RESPONSE_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"nothing of the response was read for {seconds:g} s; read the stream as it arrives, "
            "or have CYCLORAMA_STALL_TIMEOUT_SECONDS raised"
        )


@dataclass(frozen=True)
class ErrorStatus:
    """The status of a failed call, as sent to the caller."""

    code: grpc.StatusCode
    text: str
    reason: str
    metadata: Mapping[str, str]
    details: Sequence[Message] = ()

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Returns what gRPC sends along with a failed call: the error in binary and in plain text.

        The binary entry is a google.rpc.Status with an ErrorInfo and further details. The plain
        entries are the reason and the metadata, each under a key that starts with "cyclorama-", for
        clients that do not know google.rpc.
        """
        status = status_pb2.Status(code=self.code.value[GRPC_CODE_NUMBER], message=self.text)
        info = error_details_pb2.ErrorInfo(
            reason=self.reason, domain=DOMAIN, metadata=self.metadata
        )
        for detail in (info, *self.details):
            status.details.add().Pack(detail)
        plain_entries = {"reason": self.reason, **self.metadata}
        return (
            ("grpc-status-details-bin", status.SerializeToString()),
            *((f"{DOMAIN}-{key.replace('_', '-')}", value) for key, value in plain_entries.items()),
        )


def error_reason(error: BaseException) -> str:
    """Returns why a call failed as one word, such as "OVERLOADED", to count failures by reason.

    Any error that is not expected is "INTERNAL"; a caller who cancelled is "CANCELLED".
    """
    if isinstance(error, ServiceError):
        return error.reason
    if _is_out_of_memory(error):
        return OutOfMemory.reason
    is_cancelled = isinstance(error, GeneratorExit | asyncio.CancelledError)
    return "CANCELLED" if is_cancelled else "INTERNAL"


def error_status(error: Exception, call_id: str) -> ErrorStatus:
    """Maps an exception to the gRPC status to send; unexpected ones become "internal error".

    call_id: the id of the failed call, sent along so that its log lines can be found.
    """
    if _is_out_of_memory(error):
        error = OutOfMemory("the service")
    if isinstance(error, ServiceError):
        metadata, details = {**error.metadata, "call_id": call_id}, list(error.details())
        if error.retry_seconds is not None:
            # Not only as RetryInfo, for clients that do not know google.rpc.
            metadata["retry_seconds"] = f"{error.retry_seconds:g}"
            details.append(_build_retry_info(error.retry_seconds))
        return ErrorStatus(
            code=error.code,
            text=str(error),
            reason=error.reason,
            metadata=metadata,
            details=details,
        )
    text = "internal error; the service's log has the details"
    return ErrorStatus(
        code=grpc.StatusCode.INTERNAL, text=text, reason="INTERNAL", metadata={"call_id": call_id}
    )


def _build_retry_info(seconds: float) -> error_details_pb2.RetryInfo:
    """Returns the google.rpc message that asks to wait before a retry."""
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromTimedelta(timedelta(seconds=seconds))
    return retry


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy or OpenCV failed to allocate memory."""
    return isinstance(error, MemoryError) or getattr(error, "code", None) == CV2_NO_MEMORY
