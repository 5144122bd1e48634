"""The errors of stages, as the gateway raises them, and how gRPC's own become such."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from services.runtime.errors import DOMAIN, RETRY_SECONDS, ServiceError


class TransportError(NamedTuple):
    """What it means when a stage sends no error of its own.

    text: follows the name of the stage. retry_seconds: as in ServiceError.
    """

    code: grpc.StatusCode
    reason: str
    text: str
    retry_seconds: float | None = None


UNREACHABLE = TransportError(
    grpc.StatusCode.UNAVAILABLE,
    "STAGE_UNREACHABLE",
    "does not answer; try again shortly, or have its service started",
    RETRY_SECONDS,
)
# The log names the host, which is no concern of callers.
NAME_NOT_RESOLVED = UNREACHABLE._replace(
    text="has an address whose host name is not known; correct the address that the gateway is set "
    "to, or have its DNS server checked; the gateway's log has the name"
)
# Not transient: the same request may end the next replica as well.
CRASHED = TransportError(
    grpc.StatusCode.INTERNAL,
    "STAGE_CRASHED",
    "ended twice while it worked on this, which may be the cause; send a smaller picture, or have "
    "the logs and the memory limit of its service checked",
)
OUT_OF_TIME = "OUT_OF_TIME"
# The text of the same error while other ads slow the stage down.
BUSY_TEXT = (
    "did not finish in time while {ads} ads were made at once; allow more time, or make fewer at a "
    "time"
)
TRANSPORT_ERRORS = (
    UNREACHABLE,
    TransportError(
        grpc.StatusCode.UNIMPLEMENTED,
        "STAGE_NOT_SERVED",
        "is not served where the gateway looks for it; correct the address that it is set to",
    ),
    # Time spent in a queue counts as well, which may be shorter next time.
    TransportError(
        grpc.StatusCode.DEADLINE_EXCEEDED,
        OUT_OF_TIME,
        "did not finish in time; allow more time or ask for a smaller picture",
        RETRY_SECONDS,
    ),
    TransportError(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "MESSAGE_TOO_LARGE",
        "a picture exceeds the message limit; send or ask for a smaller one",
    ),
)
# Statuses that come from the state of a replica, or may. Requests that fail everywhere with one of
# them eject all replicas in turn, which then are equal again.
REPLICA_FAILURES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}
# By the status that gRPC itself raises.
_BY_STATUS = {known.code: known for known in TRANSPORT_ERRORS}


class StageError(ServiceError):
    """A stage failed; carries the status, reason and details that the stage sent."""

    def __init__(
        self,
        stage: str,
        code: grpc.StatusCode,
        text: str,
        reason: str,
        details: Sequence[Message] = (),
        metadata: Mapping[str, str] = MappingProxyType({}),
        retry_seconds: float | None = None,
    ) -> None:
        """Describes the failure of a stage.

        stage: its name, such as "finishing", which begins the message. text: the rest of it.
        reason: identifies the error, such as "STAGE_UNREACHABLE". details: google.rpc messages.
        metadata: values for programs, such as a limit. retry_seconds: None unless a retry may help.
        """
        super().__init__(f"{stage}: {text}")
        self.code = code
        self.reason = reason
        self.metadata = {**metadata, "stage": stage}
        self.retry_seconds = retry_seconds
        self._details = details

    def details(self) -> Sequence[Message]:
        """Returns the google.rpc messages that the stage sent, but for ErrorInfo and RetryInfo."""
        return self._details


@contextmanager
def raise_stage_errors(stage: str, count_ads: Callable[[], int]) -> Iterator[None]:
    """Raises StageError in place of timeouts and gRPC errors in the block.

    stage: its name, such as "finishing". count_ads: returns how many ads are in flight.
    """
    try:
        yield
    except TimeoutError:
        code = grpc.StatusCode.DEADLINE_EXCEEDED
        raise _build_error_of_status(stage, code, count_ads()) from None
    except grpc.aio.AioRpcError as error:
        raise _stage_error_from_rpc(stage, error, count_ads()) from error


def build_transport_error(stage: str, known: TransportError) -> StageError:
    """Returns the error of a stage that sent none. stage: its name, such as "finishing"."""
    return StageError(
        stage, known.code, known.text, reason=known.reason, retry_seconds=known.retry_seconds
    )


def is_connection_loss(error: grpc.aio.AioRpcError) -> bool:
    """Whether an error of a call that was sent comes from its connection, not from the stage."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and not _has_details(error)


def is_replica_failure(error: grpc.aio.AioRpcError) -> bool:
    """Whether an error suggests that another replica would do better.

    RESOURCE_EXHAUSTED without details is gRPC's own, for a message that is too large everywhere.
    """
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return _has_details(error)
    return error.code() in REPLICA_FAILURES


def _has_details(error: grpc.aio.AioRpcError) -> bool:
    """Whether the stage itself raised an error, rather than gRPC."""
    return "grpc-status-details-bin" in dict(error.trailing_metadata() or ())


def _stage_error_from_rpc(stage: str, error: grpc.aio.AioRpcError, ads: int) -> StageError:
    """Converts a gRPC error of a stage to StageError.

    It has the text and details that the stage sent. An error without details comes from gRPC itself
    or a proxy, and its text is replaced. stage, ads: as of _build_error_of_status.
    """
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    infos = _unpack_details(status, error_details_pb2.ErrorInfo)
    if not infos or infos[0].domain != DOMAIN:
        return _build_error_of_status(stage, error.code(), ads)
    retries = _unpack_details(status, error_details_pb2.RetryInfo)
    retry_delay = retries[0].retry_delay.ToTimedelta().total_seconds() if retries else None
    return StageError(
        stage,
        code=error.code(),
        text=status.message,
        reason=infos[0].reason,
        details=_unpack_details(status, error_details_pb2.BadRequest),
        metadata=infos[0].metadata,
        retry_seconds=retry_delay,
    )


DetailT = TypeVar("DetailT", bound=Message)


def _unpack_details(status: status_pb2.Status, message_type: type[DetailT]) -> list[DetailT]:
    """Returns the details of a status that are of one message type, such as ErrorInfo."""
    messages = []
    for detail in status.details:
        message = message_type()
        # False, and the message stays empty, when the detail is of another type.
        if detail.Unpack(message):
            messages.append(message)
    return messages


def _build_error_of_status(stage: str, code: grpc.StatusCode, ads: int) -> StageError:
    """Returns the error for a status that gRPC itself raised for a call to a stage.

    Its text comes from TRANSPORT_ERRORS, as that of gRPC contains inner addresses. stage: its name,
    such as "finishing". ads: number of ads in flight.
    """
    if code not in _BY_STATUS:
        text = "failed; the service's log has the details"
        return StageError(stage, grpc.StatusCode.INTERNAL, text, reason="INTERNAL")
    known = _BY_STATUS[code]
    if known.reason == OUT_OF_TIME and ads > 1:
        known = known._replace(text=BUSY_TEXT.format(ads=ads))
    return build_transport_error(stage, known)
