"""Times small pieces of work, to choose the fastest implementation on this machine."""

import time
from collections.abc import Callable

import torch

# Timed runs. More: less noise from other processes, and a slower start.
TIMED_RUNS = 3


def measure_shortest_seconds(work: Callable[[], object], device: torch.device) -> float:
    """Returns the shortest time of a few runs of a function, in seconds, after one warm-up run.

    work: takes no arguments. device: that it computes on; GPUs are waited for.
    """
    durations = []
    for _ in range(TIMED_RUNS + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        durations.append(time.perf_counter() - start)
    _, *timed = durations
    return min(timed)
