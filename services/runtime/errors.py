"""What can go wrong, and how each failure looks on the wire."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime.limits import KILOBYTE

DOMAIN = "cyclorama"
# cv2.Error.StsNoMem, known here without OpenCV, which the gateway does without.
CV2_NO_MEMORY = -4


class ServiceError(Exception):
    """An expected failure. Its text is shown to the caller, so it says what to do next."""

    code: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"
    metadata: Mapping[str, str] = MappingProxyType({})

    def details(self) -> Sequence[Message]:
        """google.rpc messages that go out beside the ErrorInfo."""
        return ()


@dataclass(frozen=True)
class Violation:
    """One wrong field: its path in the request, and what it should hold."""

    field: str
    text: str


class InvalidRequest(ServiceError):
    """The request breaks the contract; every wrong field is named at once."""

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
    """A picture in the request cannot be used."""

    reason = "INVALID_IMAGE"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(Violation(field, text))


class SizeLimitUnreachable(InvalidRequest):
    """The file cannot be as small as asked."""

    reason = "SIZE_LIMIT_UNREACHABLE"

    def __init__(self, least_bytes: int, advice: str) -> None:
        least = -(-least_bytes // KILOBYTE)
        text = f"cannot be reached: the smallest is {least} kB; {advice}"
        super().__init__(Violation("delivery.max_kilobytes", text))


class ProductNotFound(ServiceError):
    """The photo is fine, yet holds no product that can be told from its surroundings."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "PRODUCT_NOT_FOUND"


class EngineNotReady(ServiceError):
    """The engine cannot work in this process as it stands."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ENGINE_NOT_READY"


class BackendError(ServiceError):
    """A server that the engine leans on did not do its part; another engine may do it."""


class BackendUnavailable(BackendError):
    """A server that the engine leans on did not answer; trying again may help."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "BACKEND_UNAVAILABLE"


class CallCancelled(ServiceError):
    """Nobody waits for the answer any more; where work stops, not what a caller gets to see."""

    code = grpc.StatusCode.CANCELLED
    reason = "CALL_CANCELLED"


class MessageTooLarge(ServiceError):
    """A request or an answer does not fit into a message; smaller pictures do."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "MESSAGE_TOO_LARGE"


class OutOfMemory(ServiceError):
    """The work did not fit into memory this time."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OUT_OF_MEMORY"

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} has no memory left for this; try again, or send less at once")


class NotFound(ServiceError):
    """What the request names is not there, or not the caller's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"


class ArtifactStoreUnavailable(ServiceError):
    """The artifact store did not do its part; nothing is lost that was there."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "ARTIFACT_STORE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "the artifact store cannot be read or written; have its disk or bucket checked"
        )


class ArtifactLost(ServiceError):
    """An object that was kept is missing or damaged; whoever made it can make it again."""

    code = grpc.StatusCode.DATA_LOSS
    reason = "ARTIFACT_LOST"

    def __init__(self, key: str) -> None:
        super().__init__("a picture is no longer kept as it was; send its bytes, or make it again")
        self.metadata = {"key": key}


class JobDatabaseUnavailable(ServiceError):
    """The database of jobs did not answer; nothing is lost that was there."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "JOB_DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("the database of jobs does not answer; try again shortly")


class UnsupportedFeature(ServiceError):
    """The contract has it, this version does not."""

    code = grpc.StatusCode.UNIMPLEMENTED
    reason = "UNSUPPORTED_FEATURE"


class Overloaded(ServiceError):
    """As many calls are at work as the process takes."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OVERLOADED"

    def __init__(self, limit: int, retry_seconds: int) -> None:
        super().__init__(
            f"{limit} calls are already at work; try again in {retry_seconds} s, or add a replica"
        )
        self.metadata = {"retry_seconds": str(retry_seconds)}
        self._retry_seconds = retry_seconds

    def details(self) -> Sequence[Message]:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(self._retry_seconds)
        return [retry]


@dataclass(frozen=True)
class ErrorStatus:
    """A failed call as it goes onto the wire."""

    code: grpc.StatusCode
    text: str
    reason: str
    metadata: Mapping[str, str]
    details: Sequence[Message] = ()

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """The google.rpc.Status, and its ErrorInfo in plain text for clients without its types."""
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
    """The reason of a failure in one word, for counting."""
    if isinstance(error, ServiceError):
        return error.reason
    if _is_out_of_memory(error):
        return OutOfMemory.reason
    given_up = isinstance(error, GeneratorExit | asyncio.CancelledError)
    return "CANCELLED" if given_up else "INTERNAL"


def error_status(error: Exception, call_id: str) -> ErrorStatus:
    """Maps an exception to its status; whatever we did not expect stays a secret."""
    if _is_out_of_memory(error):
        error = OutOfMemory("the service")
    if isinstance(error, ServiceError):
        metadata = {**error.metadata, "call_id": call_id}
        return ErrorStatus(error.code, str(error), error.reason, metadata, error.details())
    text = "internal error; the service's log has the details"
    return ErrorStatus(grpc.StatusCode.INTERNAL, text, "INTERNAL", {"call_id": call_id})


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy or OpenCV asked for memory in vain."""
    return isinstance(error, MemoryError) or getattr(error, "code", None) == CV2_NO_MEMORY
