"""The servicer of AdService: runs the pipeline and streams its events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import grpc

from cyclorama.v1 import ads_pb2, engine_pb2, finishing_pb2
from cyclorama.version import __version__
from gateway.ad_chunks import split_large_ad
from gateway.ad_images import AdImages
from gateway.ads import AdCreator
from gateway.assessment import build_manifest_assessment, build_picture_assessment
from gateway.callers.caller import get_current_caller
from gateway.callers.usage import QuotaUsage
from gateway.intake import CallIntake
from gateway.jobs.service import JobService
from gateway.jobs.servicer import JobServicer
from gateway.pipeline import PIPELINE
from gateway.profiles import find_option_contradictions, list_profiles
from gateway.requests import fill_ad_defaults, find_source
from gateway.stage_client import StageClient
from gateway.stage_methods import RequestT, ResultT, StageMethod, StageResult
from gateway.verification import (
    build_verify_ad_response,
    build_verify_file_request,
    read_manifest,
)
from services.runtime.guards.call_log import current_call_id
from services.runtime.options import resolve_seed

Emit = Callable[[ads_pb2.CreateAdResponse], None]


class AdServicer(JobServicer):
    """Creates, verifies, checks and assesses ads with the stages; jobs as in JobServicer."""

    def __init__(
        self,
        stages: StageClient,
        ads: AdCreator,
        intake: CallIntake,
        usage: QuotaUsage,
        jobs: JobService | None = None,
    ) -> None:
        """Keeps what the methods need.

        stages: calls single stages. ads: runs all stages for an ad. intake: takes in the calls.
        usage: counts the daily quotas of callers. jobs: None where the gateway keeps no jobs; those
        methods then fail.
        """
        super().__init__(usage, jobs)
        self._stages = stages
        self._ads = ads
        self._intake = intake

    async def CreateAd(
        self, request: ads_pb2.CreateAdRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[ads_pb2.CreateAdResponse]:
        """Charges the caller's quota with one ad, creates it, and streams events of its stages.

        Yields a response when a stage starts, progresses and finishes; the last one has the ad,
        after the chunks of its files where it is large.
        """
        await self._intake.charge_quota(request, ads=1)
        images = await self._intake.detach_images(request)
        # A copy without the memory of images, which the request keeps for as long as it exists.
        ad = fill_ad_defaults(request, resolve_seed(request))
        del request
        run = partial(self._queue_ad, ad, images, context)
        async for response in _stream_events(run):
            for part in split_large_ad(response):
                yield part

    async def VerifyAd(
        self, request: ads_pb2.VerifyAdRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.VerifyAdResponse:
        """Compares a delivered file with its manifest; returns whether bytes and pixels agree."""
        await self._intake.charge_quota(request, ads=0)
        manifest = read_manifest(request.manifest)
        images = await self._intake.detach_images(request)
        verify_request, file_hash = (
            build_verify_file_request(request.image, manifest),
            request.image.uri,
        )
        del request
        deadline = self._intake.read_deadline(context)
        report = await self._stages.verify_file(verify_request, deadline, images)
        return build_verify_ad_response(file_hash, manifest, report)

    async def CheckAd(
        self, request: ads_pb2.CheckAdRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.CheckAdResponse:
        """Checks a file against the rules of an advertising platform; returns the report."""
        await self._intake.charge_quota(request, ads=0)
        images = await self._intake.detach_images(request)
        check_request = finishing_pb2.CheckFileRequest(
            image=request.image, profile=request.profile, file_name=request.file_name
        )
        del request
        deadline = self._intake.read_deadline(context)
        checked = await self._stages.check_file(check_request, deadline, images)
        return ads_pb2.CheckAdResponse(report=checked.report)

    async def AssessAd(
        self, request: ads_pb2.AssessAdRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.AssessAdResponse:
        """Assesses a picture as a reviewer would, with its manifest or the product found in it."""
        deadline = self._intake.read_deadline(context)
        await self._intake.charge_quota(request, ads=0)
        images = await self._intake.detach_images(request)
        if request.manifest:
            assess_request = build_manifest_assessment(request.image, request.manifest)
        else:
            assess_request = await build_picture_assessment(
                request.image, images, self._stages, deadline
            )
        del request
        assessed = await self._stages.assess_file(assess_request, deadline, images)
        return ads_pb2.AssessAdResponse(
            quality_report=assessed.quality_report, product_found=assess_request.HasField("mask")
        )

    async def ListProfiles(
        self, request: ads_pb2.ListProfilesRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.ListProfilesResponse:
        """Lists the platforms whose rules ads can be made for."""
        return ads_pb2.ListProfilesResponse(profiles=list_profiles())

    async def ValidateOptions(
        self, request: ads_pb2.ValidateOptionsRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.ValidateOptionsResponse:
        """Lists what in the options of an ad contradicts the rules of their profile."""
        contradictions = find_option_contradictions(request)
        return ads_pb2.ValidateOptionsResponse(contradictions=contradictions)

    async def ListEngines(
        self, request: ads_pb2.AdServiceListEnginesRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.AdServiceListEnginesResponse:
        """Lists the engines of all stages, asked at once, and the version of the gateway."""
        lists = (self._stages.list_engines(step.stage) for step in PIPELINE)
        stages = await asyncio.gather(*lists)
        return ads_pb2.AdServiceListEnginesResponse(stages=stages, version=__version__)

    async def _queue_ad(
        self,
        ad: ads_pb2.CreateAdRequest,
        images: AdImages,
        context: grpc.aio.ServicerContext,
        emit: Emit,
    ) -> ads_pb2.CreateAdResponse:
        """Creates an ad as soon as it may be in flight; its deadline is read then.

        ad, images, emit: as of _create_ad, which returns the last response. context: of the call.
        """

        def emit_place(ads_before: int) -> None:
            emit(ads_pb2.CreateAdResponse(queued=ads_pb2.AdQueued(ads_before=ads_before)))

        async with self._stages.ad_slots.acquire(get_current_caller().name, emit_place):
            return await self._create_ad(ad, images, self._intake.read_deadline(context), emit)

    async def _create_ad(
        self, ad: ads_pb2.CreateAdRequest, images: AdImages, deadline: float, emit: Emit
    ) -> ads_pb2.CreateAdResponse:
        """Creates an ad; returns it in the last response of the stream.

        ad, images: as of AdCreator.create_ad. deadline: a time.monotonic() value. emit: sends an
        earlier response to the caller; called when a stage starts, progresses and finishes.
        """
        # The cache belongs to the jobs; without them, every result is computed.
        cache = self._jobs_or_none.result_cache if ad.reuse and self._jobs_or_none else None
        owner = get_current_caller().name

        async def call_stage(
            method: StageMethod[RequestT, ResultT], stage_request: RequestT
        ) -> ResultT:
            """Returns the cached result of a stage, or calls it; emits its events."""
            emit(_build_started_event(method.stage))
            compute = partial(
                self._stages.call_stage,
                *(method, stage_request, deadline),
                on_progress=lambda progress: emit(_build_progress_event(method.stage, progress)),
                images=images,
            )
            if cache:
                result, is_cached = await cache.get_or_compute(
                    method, stage_request, compute, owner, find_source(method.stage, ad)
                )
            else:
                result, is_cached = await compute(), False
            emit(_build_finished_event(method.stage, result, is_cached))
            return result

        created = await self._ads.create_ad(ad, images, call_stage, call_id=current_call_id())
        response = ads_pb2.CreateAdResponse()
        # As an argument, it would be serialized and parsed.
        response.ad.CopyFrom(created)
        return response


async def _stream_events(
    run: Callable[[Emit], Awaitable[ads_pb2.CreateAdResponse]],
) -> AsyncIterator[ads_pb2.CreateAdResponse]:
    """Runs a coroutine; yields the responses that it emits meanwhile, then its result.

    run: called with the function that emits a response. It is cancelled when the caller of the
    stream leaves early.
    """
    # None marks the end.
    events: asyncio.Queue[ads_pb2.CreateAdResponse | None] = asyncio.Queue()
    task = asyncio.ensure_future(run(events.put_nowait))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        yield await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _build_started_event(stage: ads_pb2.Stage) -> ads_pb2.CreateAdResponse:
    """Returns the response that reports that a stage started."""
    return ads_pb2.CreateAdResponse(started=ads_pb2.StageStarted(stage=stage))


def _build_progress_event(
    stage: ads_pb2.Stage, progress: engine_pb2.Progress
) -> ads_pb2.CreateAdResponse:
    """Returns the response that reports the progress of a stage: the share that is done."""
    return ads_pb2.CreateAdResponse(progress=ads_pb2.StageProgress(stage=stage, progress=progress))


def _build_finished_event(
    stage: ads_pb2.Stage, result: StageResult, cached: bool
) -> ads_pb2.CreateAdResponse:
    """Returns the response that reports that a stage finished, and which engine ran.

    cached: whether the result was computed for an earlier request.
    """
    finished = ads_pb2.StageFinished(stage=stage, run=result.run, cached=cached)
    return ads_pb2.CreateAdResponse(finished=finished)
