"""Expected errors, and the gRPC status that each of them becomes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime.limits import KILOBYTE

# The `domain` of every ErrorInfo, and the prefix of the same facts in plain metadata.
DOMAIN = "cyclorama"
# cv2.Error.StsNoMem, written out because the gateway runs without OpenCV.
CV2_NO_MEMORY = -4


class ServiceError(Exception):
    """An expected failure. Its text reaches the caller, so it says what to do next."""

    code: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"
    metadata: Mapping[str, str] = MappingProxyType({})

    def details(self) -> Sequence[Message]:
        """Returns the google.rpc messages to send along with the ErrorInfo."""
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
        super().__init__("; ".join(f"{each.field}: {each.text}" for each in violations))
        self.violations = violations

    def details(self) -> Sequence[Message]:
        return [
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=each.field, description=each.text
                    )
                    for each in self.violations
                ]
            )
        ]


class InvalidImage(InvalidRequest):
    """An image in the request is corrupt, too large or of an unsupported kind."""

    reason = "INVALID_IMAGE"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(Violation(field, text))


class SizeLimitUnreachable(InvalidRequest):
    """The file cannot be compressed to the requested size."""

    reason = "SIZE_LIMIT_UNREACHABLE"

    def __init__(self, least_bytes: int, advice: str) -> None:
        least = -(-least_bytes // KILOBYTE)
        text = f"cannot be reached: the smallest is {least} kB; {advice}"
        super().__init__(Violation("delivery.max_kilobytes", text))


class ProductNotFound(ServiceError):
    """The photo is valid but shows no product that stands out from its background."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "PRODUCT_NOT_FOUND"


class EngineNotReady(ServiceError):
    """The engine cannot serve the request: its weights, server or capability are missing."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ENGINE_NOT_READY"


class BackendError(ServiceError):
    """A server that the engine depends on failed; another engine may succeed."""


class BackendUnavailable(BackendError):
    """A server that the engine depends on did not respond; a retry may succeed."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "BACKEND_UNAVAILABLE"


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

    def __init__(self) -> None:
        super().__init__(
            "the artifact store cannot be read or written; have its disk or bucket checked"
        )


class ArtifactLost(ServiceError):
    """A stored object is missing or corrupt; whatever produced it can produce it again."""

    code = grpc.StatusCode.DATA_LOSS
    reason = "ARTIFACT_LOST"

    def __init__(self, key: str) -> None:
        super().__init__("a picture is no longer kept as it was; send its bytes, or make it again")
        self.metadata = {"key": key}


class JobDatabaseUnavailable(ServiceError):
    """The job database did not respond; stored jobs are not affected."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "JOB_DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("the database of jobs does not answer; try again shortly")


class UnsupportedFeature(ServiceError):
    """The contract defines the feature, but this process does not support it."""

    code = grpc.StatusCode.UNIMPLEMENTED
    reason = "UNSUPPORTED_FEATURE"


class Overloaded(ServiceError):
    """The concurrency limit is reached."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OVERLOADED"

    def __init__(self, limit: int, retry_seconds: int) -> None:
        super().__init__(
            f"{limit} calls are already in flight; try again in {retry_seconds} s, or add a replica"
        )
        self.metadata = {"retry_seconds": str(retry_seconds)}
        self._retry_seconds = retry_seconds

    def details(self) -> Sequence[Message]:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(self._retry_seconds)
        return [retry]


@dataclass(frozen=True)
class ErrorStatus:
    """The status of a failed call, as sent to the caller."""

    code: grpc.StatusCode
    text: str
    reason: str
    metadata: Mapping[str, str]
    details: Sequence[Message] = ()

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Returns the google.rpc.Status in binary, and its ErrorInfo as plain text entries.

        The plain entries serve clients that do not know the google.rpc types.
        """
        status = status_pb2.Status(code=self.code.value[0], message=self.text)
        info = error_details_pb2.ErrorInfo(
            reason=self.reason, domain=DOMAIN, metadata=self.metadata
        )
        for detail in (info, *self.details):
            status.details.add().Pack(detail)
        plain = {"reason": self.reason, **self.metadata}
        return (
            ("grpc-status-details-bin", status.SerializeToString()),
            *((f"{DOMAIN}-{key.replace('_', '-')}", value) for key, value in plain.items()),
        )


def error_reason(error: BaseException) -> str:
    """Returns the reason of a failure as one word, such as the label of a metric."""
    if isinstance(error, ServiceError):
        return error.reason
    if _is_out_of_memory(error):
        return OutOfMemory.reason
    is_cancelled = isinstance(error, GeneratorExit | asyncio.CancelledError)
    return "CANCELLED" if is_cancelled else "INTERNAL"


def error_status(error: Exception, call_id: str) -> ErrorStatus:
    """Maps an exception to its status; an unexpected one becomes a bare "internal error"."""
    if _is_out_of_memory(error):
        error = OutOfMemory("the service")
    if isinstance(error, ServiceError):
        metadata = {**error.metadata, "call_id": call_id}
        return ErrorStatus(error.code, str(error), error.reason, metadata, error.details())
    text = "internal error; the service's log has the details"
    return ErrorStatus(grpc.StatusCode.INTERNAL, text, "INTERNAL", {"call_id": call_id})


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy or OpenCV failed to allocate memory."""
    return isinstance(error, MemoryError) or getattr(error, "code", None) == CV2_NO_MEMORY
