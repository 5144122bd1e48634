"""Measures engine runs and image codecs, and opens a span for each engine run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.runtime.errors import error_reason
from services.runtime.guards.memory import record_image_size
from services.runtime.metrics import CODEC_SECONDS, ENGINE_RUNS, ENGINE_SECONDS
from services.runtime.tracing import PausableSpan, start_span

S = TypeVar("S")


def measure_engine_steps(engine: str, steps: Iterator[S]) -> Iterator[S]:
    """Yields the steps of an engine and measures the run, without the time between steps."""
    spent = 0.0
    with _count_engine_run(engine), start_span(f"engine {engine}") as span:
        try:
            while True:
                start = time.perf_counter()
                following = _advance(steps, span)
                spent += time.perf_counter() - start
                if not following:
                    return
                yield following[0]
        finally:
            _close(steps)
            ENGINE_SECONDS.labels(engine).observe(spent)


def _advance(steps: Iterator[S], span: PausableSpan) -> tuple[S] | None:
    """Returns the next step within the span; None at the end."""
    with span.activate():
        for step in steps:
            return (step,)
    return None


def _close(steps: Iterator[S]) -> None:
    close = getattr(steps, "close", None)
    if close:
        close()


def record_codec_time(step: str, seconds: float, size: int) -> None:
    """Records that an image was decoded or encoded; see CodecObserver in services.imaging."""
    CODEC_SECONDS.labels(step).observe(seconds)
    if step == "decode":
        record_image_size(size)


@contextmanager
def _count_engine_run(engine: str) -> Iterator[None]:
    outcome = "OK"
    try:
        yield
    except BaseException as error:
        outcome = error_reason(error)
        raise
    finally:
        ENGINE_RUNS.labels(engine, outcome).inc()
