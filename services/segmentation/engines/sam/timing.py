"""Times small pieces of work, to choose the fastest implementation on this machine."""

import time
from collections.abc import Callable

import torch

# Timed runs. More: less noise from other processes, and a slower start.
TIMED_RUNS = 3


def measure_shortest_seconds(work: Callable[[], object], device: torch.device) -> float:
    """Returns the shortest time of a few runs of a function, in seconds, after one warm-up run.

    On a CPU it is the time that the calling thread computes, which has an equal share of the work;
    other programs on the machine do not change it.

    work: takes no arguments. device: that it computes on; GPUs are waited for.
    """
    clock = time.perf_counter if device.type == "cuda" else time.thread_time
    durations = []
    for _ in range(TIMED_RUNS + 1):
        start = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        durations.append(clock() - start)
    _, *timed = durations
    return min(timed)
