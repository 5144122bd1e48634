"""Speaks AdService: runs the pipeline and tells what happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, background_pb2, finishing_pb2
from gateway.manifest import begin_manifest, end_manifest
from gateway.pipeline import PIPELINE, Results, run_pipeline, steps_without
from gateway.requests import finish_request, request_for, with_defaults
from gateway.settings import Settings
from gateway.stages import Stages
from gateway.unavailable import UnavailableServicer
from gateway.verification import read_manifest, verification, verify_request
from services.runtime.guards import current_call_id
from services.runtime.options import seed_of

Emit = Callable[[ads_pb2.CreateAdResponse], None]


class AdServicer(UnavailableServicer):
    """Makes ads with the four stages."""

    def __init__(self, stages: Stages, settings: Settings) -> None:
        self._stages = stages
        self._settings = settings

    async def CreateAd(self, request, context):
        deadline = self._deadline(context)
        async for response in _told(lambda emit: self._make(request, deadline, emit)):
            yield response

    async def VerifyAd(self, request, context):
        manifest = read_manifest(request.manifest)
        asked = verify_request(request.image, manifest)
        found = await self._stages.ask("Verify", asked, self._deadline(context))
        return verification(request.image.data, manifest, found)

    async def CheckAd(self, request, context):
        asked = finishing_pb2.CheckRequest(
            image=request.image, profile=request.profile, file_name=request.file_name
        )
        found = await self._stages.ask("Check", asked, self._deadline(context))
        return ads_pb2.CheckAdResponse(report=found.report)

    async def ListEngines(self, request, context):
        stages = await asyncio.gather(*(self._stages.engines(step.stage) for step in PIPELINE))
        return ads_pb2.AdServiceListEnginesResponse(stages=stages)

    def _deadline(self, context) -> float:
        given = context.time_remaining()
        return time.monotonic() + min(given or self._settings.ad_seconds, 2**31)

    async def _make(self, request, deadline: float, emit: Emit) -> ads_pb2.CreateAdResponse:
        ad = with_defaults(request, seed_of(request))

        async def work(stage: int, results: Results) -> Message:
            emit(_started(stage))
            asked = request_for(stage, ad, results, self._settings.transport)
            result = await self._stages.call(
                stage, asked, deadline, lambda progress: emit(_progress(stage, progress))
            )
            emit(_finished(stage, result))
            return result

        own = (ads_pb2.STAGE_BACKGROUND,) if ad.HasField("backdrop") else ()
        results = await run_pipeline(steps_without(*own), work)
        manifest = begin_manifest(ad, results, current_call_id())
        asked = finish_request(ad, results, manifest["record"])
        finished = await self._stages.ask("Finish", asked, deadline)
        made = ads_pb2.Ad(
            image=finished.file,
            manifest=end_manifest(manifest, finished),
            layers=finished.layers,
            layered_file=finished.layered_file,
            quality_report=finished.quality_report,
            profile_report=finished.profile_report if finished.HasField("profile_report") else None,
        )
        return ads_pb2.CreateAdResponse(ad=made)


async def _told(work) -> AsyncIterator[ads_pb2.CreateAdResponse]:
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


def _progress(stage: int, told: Message) -> ads_pb2.CreateAdResponse:
    progress = ads_pb2.StageProgress(stage=stage)
    if isinstance(told, background_pb2.BackgroundProgress):
        progress.progress.CopyFrom(told.progress)
        if told.HasField("preview"):
            progress.preview.CopyFrom(told.preview)
    else:
        progress.progress.CopyFrom(told)
    return ads_pb2.CreateAdResponse(progress=progress)


def _finished(stage: int, result: Message) -> ads_pb2.CreateAdResponse:
    return ads_pb2.CreateAdResponse(finished=ads_pb2.StageFinished(stage=stage, run=result.run))
