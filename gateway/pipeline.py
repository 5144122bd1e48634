"""The stages as a description: what each needs, and how to run whatever can run."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyclorama.v1.ads_pb2 import (
    STAGE_BACKGROUND,
    STAGE_COMPOSITING,
    STAGE_FINISHING,
    STAGE_INPAINTING,
    STAGE_SEGMENTATION,
)

Results = Mapping[int, Any]


@dataclass(frozen=True)
class Step:
    """One stage and the stages whose results it needs."""

    stage: int
    needs: tuple[int, ...] = ()


PIPELINE = (
    Step(STAGE_SEGMENTATION),
    Step(STAGE_BACKGROUND),
    Step(STAGE_COMPOSITING, needs=(STAGE_SEGMENTATION, STAGE_BACKGROUND)),
    Step(STAGE_INPAINTING, needs=(STAGE_COMPOSITING,)),
    Step(
        STAGE_FINISHING,
        needs=(STAGE_SEGMENTATION, STAGE_BACKGROUND, STAGE_COMPOSITING, STAGE_INPAINTING),
    ),
)


def steps_without(*stages: int) -> tuple[Step, ...]:
    """The pipeline less some stages whose work is not needed."""
    return tuple(
        Step(step.stage, tuple(need for need in step.needs if need not in stages))
        for step in PIPELINE
        if step.stage not in stages
    )


def with_dependents(steps: Sequence[Step], stages: Collection[int]) -> set[int]:
    """Some stages and those that need their results, directly or not; steps: in their order."""
    found = set(stages)
    for step in steps:
        if found & set(step.needs):
            found.add(step.stage)
    return found


async def run_pipeline(
    steps: Sequence[Step], work: Callable[[int, Results], Awaitable[Any]], known: Results
) -> Results:
    """Starts every step as soon as what it needs is there; returns all results by stage.

    `work(stage, results)` does one step. known: results that are there already, whose steps are
    not done. The first failure cancels what still runs and is raised.
    """
    tasks: dict[int, asyncio.Task] = {}

    async def start(step: Step) -> Any:
        if step.stage in known:
            return known[step.stage]
        return await work(step.stage, {need: await tasks[need] for need in step.needs})

    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                tasks[step.stage] = group.create_task(start(step))
    except ExceptionGroup as failures:
        # The steps that waited for the failed one end with the same exception, after it.
        raise failures.exceptions[0] from None
    return {stage: task.result() for stage, task in tasks.items()}
