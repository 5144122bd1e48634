"""CPU time of processes as benchmarks measure it."""

import os
import time

from benchmarks.serving import read_core_seconds


def test_core_seconds_equal_the_cpu_time_of_the_process():
    before = time.process_time()
    measured = read_core_seconds(os.getpid())
    assert before <= measured <= time.process_time()
