"""Creates one ad: runs the pipeline, and repeats stages when an unexpected engine answered."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from cyclorama.v1 import ads_pb2
from gateway.ad_images import AdImages
from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EnginePlan, EngineReports
from gateway.manifest import write_manifest
from gateway.pipeline import (
    PipelineStep,
    RunStage,
    add_dependent_stages,
    build_pipeline,
    run_pipeline,
)
from gateway.requests import REFERENCE, build_stage_request
from gateway.settings import GatewaySettings
from gateway.stage_descriptions import StageDescriptions
from gateway.stage_errors import StageError
from gateway.stage_methods import (
    FINISHING,
    METHODS,
    SEGMENTATION,
    RequestT,
    ResultT,
    StageMethod,
    StageRequest,
    StageResult,
    StageResults,
)
from gateway.views import may_follow_photo
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
        """Keeps what the creation of ads needs.

        reports: the engines that each stage lists. artifacts: where stages find images that are
        sent as keys instead of bytes, which `settings.transport` decides.
        """
        self._reports = reports
        self._artifacts = artifacts
        self._transport = settings.transport

    async def create_ad(
        self, ad: ads_pb2.CreateAdRequest, images: AdImages, call_stage: CallStage, call_id: str
    ) -> ads_pb2.Ad:
        """Runs all stages for one request; returns the ad: its file, manifest and reports.

        ad: the request, with its defaults filled in, and with keys in place of its images. images:
        those of the request. call_stage: sends a stage its request and returns the result. call_id:
        id of the caller's call for the manifest; empty for a job. Raises StageError when a stage
        fails.
        """
        if self._transport == REFERENCE:
            await images.pass_by_uri()
        descriptions = StageDescriptions()
        try:
            results = await self._run_stages(ad, images, call_stage, descriptions)
        except StageError as error:
            if error.reason == ArtifactLost.reason:
                # The next attempt does not find the object and computes it again.
                await self._artifacts.delete_entry(object_path_from_key(error.metadata["key"]))
            raise
        finished = FINISHING.get_result(results)
        described = await descriptions.collect(results)
        created = ads_pb2.Ad(
            manifest=write_manifest(ad, images.sizes, described, finished, call_id),
            layers=finished.layers,
            layered_file=finished.layered_file,
            quality_report=finished.quality_report,
            profile_report=finished.profile_report if finished.HasField("profile_report") else None,
            quality=ad.quality,
        )
        # As an argument, the image would be serialized and parsed.
        created.image.CopyFrom(finished.file)
        return created

    async def _run_stages(
        self,
        ad: ads_pb2.CreateAdRequest,
        images: AdImages,
        call_stage: CallStage,
        descriptions: StageDescriptions,
    ) -> StageResults:
        """Runs the stages for a request; returns their results by stage, and describes them.

        A request to a stage depends on the engines that run at others, which the plan predicts.
        Where another engine ran, the stages whose requests it changes are repeated, at most
        MAX_PLANS - 1 times.
        """
        steps = await self._plan_steps(ad)
        valid_results: StageResults = {}
        # Concurrent with the first stages, whose requests do not depend on the plan.
        plan: asyncio.Future[EnginePlan] = asyncio.ensure_future(self._reports.plan_engines(ad))
        try:
            for plans_left in reversed(range(MAX_PLANS)):
                run_stage = self._bind_stage_runner(
                    ad, images, call_stage, descriptions, plan, is_final=not plans_left
                )
                try:
                    return await run_pipeline(steps, run_stage, valid_results)
                except PlanChanged as change:
                    valid_results = _select_valid_results(steps, change)
                    # The next run awaits its plan too, which is known already.
                    plan = asyncio.get_running_loop().create_future()
                    plan.set_result(change.plan)
        finally:
            plan.cancel()
        raise AssertionError("the last plan is final")

    async def _plan_steps(self, ad: ads_pb2.CreateAdRequest) -> tuple[PipelineStep, ...]:
        """Returns the steps of the pipeline for an ad.

        A picture or color from the caller replaces the generated background; one that follows the
        photo waits for its segmentation.
        """
        if ad.HasField("backdrop"):
            return build_pipeline(has_background=False, follows_photo=False)
        engine = await self._reports.predict_background(ad)
        return build_pipeline(has_background=True, follows_photo=may_follow_photo(ad, engine))

    def _bind_stage_runner(
        self,
        ad: ads_pb2.CreateAdRequest,
        images: AdImages,
        call_stage: CallStage,
        descriptions: StageDescriptions,
        planned: Awaitable[EnginePlan],
        is_final: bool,
    ) -> RunStage:
        """Returns a function that runs one stage of an ad, given the results it needs.

        planned: the engines that are expected to run. is_final: whether the stages accept any
        engine; if not, the function raises PlanChanged when an unexpected one ran.
        """

        async def run_stage(stage: ads_pb2.Stage, results: StageResults) -> StageResult:
            """Builds the request to a stage from the results it needs; returns its result."""
            # The first stages need no results, and their requests do not depend on the plan.
            plan = await planned if results else {}
            if not is_final:
                await self._check_plan(ad, images, results, plan)
            # Of the other stages nothing is waited for: they are described while the next ones run.
            described = await descriptions.collect(results) if stage == FINISHING.stage else {}
            request = build_stage_request(
                stage, ad, images.sizes, results, described, plan, self._transport
            )
            result = await call_stage(METHODS[stage], request)
            descriptions.add(stage, result)
            if stage == SEGMENTATION.stage:
                images.release_photo(ad)
            return result

        return run_stage

    async def _check_plan(
        self,
        ad: ads_pb2.CreateAdRequest,
        images: AdImages,
        results: StageResults,
        plan: EnginePlan,
    ) -> None:
        """Raises PlanChanged when the engines that ran make requests to earlier stages outdated.

        results: of the stages so far. plan: the engines that their requests were built for. A
        request is outdated when it would be different if built for the engines that ran.
        """
        unexpected = {}
        for stage in plan.keys() & results.keys():
            engine = await self._reports.find_engine(stage, results[stage].run.engine)
            if engine and engine != plan[stage]:
                unexpected[stage] = engine
        if not unexpected:
            return
        new_plan = {**plan, **unexpected}

        def build_request(stage: ads_pb2.Stage, plan: EnginePlan) -> StageRequest:
            """Builds the request to a stage before finishing, which needs descriptions."""
            return build_stage_request(stage, ad, images.sizes, results, {}, plan, self._transport)

        outdated = {
            stage
            for stage in results
            if build_request(stage, plan) != build_request(stage, new_plan)
        }
        if outdated:
            raise PlanChanged(outdated, results, new_plan)


def _select_valid_results(steps: tuple[PipelineStep, ...], change: PlanChanged) -> StageResults:
    """Returns the results that stay valid after a change of the engine plan, by stage.

    Not valid are those of `change.stages`, whose requests are outdated, and of all stages that
    need them. steps: the whole pipeline.
    """
    repeated = add_dependent_stages(steps, change.stages)
    return {stage: result for stage, result in change.results.items() if stage not in repeated}
