"""Measures engine runs and image codecs, and opens a span for each engine run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.runtime.errors import error_reason
from services.runtime.metrics import CODEC_SECONDS, ENGINE_RUNS, ENGINE_SECONDS
from services.runtime.tracing import PausableSpan, start_span

S = TypeVar("S")


def measure_engine_steps(engine: str, steps: Iterator[S]) -> Iterator[S]:
    """Yields the steps of an engine unchanged, and records the time spent on computing them.

    The time between steps, while the caller works, does not count. Closes the steps at the end.

    engine: its name, for the metrics and the trace span.
    steps: progress, with the result last.
    """
    spent_seconds = 0.0
    with _count_engine_run(engine), start_span(f"engine {engine}") as span:
        try:
            while True:
                start = time.perf_counter()
                next_step = _advance(steps, span)
                spent_seconds += time.perf_counter() - start
                if not next_step:
                    return
                yield next_step[0]
        finally:
            _close(steps)
            ENGINE_SECONDS.labels(engine).observe(spent_seconds)


def _advance(steps: Iterator[S], span: PausableSpan) -> tuple[S] | None:
    """Computes the next step within the span; returns it in a tuple of one, or None at the end.

    A tuple, as a step itself may be None.
    """
    with span.activate():
        for step in steps:
            return (step,)
    return None


def _close(steps: Iterator[S]) -> None:
    """Closes a generator, so that its engine stops; does nothing for other iterators."""
    close = getattr(steps, "close", None)
    if close:
        close()


def record_codec_time(step: str, seconds: float, size: int) -> None:
    """Records in the metrics that an image was decoded or encoded.

    step: "decode" or "encode".
    seconds: the time taken.
    size: bytes of the pixels.
    """
    CODEC_SECONDS.labels(step).observe(seconds)


@contextmanager
def _count_engine_run(engine: str) -> Iterator[None]:
    """Counts a `with` block as one run of an engine, by outcome: "OK" or the reason of its error.

    engine: its name.
    """
    outcome = "OK"
    try:
        yield
    except BaseException as error:
        outcome = error_reason(error)
        raise
    finally:
        ENGINE_RUNS.labels(engine, outcome).inc()
