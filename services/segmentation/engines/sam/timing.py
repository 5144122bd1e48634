"""Times small pieces of work, to choose between ways of doing it."""

import time
from collections.abc import Callable

import torch

ROUNDS = 3


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """The shortest of a few runs, after one to warm up."""
    spans = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        spans.append(time.perf_counter() - start)
    return min(spans[1:])
