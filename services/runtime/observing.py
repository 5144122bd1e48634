"""Times the work of engines, which it gives a span, and of the codec."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.runtime.errors import error_reason
from services.runtime.guards.memory import note_size
from services.runtime.metrics import CODEC_SECONDS, COMPUTE_SECONDS, ENGINE_RUNS
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


def observe_codec(step: str, seconds: float, size: int) -> None:
    """Observes that a picture was read or written, in the terms of services.imaging.images."""
    CODEC_SECONDS.labels(step).observe(seconds)
    if step == "decode":
        note_size(size)


@contextmanager
def _counted(engine: str) -> Iterator[None]:
    outcome = "OK"
    try:
        yield
    except BaseException as error:
        outcome = error_reason(error)
        raise
    finally:
        ENGINE_RUNS.labels(engine, outcome).inc()
