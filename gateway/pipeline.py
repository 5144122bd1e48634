"""The pipeline: which stage needs the results of which others, and how to run it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from cyclorama.v1 import ads_pb2
from cyclorama.v1.ads_pb2 import (
    STAGE_BACKGROUND,
    STAGE_COMPOSITING,
    STAGE_FINISHING,
    STAGE_INPAINTING,
    STAGE_SEGMENTATION,
)
from gateway.stage_methods import StageResult, StageResults

RunStage = Callable[[ads_pb2.Stage, StageResults], Awaitable[StageResult]]
"""Runs one stage, given the results that it needs."""


@dataclass(frozen=True)
class PipelineStep:
    """One stage and the stages whose results it needs."""

    stage: ads_pb2.Stage
    needs: tuple[ads_pb2.Stage, ...] = ()


PIPELINE = (
    PipelineStep(STAGE_SEGMENTATION),
    PipelineStep(STAGE_BACKGROUND),
    PipelineStep(STAGE_COMPOSITING, needs=(STAGE_SEGMENTATION, STAGE_BACKGROUND)),
    PipelineStep(STAGE_INPAINTING, needs=(STAGE_COMPOSITING,)),
    PipelineStep(
        STAGE_FINISHING,
        needs=(STAGE_SEGMENTATION, STAGE_BACKGROUND, STAGE_COMPOSITING, STAGE_INPAINTING),
    ),
)


def build_pipeline(*, has_background: bool, follows_photo: bool) -> tuple[PipelineStep, ...]:
    """Returns the steps of PIPELINE for one ad.

    has_background: whether a background is generated. follows_photo: whether it depends on the
    view of the photo, so that it has to wait for segmentation.
    """
    steps = []
    for step in PIPELINE:
        needs = step.needs
        if step.stage == STAGE_BACKGROUND:
            if not has_background:
                continue
            needs = (STAGE_SEGMENTATION,) if follows_photo else needs
        elif not has_background:
            needs = tuple(need for need in needs if need != STAGE_BACKGROUND)
        steps.append(PipelineStep(step.stage, needs))
    return tuple(steps)


def add_dependent_stages(
    steps: Sequence[PipelineStep], stages: Collection[ads_pb2.Stage]
) -> set[ads_pb2.Stage]:
    """Returns the given stages and all that need their results, directly or indirectly.

    steps: the pipeline, sorted so that each step comes after those it needs.
    """
    dependent = set(stages)
    for step in steps:
        if dependent & set(step.needs):
            dependent.add(step.stage)
    return dependent


async def run_pipeline(
    steps: Sequence[PipelineStep], run_stage: RunStage, known: StageResults
) -> StageResults:
    """Runs every step as soon as the results it needs exist; returns all results by stage.

    run_stage: runs one stage, given the results it needs. known: results of an earlier run, by
    stage; their steps are skipped. The first failure cancels the other steps and is raised.
    """
    tasks: dict[ads_pb2.Stage, asyncio.Task[StageResult]] = {}

    async def run_step(step: PipelineStep) -> StageResult:
        """Waits for the results that a step needs, then runs its stage; returns its result."""
        if step.stage in known:
            return known[step.stage]
        return await run_stage(step.stage, {need: await tasks[need] for need in step.needs})

    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                tasks[step.stage] = group.create_task(run_step(step))
    except ExceptionGroup as failures:
        # Steps that waited for the failed one end with the same exception, after it.
        raise failures.exceptions[0] from None
    return {stage: task.result() for stage, task in tasks.items()}
