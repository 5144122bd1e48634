"""What is left of large pictures once their calls have ended."""

import os
import platform
import subprocess
import sys

import pytest

from benchmarks.serving import ROOT, TUNABLES

# Each thread has a heap of its own, which keeps what is freed.
THREADS = """
import threading
from pathlib import Path
import numpy as np
from services.runtime.guards.interceptor import Call
from services.runtime.guards.memory import large_given_back, note_size

call = Call("SegmentProduct", None, "id", lambda: True, lambda: None)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

def work():
    with large_given_back(call):
        photo = np.ones({size}, np.uint8)
        note_size(photo.nbytes)
        del photo

before = resident()
for _ in range(4):
    running = [threading.Thread(target=work) for _ in range(2)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is another")
@pytest.mark.parametrize(("size", "kept"), [(90_000_000, False), (23_000_000, True)])
def test_the_memory_of_large_pictures_is_given_back_and_of_others_kept(size, kept):
    done = subprocess.run(
        [sys.executable, "-c", THREADS.replace("{size}", str(size))],
        cwd=ROOT,
        env=os.environ | {"GLIBC_TUNABLES": TUNABLES},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (int(done.stdout) > 20) == kept, done.stdout
