"""Speaks AdService: runs the pipeline and streams what happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, finishing_pb2
from cyclorama.version import __version__
from gateway.ads import Ads
from gateway.callers.caller import current_caller
from gateway.callers.usage import Usage
from gateway.jobs.jobs import Jobs
from gateway.jobs.servicer import JobsServicer
from gateway.pipeline import PIPELINE
from gateway.requests import with_defaults
from gateway.settings import Settings
from gateway.stages import Stages
from gateway.verification import read_manifest, verification, verify_request
from services.runtime.guards.interceptor import current_call_id
from services.runtime.options import resolve_seed

Emit = Callable[[ads_pb2.CreateAdResponse], None]


class AdServicer(JobsServicer):
    """Makes ads with the stages; one at a time without `jobs`."""

    def __init__(
        self, stages: Stages, ads: Ads, settings: Settings, usage: Usage, jobs: Jobs | None = None
    ) -> None:
        super().__init__(usage, jobs)
        self._stages = stages
        self._ads = ads
        self._settings = settings

    async def CreateAd(self, request, context):
        deadline = self._deadline(context)
        await self._usage.spend(current_caller(), 1, request.ByteSize())
        async for response in _stream_events(lambda emit: self._make(request, deadline, emit)):
            yield response

    async def VerifyAd(self, request, context):
        await self._usage.spend(current_caller(), 0, request.ByteSize())
        manifest = read_manifest(request.manifest)
        asked = verify_request(request.image, manifest)
        found = await self._stages.inspect("VerifyFile", asked, self._deadline(context))
        return verification(request.image.data, manifest, found)

    async def CheckAd(self, request, context):
        await self._usage.spend(current_caller(), 0, request.ByteSize())
        asked = finishing_pb2.CheckFileRequest(
            image=request.image, profile=request.profile, file_name=request.file_name
        )
        found = await self._stages.inspect("CheckFile", asked, self._deadline(context))
        return ads_pb2.CheckAdResponse(report=found.report)

    async def ListEngines(self, request, context):
        stages = await asyncio.gather(*(self._stages.engines(step.stage) for step in PIPELINE))
        return ads_pb2.AdServiceListEnginesResponse(stages=stages, version=__version__)

    def _deadline(self, context) -> float:
        given = context.time_remaining()
        return time.monotonic() + min(given or self._settings.ad_timeout_seconds, 2**31)

    async def _make(self, request, deadline: float, emit: Emit) -> ads_pb2.CreateAdResponse:
        ad = with_defaults(request, resolve_seed(request))
        reuse = self._own_jobs.reuse if request.reuse and self._own_jobs else None
        owner = current_caller().name

        async def call(stage: int, asked: Message) -> Message:
            emit(_started(stage))
            compute = partial(
                self._stages.call,
                *(stage, asked, deadline),
                lambda progress: emit(_progress(stage, progress)),
            )
            if reuse:
                result, cached = await reuse.call(stage, asked, compute, owner)
            else:
                result, cached = await compute(), False
            emit(_finished(stage, result, cached))
            return result

        return ads_pb2.CreateAdResponse(ad=await self._ads.make(ad, call, current_call_id()))


async def _stream_events(work) -> AsyncIterator[ads_pb2.CreateAdResponse]:
    """Runs `work(emit)` and yields what it emits, then what it returns; stops it when closed."""
    events: asyncio.Queue = asyncio.Queue()
    task = asyncio.create_task(work(events.put_nowait))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        yield await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _started(stage: int) -> ads_pb2.CreateAdResponse:
    return ads_pb2.CreateAdResponse(started=ads_pb2.StageStarted(stage=stage))


def _progress(stage: int, response: Message) -> ads_pb2.CreateAdResponse:
    progress = ads_pb2.StageProgress(stage=stage, progress=response.progress)
    return ads_pb2.CreateAdResponse(progress=progress)


def _finished(stage: int, result: Message, cached: bool) -> ads_pb2.CreateAdResponse:
    finished = ads_pb2.StageFinished(stage=stage, run=result.run, cached=cached)
    return ads_pb2.CreateAdResponse(finished=finished)
