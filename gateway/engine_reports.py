"""What the stages report of their engines, and which engine is therefore expected to answer."""

import asyncio
from collections.abc import Mapping, Sequence

from cyclorama.v1 import ads_pb2, engine_pb2
from gateway.stages import Stages
from services.runtime.limits import AUTO

# How long a report counts. Every engine that is asked for costs a call to its stage.
REPORT_SECONDS = 2.0

Plan = Mapping[int, engine_pb2.EngineStatus]
"""The engines that are expected to answer, or did, by stage; an empty one where it is unknown."""


class EngineReports:
    """Asks stages for their engines, each at most every few seconds."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._reports: dict[int, tuple[float, Sequence[engine_pb2.EngineStatus]]] = {}

    async def expected(
        self, stage: int, choice: engine_pb2.EngineChoice
    ) -> engine_pb2.EngineStatus | None:
        """The engine that will answer a choice if nothing fails; None where that is not known."""
        ready = [each for each in await self._report(stage) if each.ready]
        named = next((each for each in ready if each.name == choice.name), None)
        if named or (choice.name not in ("", AUTO) and not choice.allow_fallback):
            return named
        return next((each for each in ready if not each.by_name_only), None)

    async def named(self, stage: int, engine: str) -> engine_pb2.EngineStatus | None:
        """An engine by its name, ready or not; None where it is not known."""
        return next((each for each in await self._report(stage) if each.name == engine), None)

    async def plan(self, ad: ads_pb2.CreateAdRequest) -> Plan:
        """The engines whose reports shape the requests to the stages before theirs."""
        expected = await self.expected(ads_pb2.STAGE_INPAINTING, ad.inpainting.engine)
        return {ads_pb2.STAGE_INPAINTING: expected or engine_pb2.EngineStatus()}

    async def _report(self, stage: int) -> Sequence[engine_pb2.EngineStatus]:
        now = asyncio.get_running_loop().time()
        asked, known = self._reports.get(stage, (-REPORT_SECONDS, ()))
        if now - asked < REPORT_SECONDS:
            return known
        report = await self._stages.engines(stage)
        # A stage that does not answer now may do so the next moment.
        if report.reachable:
            self._reports[stage] = now, tuple(report.engines)
        return report.engines
