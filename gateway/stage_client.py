"""Calls the stages: concurrency limit, deadline, retries, and errors that name the stage."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from cyclorama.v1 import ads_pb2, engine_pb2, finishing_pb2
from gateway.channels import StageChannels
from gateway.metrics import STAGE_SECONDS, STAGE_WAIT_SECONDS
from gateway.retries import RetryBudget, StreamInterrupted
from gateway.settings import GatewaySettings
from gateway.stage_methods import METHODS, RequestT, ResultT, StageMethod, name_from_stage
from services.runtime.errors import DOMAIN, RETRY_SECONDS, ServiceError
from services.runtime.guards.interceptor import build_id_metadata
from services.runtime.tracing import build_trace_metadata, start_current_span

# A stage lists its engines from memory; one that needs longer counts as unreachable.
LIST_TIMEOUT_SECONDS = 2.0


class TransportError(NamedTuple):
    """What a status means that gRPC itself raises for a stage.

    text: follows the name of the stage. retry_seconds: as in ServiceError.
    """

    reason: str
    text: str
    retry_seconds: float | None = None


TRANSPORT_ERRORS = {
    grpc.StatusCode.UNAVAILABLE: TransportError(
        "STAGE_UNREACHABLE",
        "does not answer; try again shortly, or have its service started",
        RETRY_SECONDS,
    ),
    grpc.StatusCode.UNIMPLEMENTED: TransportError(
        "STAGE_NOT_SERVED",
        "is not served where the gateway looks for it; correct the address that it is set to",
    ),
    # Time spent in a queue counts as well, which may be shorter next time.
    grpc.StatusCode.DEADLINE_EXCEEDED: TransportError(
        "OUT_OF_TIME",
        "did not finish in time; allow more time or ask for a smaller picture",
        RETRY_SECONDS,
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: TransportError(
        "MESSAGE_TOO_LARGE",
        "a picture exceeds the message limit; send or ask for a smaller one",
    ),
}

T = TypeVar("T")
OnProgress = Callable[[engine_pb2.Progress], None]
Rpc = Callable[..., Awaitable[T]]
"""A method of a generated stub, which has no types: request, then timeout and metadata."""


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


class StageClient:
    """Calls the stages, with a limit on the concurrent calls to each of them."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Opens the channels to the stages, and limits calls and retries of each stage."""
        self._channels = StageChannels(settings)
        self._slots = {stage: asyncio.Semaphore(settings.max_calls_per_stage) for stage in METHODS}
        self._retries = {stage: RetryBudget(name_from_stage(stage)) for stage in METHODS}

    async def call_stage(
        self,
        method: StageMethod[RequestT, ResultT],
        request: RequestT,
        deadline: float,
        on_progress: OnProgress,
    ) -> ResultT:
        """Sends a stage its request and returns its result.

        method: which stage, and its gRPC method. deadline: a time.monotonic() value. on_progress:
        called with each progress message of a stage that streams. Raises StageError when the stage
        fails or cannot be reached.
        """
        rpc: Rpc[ResultT] = getattr(self._open_stub(method.stage), method.name)
        if method.streams:
            rpc = _read_result_of_stream(rpc, on_progress)
        return await self._send(method.stage, rpc, request, deadline)

    async def verify_file(
        self, request: finishing_pb2.VerifyFileRequest, deadline: float
    ) -> finishing_pb2.VerifyFileResponse:
        """Has the finishing stage compare the pixels of a file with those that were delivered.

        deadline: a time.monotonic() value. Raises StageError when the stage fails.
        """
        stage = ads_pb2.STAGE_FINISHING
        rpc: Rpc[finishing_pb2.VerifyFileResponse] = self._open_stub(stage).VerifyFile
        return await self._send(stage, rpc, request, deadline)

    async def check_file(
        self, request: finishing_pb2.CheckFileRequest, deadline: float
    ) -> finishing_pb2.CheckFileResponse:
        """Has the finishing stage check a file against the rules of an advertising platform.

        deadline: a time.monotonic() value. Raises StageError when the stage fails.
        """
        stage = ads_pb2.STAGE_FINISHING
        rpc: Rpc[finishing_pb2.CheckFileResponse] = self._open_stub(stage).CheckFile
        return await self._send(stage, rpc, request, deadline)

    async def assess_file(
        self, request: finishing_pb2.AssessFileRequest, deadline: float
    ) -> finishing_pb2.AssessFileResponse:
        """Has the finishing stage measure the quality of a picture file.

        deadline: a time.monotonic() value. Raises StageError when the stage fails.
        """
        stage = ads_pb2.STAGE_FINISHING
        rpc: Rpc[finishing_pb2.AssessFileResponse] = self._open_stub(stage).AssessFile
        return await self._send(stage, rpc, request, deadline)

    async def list_engines(self, stage: ads_pb2.Stage) -> ads_pb2.StageEngines:
        """Asks a stage for its engines: the interchangeable programs that can do its work.

        A stage that does not answer is reported as not reachable, without engines.
        """
        rpc = self._open_stub(stage).ListEngines
        try:
            response = await rpc(METHODS[stage].list_request(), timeout=LIST_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError:
            return ads_pb2.StageEngines(stage=stage, reachable=False)
        return ads_pb2.StageEngines(stage=stage, reachable=True, engines=response.engines)

    def _open_stub(self, stage: ads_pb2.Stage) -> Any:
        """Returns a generated stub, which has no types, on the current channel of the stage."""
        return METHODS[stage].stub(self._channels.get_channel(name_from_stage(stage)))

    async def _send(
        self, stage: ads_pb2.Stage, rpc: Rpc[T], request: Message, deadline: float
    ) -> T:
        """Waits until the stage has a free slot, then sends a request; returns the result.

        rpc: the method of the stage. deadline: a time.monotonic() value, for waiting and retries
        too. Interrupted calls are retried. Raises StageError when the stage fails.
        """

        def send() -> Awaitable[T]:
            """Sends the request with the ids of the caller's call and the time that is left."""
            metadata = (*build_id_metadata(), *build_trace_metadata())
            return rpc(request, timeout=deadline - time.monotonic(), metadata=metadata)

        name = name_from_stage(stage)
        with _raise_stage_errors(name), start_current_span(f"stage {name}"):
            async with asyncio.timeout(deadline - time.monotonic()), self._acquire_slot(stage):
                with STAGE_SECONDS.labels(name).time():
                    return await self._retries[stage].call_with_retries(send)

    @asynccontextmanager
    async def _acquire_slot(self, stage: ads_pb2.Stage) -> AsyncIterator[None]:
        """Waits until the stage may have another call in flight; counts one during the block."""
        with STAGE_WAIT_SECONDS.labels(name_from_stage(stage)).time():
            await self._slots[stage].acquire()
        try:
            yield
        finally:
            self._slots[stage].release()


def _read_result_of_stream(rpc: Callable[..., Any], on_progress: OnProgress) -> Rpc[Any]:
    """Makes a method that streams look like one that does not.

    Returns a coroutine function that calls `rpc`, passes each progress message to `on_progress`
    and returns the result, which ends the stream.
    """

    async def call(request: Message, **options: object) -> Any:
        """Sends a request, with gRPC's timeout and metadata as options; returns the result.

        Raises StreamInterrupted when the connection broke after the first message.
        """
        result, started = None, False
        try:
            async for response in rpc(request, **options):
                started = True
                if response.WhichOneof("event") == "result":
                    result = response.result
                else:
                    on_progress(response.progress)
        except grpc.aio.AioRpcError as error:
            # Before the first message, and for an error that the stage sent, gRPC's rules suffice.
            if started and error.code() is grpc.StatusCode.UNAVAILABLE and not _has_details(error):
                raise StreamInterrupted from error
            raise
        if result is None:
            raise RuntimeError("the stream of a stage ended without a result")
        return result

    return call


def _has_details(error: grpc.aio.AioRpcError) -> bool:
    """Returns whether the error comes from the stage itself, not from the transport."""
    return "grpc-status-details-bin" in dict(error.trailing_metadata() or ())


@contextmanager
def _raise_stage_errors(stage: str) -> Iterator[None]:
    """Raises StageError in place of timeouts and gRPC errors in the block.

    stage: its name, such as "finishing".
    """
    try:
        yield
    except TimeoutError:
        raise _build_transport_error(stage, grpc.StatusCode.DEADLINE_EXCEEDED) from None
    except grpc.aio.AioRpcError as error:
        raise _stage_error_from_rpc(stage, error) from error


def _stage_error_from_rpc(stage: str, error: grpc.aio.AioRpcError) -> StageError:
    """Converts a gRPC error of a stage to StageError.

    It has the text and details that the stage sent. An error without details comes from gRPC itself
    or a proxy, and its text is replaced. stage: its name, such as "finishing".
    """
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    infos = _unpack_details(status, error_details_pb2.ErrorInfo)
    if not infos or infos[0].domain != DOMAIN:
        return _build_transport_error(stage, error.code())
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


def _build_transport_error(stage: str, code: grpc.StatusCode) -> StageError:
    """Returns the error for a status that gRPC itself raised for a call to a stage.

    Its text comes from TRANSPORT_ERRORS, as that of gRPC contains inner addresses. stage: its name,
    such as "finishing".
    """
    if code not in TRANSPORT_ERRORS:
        text = "failed; the service's log has the details"
        return StageError(stage, grpc.StatusCode.INTERNAL, text, reason="INTERNAL")
    known = TRANSPORT_ERRORS[code]
    return StageError(
        stage, code, known.text, reason=known.reason, retry_seconds=known.retry_seconds
    )
