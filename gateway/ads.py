"""Makes one ad: runs the stages, then has the finished file written and certified."""

from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from gateway.artifacts import Artifacts
from gateway.manifest import begin_manifest, end_manifest
from gateway.pipeline import Results, run_pipeline, steps_without
from gateway.requests import REFERENCE, finish_request, request_for
from gateway.settings import Settings
from gateway.stages import StageFailed, Stages
from services.runtime.errors import ArtifactLost
from services.runtime.objects import object_path

Call = Callable[[int, Message], Awaitable[Message]]


class Ads:
    """Makes ads with the four stages; where pictures go by reference, through the store."""

    def __init__(self, stages: Stages, artifacts: Artifacts, settings: Settings) -> None:
        self._stages = stages
        self._artifacts = artifacts
        self._transport = settings.transport

    async def make(
        self, ad: ads_pb2.CreateAdRequest, call: Call, deadline: float, call_id: str
    ) -> ads_pb2.Ad:
        """Returns the ad that a request with its defaults filled in asks for.

        call: sends a stage its request and returns the result. deadline: as in Stages.call.
        """
        if self._transport == REFERENCE:
            await self._artifacts.put(ad.photo.data)
        try:
            return await self._make(ad, call, deadline, call_id)
        except StageFailed as failure:
            if failure.reason == ArtifactLost.reason:
                # Found missing the next time, and made anew.
                await self._artifacts.drop(object_path(failure.metadata["key"]))
            raise

    async def _make(
        self, ad: ads_pb2.CreateAdRequest, call: Call, deadline: float, call_id: str
    ) -> ads_pb2.Ad:
        async def work(stage: int, results: Results) -> Message:
            return await call(stage, request_for(stage, ad, results, self._transport))

        own = (ads_pb2.STAGE_BACKGROUND,) if ad.HasField("backdrop") else ()
        results = await run_pipeline(steps_without(*own), work)
        manifest = begin_manifest(ad, results, call_id)
        asked = finish_request(ad, results, manifest["record"])
        finished = await self._stages.ask("FinishAd", asked, deadline)
        return ads_pb2.Ad(
            image=finished.file,
            manifest=end_manifest(manifest, finished),
            layers=finished.layers,
            layered_file=finished.layered_file,
            quality_report=finished.quality_report,
            profile_report=finished.profile_report if finished.HasField("profile_report") else None,
        )
