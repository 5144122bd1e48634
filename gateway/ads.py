"""Creates one ad: runs the pipeline, and repeats stages when an unexpected engine answered."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from cyclorama.v1 import ads_pb2
from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EnginePlan, EngineReports
from gateway.manifest import write_manifest
from gateway.pipeline import (
    PipelineStep,
    RunStage,
    add_dependent_stages,
    build_pipeline_without,
    run_pipeline,
)
from gateway.requests import REFERENCE, build_stage_request
from gateway.settings import GatewaySettings
from gateway.stage_client import StageError
from gateway.stage_methods import (
    FINISHING,
    METHODS,
    RequestT,
    ResultT,
    StageMethod,
    StageResult,
    StageResults,
)
from services.runtime.errors import ArtifactLost
from services.runtime.objects import object_path_from_key

# Runs of the pipeline for one ad. Larger: engines that come and go longer repeat more work; the
# last run accepts whichever engine answers.
MAX_PLANS = 3


class CallStage(Protocol):
    """Sends a stage its request and returns the result."""

    async def __call__(
        self, method: StageMethod[RequestT, ResultT], request: RequestT, /
    ) -> ResultT: ...


class PlanChanged(Exception):
    """An engine answered that the requests to earlier stages were not built for.

    stages: those whose requests are outdated. results: of all stages so far. plan: the engines
    that ran.
    """

    def __init__(self, stages: set[ads_pb2.Stage], results: StageResults, plan: EnginePlan) -> None:
        super().__init__()
        self.stages, self.results, self.plan = stages, results, plan


class AdCreator:
    """Creates ads with the stages; stores the photo where images are sent by reference."""

    def __init__(
        self, reports: EngineReports, artifacts: ArtifactStore, settings: GatewaySettings
    ) -> None:
        self._reports = reports
        self._artifacts = artifacts
        self._transport = settings.transport

    async def create_ad(
        self, ad: ads_pb2.CreateAdRequest, call_stage: CallStage, call_id: str
    ) -> ads_pb2.Ad:
        """Returns the ad of a request that has its defaults filled in.

        call_stage: sends a stage its request and returns the result.
        """
        if self._transport == REFERENCE:
            await self._artifacts.put_object(ad.photo.data)
        try:
            results = await self._run_stages(ad, call_stage)
        except StageError as error:
            if error.reason == ArtifactLost.reason:
                # The next attempt does not find the object and computes it again.
                await self._artifacts.delete_entry(object_path_from_key(error.metadata["key"]))
            raise
        finished = FINISHING.get_result(results)
        return ads_pb2.Ad(
            image=finished.file,
            manifest=write_manifest(ad, results, call_id),
            layers=finished.layers,
            layered_file=finished.layered_file,
            quality_report=finished.quality_report,
            profile_report=finished.profile_report if finished.HasField("profile_report") else None,
        )

    async def _run_stages(self, ad: ads_pb2.CreateAdRequest, call_stage: CallStage) -> StageResults:
        """Runs the pipeline, and repeats stages while the engines that run differ from the plan."""
        replaced = (ads_pb2.STAGE_BACKGROUND,) if ad.HasField("backdrop") else ()
        steps = build_pipeline_without(*replaced)
        known: StageResults = {}
        # Concurrent with the first stages, whose requests do not depend on the plan.
        plan: asyncio.Future[EnginePlan] = asyncio.ensure_future(self._reports.plan_engines(ad))
        try:
            for plans_left in reversed(range(MAX_PLANS)):
                run_stage = self._bind_stage_runner(ad, call_stage, plan, is_final=not plans_left)
                try:
                    return await run_pipeline(steps, run_stage, known)
                except PlanChanged as change:
                    known = _select_valid_results(steps, change)
                    plan = asyncio.get_running_loop().create_future()
                    plan.set_result(change.plan)
        finally:
            plan.cancel()
        raise AssertionError("the last plan is final")

    def _bind_stage_runner(
        self,
        ad: ads_pb2.CreateAdRequest,
        call_stage: CallStage,
        planned: Awaitable[EnginePlan],
        is_final: bool,
    ) -> RunStage:
        """Returns a function that runs one stage; it raises PlanChanged unless `is_final`."""

        async def run_stage(stage: ads_pb2.Stage, results: StageResults) -> StageResult:
            """Builds the request to a stage and calls it."""
            plan = await planned if results else {}
            if not is_final:
                await self._check_plan(ad, results, plan)
            request = build_stage_request(stage, ad, results, plan, self._transport)
            return await call_stage(METHODS[stage], request)

        return run_stage

    async def _check_plan(
        self, ad: ads_pb2.CreateAdRequest, results: StageResults, plan: EnginePlan
    ) -> None:
        """Raises PlanChanged when the engines that ran lead to other requests than the plan."""
        ran = {}
        for stage in plan.keys() & results.keys():
            engine = await self._reports.find_engine(stage, results[stage].run.engine)
            if engine and engine != plan[stage]:
                ran[stage] = engine
        if not ran:
            return
        new_plan = {**plan, **ran}
        outdated = {
            stage
            for stage in results
            if build_stage_request(stage, ad, results, plan, self._transport)
            != build_stage_request(stage, ad, results, new_plan, self._transport)
        }
        if outdated:
            raise PlanChanged(outdated, results, new_plan)


def _select_valid_results(steps: tuple[PipelineStep, ...], change: PlanChanged) -> StageResults:
    """Returns the results that do not depend on an outdated stage request."""
    repeated = add_dependent_stages(steps, change.stages)
    return {stage: result for stage, result in change.results.items() if stage not in repeated}
