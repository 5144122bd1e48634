"""Describes the stages of an ad for its manifest, each while the next ones run."""

import asyncio
from collections.abc import Iterable

from cyclorama.v1 import ads_pb2
from gateway.manifest import StageDescription, describe_stage
from gateway.stage_methods import StageResult


class StageDescriptions:
    """The descriptions of the stages of one ad in its manifest; hashes their images in threads."""

    def __init__(self) -> None:
        self._descriptions: dict[ads_pb2.Stage, asyncio.Future[StageDescription]] = {}

    def add(self, stage: ads_pb2.Stage, result: StageResult) -> None:
        """Starts to describe a stage that has finished; in place of its earlier run, if any."""
        describing = asyncio.to_thread(describe_stage, stage, result)
        self._descriptions[stage] = asyncio.ensure_future(describing)

    async def collect(
        self, stages: Iterable[ads_pb2.Stage]
    ) -> dict[ads_pb2.Stage, StageDescription]:
        """Returns the descriptions of stages that were added, by stage, when they are complete."""
        return {stage: await self._descriptions[stage] for stage in stages}
