"""Makes one ad: runs the stages, again where other engines answered than were expected."""

import asyncio
from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from gateway.artifacts import Artifacts
from gateway.engine_reports import EngineReports, Plan
from gateway.manifest import write_manifest
from gateway.pipeline import Results, run_pipeline, steps_without, with_dependents
from gateway.requests import REFERENCE, request_for
from gateway.settings import Settings
from gateway.stages import StageFailed
from services.runtime.errors import ArtifactLost
from services.runtime.objects import object_path_from_key

Call = Callable[[int, Message], Awaitable[Message]]
# An ad is planned anew this often at most; engines that come and go faster are taken as they are.
MOST_PLANS = 3


class PlanChanged(Exception):
    """Other engines answered than a request to an earlier stage was made for.

    stages: whose requests are no longer right. results: of all stages so far. plan: what ran.
    """

    def __init__(self, stages: set[int], results: Results, plan: Plan) -> None:
        super().__init__()
        self.stages, self.results, self.plan = stages, results, plan


class Ads:
    """Makes ads with the stages; where pictures go by reference, through the store."""

    def __init__(self, reports: EngineReports, artifacts: Artifacts, settings: Settings) -> None:
        self._reports = reports
        self._artifacts = artifacts
        self._transport = settings.transport

    async def make(self, ad: ads_pb2.CreateAdRequest, call: Call, call_id: str) -> ads_pb2.Ad:
        """Returns the ad that a request with its defaults filled in asks for.

        call: sends a stage its request and returns the result.
        """
        if self._transport == REFERENCE:
            await self._artifacts.put(ad.photo.data)
        try:
            results = await self._run(ad, call)
        except StageFailed as failure:
            if failure.reason == ArtifactLost.reason:
                # Found missing the next time, and computed again.
                await self._artifacts.drop(object_path_from_key(failure.metadata["key"]))
            raise
        finished = results[ads_pb2.STAGE_FINISHING]
        return ads_pb2.Ad(
            image=finished.file,
            manifest=write_manifest(ad, results, call_id),
            layers=finished.layers,
            layered_file=finished.layered_file,
            quality_report=finished.quality_report,
            profile_report=finished.profile_report if finished.HasField("profile_report") else None,
        )

    async def _run(self, ad: ads_pb2.CreateAdRequest, call: Call) -> Results:
        own = (ads_pb2.STAGE_BACKGROUND,) if ad.HasField("backdrop") else ()
        steps, known = steps_without(*own), {}
        # Beside the first stages, which need no plan.
        plan = asyncio.ensure_future(self._reports.plan(ad))
        try:
            for left in reversed(range(MOST_PLANS)):
                work = self._work(ad, call, plan, final=not left)
                try:
                    return await run_pipeline(steps, work, known)
                except PlanChanged as changed:
                    redone = with_dependents(steps, changed.stages)
                    known = {s: r for s, r in changed.results.items() if s not in redone}
                    plan = asyncio.get_running_loop().create_future()
                    plan.set_result(changed.plan)
        finally:
            plan.cancel()
        raise AssertionError("the last plan is final")

    def _work(
        self, ad: ads_pb2.CreateAdRequest, call: Call, planned: Awaitable[Plan], final: bool
    ) -> Callable[[int, Results], Awaitable[Message]]:
        """Does one step of the pipeline; raises PlanChanged unless the plan is final."""

        async def work(stage: int, results: Results) -> Message:
            plan = await planned if results else {}
            if not final:
                await self._check_plan(ad, results, plan)
            return await call(stage, request_for(stage, ad, results, plan, self._transport))

        return work

    async def _check_plan(self, ad: ads_pb2.CreateAdRequest, results: Results, plan: Plan) -> None:
        """Raises PlanChanged where results are for requests that would be others by now."""
        ran = {}
        for stage in plan.keys() & results.keys():
            found = await self._reports.named(stage, results[stage].run.engine)
            if found and found != plan[stage]:
                ran[stage] = found
        if not ran:
            return
        after = {**plan, **ran}
        stale = {
            stage
            for stage in results
            if request_for(stage, ad, results, plan, self._transport)
            != request_for(stage, ad, results, after, self._transport)
        }
        if stale:
            raise PlanChanged(stale, results, after)
