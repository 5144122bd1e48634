"""Makes one ad: runs the stages, then has the finished file written and certified."""

from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from gateway.manifest import begin_manifest, end_manifest
from gateway.pipeline import Results, run_pipeline, steps_without
from gateway.requests import finish_request, request_for
from gateway.stages import Stages

Call = Callable[[int, Message], Awaitable[Message]]


async def make_ad(
    ad: ads_pb2.CreateAdRequest,
    call: Call,
    stages: Stages,
    deadline: float,
    transport: str,
    call_id: str,
) -> ads_pb2.Ad:
    """Returns the ad that a request with its defaults filled in asks for.

    call: sends a stage its request and returns the result. deadline: as in Stages.call. transport:
    how pictures go between the stages.
    """

    async def work(stage: int, results: Results) -> Message:
        return await call(stage, request_for(stage, ad, results, transport))

    own = (ads_pb2.STAGE_BACKGROUND,) if ad.HasField("backdrop") else ()
    results = await run_pipeline(steps_without(*own), work)
    manifest = begin_manifest(ad, results, call_id)
    asked = finish_request(ad, results, manifest["record"])
    finished = await stages.ask("Finish", asked, deadline)
    return ads_pb2.Ad(
        image=finished.file,
        manifest=end_manifest(manifest, finished),
        layers=finished.layers,
        layered_file=finished.layered_file,
        quality_report=finished.quality_report,
        profile_report=finished.profile_report if finished.HasField("profile_report") else None,
    )
