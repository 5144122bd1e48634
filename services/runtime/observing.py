"""Times the work of engines, and gives it a span."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.runtime.errors import outcome_of
from services.runtime.metrics import COMPUTE_SECONDS, ENGINE_RUNS
from services.runtime.tracing import Span, begun

S = TypeVar("S")


def observe_steps(engine: str, steps: Iterator[S]) -> Iterator[S]:
    """Yields the steps of an engine's work and observes it, less what happens between them."""
    spent = 0.0
    with _counted(engine), begun(f"engine {engine}") as work:
        try:
            while True:
                start = time.perf_counter()
                step = _next(steps, work)
                spent += time.perf_counter() - start
                if step is _END:
                    return
                yield step
        finally:
            _close(steps)
            COMPUTE_SECONDS.labels(engine).observe(spent)


_END = object()


def _next(steps: Iterator[S], work: Span) -> S | object:
    with work.current():
        return next(steps, _END)


def _close(steps: Iterator[S]) -> None:
    close = getattr(steps, "close", None)
    if close:
        close()


@contextmanager
def _counted(engine: str) -> Iterator[None]:
    outcome = "OK"
    try:
        yield
    except BaseException as error:
        outcome = outcome_of(error)
        raise
    finally:
        ENGINE_RUNS.labels(engine, outcome).inc()
