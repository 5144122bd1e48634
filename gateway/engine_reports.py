"""Predicts which engine of a stage will answer, from the engines that the stage lists."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cyclorama.v1 import ads_pb2, engine_pb2
from gateway.drafts import wants_draft_engine
from gateway.stage_client import StageClient
from services.runtime.limits import AUTO

# How long a list of engines is cached. Larger: fewer calls to the stages, and a longer time until
# an engine that became ready or unavailable is noticed.
REPORT_SECONDS = 2.0

EnginePlan = Mapping[ads_pb2.Stage, engine_pb2.EngineStatus]
"""The engines that are expected to run, or that ran, by stage; empty status where unknown."""


@dataclass(frozen=True)
class EnginePrediction:
    """The engine that will run first for a request, and the names of those passed over for it.

    Passed over are better engines that are set up but not ready. The result then has a warning, and
    they may run for the next equal request.
    """

    engine: engine_pb2.EngineStatus
    passed_over: tuple[str, ...] = ()


class EngineReports:
    """Caches the engines that each stage lists for a few seconds."""

    def __init__(self, stages: StageClient) -> None:
        self._stages = stages
        self._reports: dict[ads_pb2.Stage, tuple[float, Sequence[engine_pb2.EngineStatus]]] = {}

    async def predict_engine(
        self, stage: ads_pb2.Stage, choice: engine_pb2.EngineChoice
    ) -> EnginePrediction | None:
        """Returns the engine of a stage that will run first for a request.

        choice: what the request says about the engine: its name, empty or AUTO for the first one
        that is ready, and whether another may run when the named one is not ready. Returns None
        when no engine qualifies or the stage does not answer.
        """
        passed_over: list[str] = []
        for engine in _list_candidates(await self._list_engines(stage), choice):
            if engine.ready:
                return EnginePrediction(engine, tuple(passed_over))
            if engine.configured or engine.name == choice.name:
                passed_over.append(engine.name)
        return None

    def expire_report(self, stage: ads_pb2.Stage) -> None:
        """Lets the next call ask a stage again, as another engine ran than was predicted."""
        if stage in self._reports:
            self._reports[stage] = -REPORT_SECONDS, self._reports[stage][1]

    async def find_engine(self, stage: ads_pb2.Stage, name: str) -> engine_pb2.EngineStatus | None:
        """Returns the engine of a stage that has a name, ready to run or not.

        None when the stage does not list it, or does not answer.
        """
        engines = await self._list_engines(stage)
        return next((engine for engine in engines if engine.name == name), None)

    async def plan_engines(self, ad: ads_pb2.CreateAdRequest) -> EnginePlan:
        """Predicts, by stage, the engines that the requests to earlier stages depend on.

        Only inpainting: compositing adds no shadow for an engine that draws it. Drafts prefer the
        engine for drafts. ad: the request, which may name the engine. The status is empty where no
        engine can be predicted.
        """
        stage = ads_pb2.STAGE_INPAINTING
        engine = await self._find_draft_engine(stage) if wants_draft_engine(ad) else None
        if engine is None:
            expected = await self.predict_engine(stage, ad.inpainting.engine)
            engine = expected.engine if expected else engine_pb2.EngineStatus()
        return {stage: engine}

    async def predict_background(self, ad: ads_pb2.CreateAdRequest) -> engine_pb2.EngineStatus:
        """Returns the engine that will make the background; an empty status where unknown."""
        expected = await self.predict_engine(ads_pb2.STAGE_BACKGROUND, ad.background.engine)
        return expected.engine if expected else engine_pb2.EngineStatus()

    async def _find_draft_engine(self, stage: ads_pb2.Stage) -> engine_pb2.EngineStatus | None:
        """Returns the best ready engine of a stage that suits drafts; None where it has none."""
        candidates = _list_candidates(await self._list_engines(stage), engine_pb2.EngineChoice())
        return next((each for each in candidates if each.ready and each.suits_drafts), None)

    async def _list_engines(self, stage: ads_pb2.Stage) -> Sequence[engine_pb2.EngineStatus]:
        """Returns the engines that a stage lists, cached for REPORT_SECONDS.

        When the stage does not answer, those that it listed last: while it is restarted, a request
        is then planned as it will be afterwards. Empty when it never answered.
        """
        now = asyncio.get_running_loop().time()
        listed_at, engines = self._reports.get(stage, (-REPORT_SECONDS, ()))
        if now - listed_at < REPORT_SECONDS:
            return engines
        report = await self._stages.list_engines(stage)
        # A stage that does not answer now may answer the next call.
        if not report.reachable:
            return engines
        self._reports[stage] = now, tuple(report.engines)
        return report.engines


def _list_candidates(
    engines: Sequence[engine_pb2.EngineStatus], choice: engine_pb2.EngineChoice
) -> list[engine_pb2.EngineStatus]:
    """Returns the engines that a choice allows, in the order of preference.

    engines: of the stage, best first. choice: the name of an engine, empty or AUTO, and whether
    another may replace it.
    """
    named = [engine for engine in engines if engine.name == choice.name]
    if choice.name not in ("", AUTO) and not choice.allow_fallback:
        return named
    others = (engine for engine in engines if engine.name != choice.name)
    return [*named, *(engine for engine in others if not engine.by_name_only)]
