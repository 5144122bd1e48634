"""How benchmarks measure processes."""

import os
import time

from benchmarks.serving import read_core_seconds


def test_core_seconds_are_those_that_the_process_counts_itself():
    before = time.process_time()
    seen = read_core_seconds(os.getpid())
    assert before <= seen <= time.process_time()
