"""The stages as the gateway calls them: channels, deadlines, and errors that name the stage."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from cyclorama.v1.background_pb2_grpc import BackgroundServiceStub
from cyclorama.v1.compositing_pb2_grpc import CompositingServiceStub
from cyclorama.v1.finishing_pb2_grpc import FinishingServiceStub
from cyclorama.v1.inpainting_pb2_grpc import InpaintingServiceStub
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from gateway.channels import Channels
from gateway.metrics import STAGE_SECONDS, STAGE_WAIT
from gateway.retries import BrokenOff, Retries
from gateway.settings import Settings
from services.runtime.errors import DOMAIN, ServiceError
from services.runtime.guards.interceptor import build_id_metadata
from services.runtime.tracing import build_trace_metadata, start_current_span

LIST_SECONDS = 2.0


@dataclass(frozen=True)
class Method:
    """How one stage is called: its stub, rpc and the request that lists its engines."""

    stub: type
    name: str
    streams: bool
    list_request: type[Message]


METHODS = {
    ads_pb2.STAGE_SEGMENTATION: Method(
        SegmentationServiceStub,
        "SegmentProduct",
        False,
        segmentation_pb2.SegmentationServiceListEnginesRequest,
    ),
    ads_pb2.STAGE_BACKGROUND: Method(
        BackgroundServiceStub,
        "GenerateBackground",
        True,
        background_pb2.BackgroundServiceListEnginesRequest,
    ),
    ads_pb2.STAGE_COMPOSITING: Method(
        CompositingServiceStub,
        "CompositeProduct",
        False,
        compositing_pb2.CompositingServiceListEnginesRequest,
    ),
    ads_pb2.STAGE_INPAINTING: Method(
        InpaintingServiceStub,
        "InpaintScene",
        True,
        inpainting_pb2.InpaintingServiceListEnginesRequest,
    ),
    ads_pb2.STAGE_FINISHING: Method(
        FinishingServiceStub,
        "FinishAd",
        True,
        finishing_pb2.FinishingServiceListEnginesRequest,
    ),
}
# Failures that a stage could not tell of itself: reason, and what goes on behind its name.
TRANSPORT = {
    grpc.StatusCode.UNAVAILABLE: (
        "STAGE_UNREACHABLE",
        "does not answer; try again shortly, or have its service started",
    ),
    grpc.StatusCode.UNIMPLEMENTED: (
        "STAGE_NOT_SERVED",
        "is not served where the gateway looks for it; correct the address that it is set to",
    ),
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        "OUT_OF_TIME",
        "did not finish in time; allow more time or ask for a smaller picture",
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (
        "MESSAGE_TOO_LARGE",
        "a picture exceeds the message limit; send or ask for a smaller one",
    ),
}


class StageFailed(ServiceError):
    """A stage did not do its part; carries the stage's own status, reason and details."""

    def __init__(
        self,
        stage: str,
        code: grpc.StatusCode,
        text: str,
        reason: str,
        details: Sequence[Message] = (),
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(f"{stage}: {text}")
        self.code = code
        self.reason = reason
        self.metadata = {**metadata, "stage": stage}
        self._details = details

    def details(self):
        return self._details


class Stages:
    """The stages behind one `call`, with a bound on the calls sent to each at once."""

    def __init__(self, settings: Settings) -> None:
        self._channels = Channels(settings)
        self._slots = {stage: asyncio.Semaphore(settings.max_calls_per_stage) for stage in METHODS}
        self._retries = {stage: Retries(stage_name(stage)) for stage in METHODS}

    async def call(
        self,
        stage: int,
        request: Message,
        deadline: float,
        on_progress: Callable[[Message], None],
    ) -> Message:
        """Sends one request and returns its result; `deadline` is a time.monotonic() value.

        Raises StageFailed with the stage's own words, or with ours when it did not answer.
        """
        method = METHODS[stage]
        rpc = getattr(self._stub(stage), method.name)
        if method.streams:
            rpc = _last_of(rpc, on_progress)
        return await self._send(stage, rpc, request, deadline)

    async def inspect(self, method: str, request: Message, deadline: float) -> Message:
        """Calls VerifyFile or CheckFile; `deadline` and errors as in `call`."""
        stage = ads_pb2.STAGE_FINISHING
        return await self._send(stage, getattr(self._stub(stage), method), request, deadline)

    async def engines(self, stage: int) -> ads_pb2.StageEngines:
        """Lists a stage's engines; a stage that does not answer is told as unreachable."""
        rpc = self._stub(stage).ListEngines
        try:
            answer = await rpc(METHODS[stage].list_request(), timeout=LIST_SECONDS)
        except grpc.aio.AioRpcError:
            return ads_pb2.StageEngines(stage=stage, reachable=False)
        return ads_pb2.StageEngines(stage=stage, reachable=True, engines=answer.engines)

    def _stub(self, stage: int):
        return METHODS[stage].stub(self._channels.to(stage_name(stage)))

    async def _send(self, stage: int, rpc: Callable, request: Message, deadline: float) -> Message:
        def send() -> Awaitable[Message]:
            metadata = (*build_id_metadata(), *build_trace_metadata())
            return rpc(request, timeout=deadline - time.monotonic(), metadata=metadata)

        name = stage_name(stage)
        with _named(name), start_current_span(f"stage {name}"):
            async with asyncio.timeout(deadline - time.monotonic()), self._turn(stage):
                with STAGE_SECONDS.labels(name).time():
                    return await self._retries[stage].insist(send)

    @asynccontextmanager
    async def _turn(self, stage: int) -> AsyncIterator[None]:
        with STAGE_WAIT.labels(stage_name(stage)).time():
            await self._slots[stage].acquire()
        try:
            yield
        finally:
            self._slots[stage].release()


def stage_name(stage: int) -> str:
    """The word for a stage in settings, manifests and messages, such as "finishing"."""
    return ads_pb2.Stage.Name(stage).removeprefix("STAGE_").lower()


def _last_of(rpc: Callable, on_progress: Callable[[Message], None]) -> Callable:
    """A stream as a call that tells of progress and returns the result."""

    async def run(request: Message, **how) -> Message:
        result, begun = None, False
        try:
            async for answer in rpc(request, **how):
                begun = True
                if answer.WhichOneof("event") == "result":
                    result = answer.result
                else:
                    on_progress(answer)
        except grpc.aio.AioRpcError as error:
            if begun and error.code() is grpc.StatusCode.UNAVAILABLE and not _in_words(error):
                raise BrokenOff from error
            raise
        return result

    return run


def _in_words(error: grpc.aio.AioRpcError) -> bool:
    """Whether a stage itself has told what is wrong."""
    return "grpc-status-details-bin" in dict(error.trailing_metadata() or ())


@contextmanager
def _named(stage: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise _without_words(stage, grpc.StatusCode.DEADLINE_EXCEEDED) from None
    except grpc.aio.AioRpcError as error:
        raise _failure(stage, error) from error


def _failure(stage: str, error: grpc.aio.AioRpcError) -> StageFailed:
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    info, *details = _unpacked(status) or [None]
    if getattr(info, "domain", "") != DOMAIN:
        return _without_words(stage, error.code())
    return StageFailed(stage, error.code(), status.message, info.reason, details, info.metadata)


def _unpacked(status: status_pb2.Status) -> list[Message]:
    """The details that we send, ErrorInfo first."""
    found = []
    for kind in (
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.RetryInfo,
    ):
        for detail in status.details:
            message = kind()
            if detail.Unpack(message):
                found.append(message)
    return found


def _without_words(stage: str, code: grpc.StatusCode) -> StageFailed:
    """For failures of the transport, whose own texts name inner addresses."""
    if code not in TRANSPORT:
        text = "failed; the service's log has the details"
        return StageFailed(stage, grpc.StatusCode.INTERNAL, text, "INTERNAL")
    reason, text = TRANSPORT[code]
    return StageFailed(stage, code, text, reason)
