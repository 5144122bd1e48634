"""Calls the stages: concurrency limit, deadline, one retry, and errors that name the stage."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from cyclorama.v1 import ads_pb2, engine_pb2, finishing_pb2
from gateway.ad_images import AdImages
from gateway.ad_slots import AdSlots
from gateway.channels import StageChannels
from gateway.metrics import STAGE_SECONDS, STAGE_WAIT_SECONDS
from gateway.replicas import NameNotResolved, NotConnected
from gateway.retries import ConnectionLost, ReplicaLosses, StageRetries
from gateway.settings import GatewaySettings
from gateway.stage_errors import (
    CRASHED,
    NAME_NOT_RESOLVED,
    UNREACHABLE,
    build_transport_error,
    is_connection_loss,
    raise_stage_errors,
)
from gateway.stage_methods import METHODS, RequestT, ResultT, StageMethod, name_from_stage
from services.runtime.guards.bodies import SIZE_KEY
from services.runtime.guards.call_log import build_id_metadata
from services.runtime.tracing import build_trace_metadata, start_current_span

# A stage lists its engines from memory; one that needs longer counts as unreachable.
LIST_TIMEOUT_SECONDS = 2.0
FINISHING = ads_pb2.STAGE_FINISHING

T = TypeVar("T")
OnProgress = Callable[[engine_pb2.Progress], None]
Receive = Callable[[Any], Awaitable[T]]
"""Takes a gRPC call that was started, which has no types, and returns its result."""


class StageClient:
    """Calls the stages, with a limit on the concurrent calls to each of them."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Opens the channels to the stages, and limits calls and retries of each stage.

        `ad_slots` limits the ads that may call them at a time.
        """
        self.ad_slots = AdSlots(settings.ad_limit)
        self._channels = StageChannels(settings)
        self._slots = {stage: asyncio.Semaphore(settings.max_calls_per_stage) for stage in METHODS}
        self._retries = {stage: StageRetries(name_from_stage(stage)) for stage in METHODS}

    async def call_stage(
        self,
        method: StageMethod[RequestT, ResultT],
        request: RequestT,
        deadline: float,
        on_progress: OnProgress,
        images: AdImages | None = None,
        losses: ReplicaLosses | None = None,
    ) -> ResultT:
        """Sends a stage its request and returns its result.

        method: which stage, and its gRPC method. deadline: a time.monotonic() value. on_progress:
        called with each progress message of a stage that streams. images: those that the request
        names by key. losses: of earlier calls with this request, counted on. Raises StageError when
        the stage fails or cannot be reached.
        """
        receive: Receive[ResultT] = _receive_response
        if method.streams:
            receive = partial(_receive_result_of_stream, on_progress=on_progress)
        return await self._send(
            method.stage, method.name, request, deadline, receive, images, losses
        )

    async def verify_file(
        self, request: finishing_pb2.VerifyFileRequest, deadline: float, images: AdImages
    ) -> finishing_pb2.VerifyFileResponse:
        """Has the finishing stage compare the pixels of a file with those that were delivered.

        deadline: a time.monotonic() value. images: as of call_stage. Raises StageError when the
        stage fails.
        """
        receive: Receive[finishing_pb2.VerifyFileResponse] = _receive_response
        return await self._send(FINISHING, "VerifyFile", request, deadline, receive, images)

    async def check_file(
        self, request: finishing_pb2.CheckFileRequest, deadline: float, images: AdImages
    ) -> finishing_pb2.CheckFileResponse:
        """Has the finishing stage check a file against the rules of an advertising platform.

        deadline: a time.monotonic() value. images: as of call_stage. Raises StageError when the
        stage fails.
        """
        receive: Receive[finishing_pb2.CheckFileResponse] = _receive_response
        return await self._send(FINISHING, "CheckFile", request, deadline, receive, images)

    async def assess_file(
        self, request: finishing_pb2.AssessFileRequest, deadline: float, images: AdImages
    ) -> finishing_pb2.AssessFileResponse:
        """Has the finishing stage measure the quality of a picture file.

        deadline: a time.monotonic() value. images: as of call_stage. Raises StageError when the
        stage fails.
        """
        receive: Receive[finishing_pb2.AssessFileResponse] = _receive_response
        return await self._send(FINISHING, "AssessFile", request, deadline, receive, images)

    async def list_engines(self, stage: ads_pb2.Stage) -> ads_pb2.StageEngines:
        """Asks a stage for its engines: the interchangeable programs that can do its work.

        A stage that does not answer is reported as not reachable, without engines.
        """
        method, name = METHODS[stage], name_from_stage(stage)
        try:
            replica = await self._channels.wait_for_replica(name, fail_fast=True)
            with replica.open_call() as channel:
                # A generated stub has no types.
                rpc: Any = method.stub(channel).ListEngines
                response = await rpc(method.list_request(), timeout=LIST_TIMEOUT_SECONDS)
        except (grpc.aio.AioRpcError, NotConnected):
            return ads_pb2.StageEngines(stage=stage, reachable=False)
        return ads_pb2.StageEngines(stage=stage, reachable=True, engines=response.engines)

    async def _send(
        self,
        stage: ads_pb2.Stage,
        method: str,
        request: Message,
        deadline: float,
        receive: Receive[T],
        images: AdImages | None = None,
        losses: ReplicaLosses | None = None,
    ) -> T:
        """Waits until the stage has a free slot, then sends a request; returns the result.

        method: its name. deadline: a time.monotonic() value, for waiting and the retry too. images,
        losses: as of call_stage. A call whose replica is lost is sent once more. Raises StageError
        when the stage fails.
        """
        name, losses = name_from_stage(stage), losses or ReplicaLosses()
        with raise_stage_errors(name, self.ad_slots.count_ads), start_current_span(f"stage {name}"):
            async with asyncio.timeout(deadline - time.monotonic()), self._acquire_slot(stage):
                with STAGE_SECONDS.labels(name).time():
                    data = await _serialize(request, images)
                    send = partial(
                        self._send_once,
                        name,
                        _open_method(request, method),
                        data,
                        deadline,
                        receive,
                        losses,
                    )
                    try:
                        return await self._retries[stage].call_with_retry(send, losses)
                    except ConnectionLost:
                        kind = CRASHED if losses.is_final else UNREACHABLE
                        raise build_transport_error(name, kind) from None

    async def _send_once(
        self,
        name: str,
        method: Callable[[grpc.aio.Channel], Any],
        request: bytes,
        deadline: float,
        receive: Receive[T],
        losses: ReplicaLosses,
    ) -> T:
        """Sends a request to a replica of a stage when one is connected; returns the result.

        name: of the stage. losses: of the request so far, whose replicas are chosen last. Passes on
        the ids of the caller's call and the time that is left. Raises ConnectionLost when the
        connection broke after the request was sent.
        """
        try:
            replica = await self._channels.wait_for_replica(name, losses.targets)
        except NameNotResolved:
            raise build_transport_error(name, NAME_NOT_RESOLVED) from None
        except NotConnected:
            raise build_transport_error(name, UNREACHABLE) from None
        # The size, so that the stage reads a large request when it has the memory.
        size = (SIZE_KEY, str(len(request)))
        metadata = (size, *build_id_metadata(), *build_trace_metadata())
        timeout = deadline - time.monotonic()
        try:
            with replica.open_call() as channel, replica.load.record_outcome():
                return await receive(method(channel)(request, timeout=timeout, metadata=metadata))
        except grpc.aio.AioRpcError as error:
            if is_connection_loss(error):
                raise ConnectionLost(replica.load.target) from error
            raise

    @asynccontextmanager
    async def _acquire_slot(self, stage: ads_pb2.Stage) -> AsyncIterator[None]:
        """Waits until the stage may have another call in flight; counts one during the block."""
        with STAGE_WAIT_SECONDS.labels(name_from_stage(stage)).time():
            await self._slots[stage].acquire()
        try:
            yield
        finally:
            self._slots[stage].release()


async def _serialize(request: Message, images: AdImages | None) -> bytes:
    """Returns a request as bytes. images: those that it names by key."""
    return await images.serialize(request) if images else request.SerializeToString()


def _open_method(request: Message, name: str) -> Callable[[grpc.aio.Channel], Any]:
    """Returns a function that opens a method of a stage on a channel.

    Unlike that of a generated stub, the method takes its request as bytes: the message, a second
    copy of its images, need not exist until the response arrives. request: of a type of the file
    that defines the service.
    """
    (service,) = request.DESCRIPTOR.file.services_by_name.values()
    method = service.methods_by_name[name]
    # The C implementation has a descriptor class of its own, unknown to the annotations.
    response = GetMessageClass(cast(Descriptor, method.output_type))

    def open_method(channel: grpc.aio.Channel) -> Any:
        connect = channel.unary_stream if method.server_streaming else channel.unary_unary
        return connect(
            f"/{service.full_name}/{name}",
            response_deserializer=response.FromString,
        )

    return open_method


async def _receive_response(call: Any) -> Any:
    """Returns the response of a call that does not stream."""
    return await call


async def _receive_result_of_stream(call: Any, on_progress: OnProgress) -> Any:
    """Returns the result, which ends the stream of a call; passes on each progress message."""
    result = None
    async for response in call:
        if response.WhichOneof("event") == "result":
            result = response.result
        else:
            on_progress(response.progress)
    if result is None:
        raise RuntimeError("the stream of a stage ended without a result")
    return result
