"""How much memory remains in use after calls with large images."""

import os
import platform
import subprocess
import sys

import pytest

from benchmarks.serving import ROOT, TUNABLES

# Each thread has a heap of its own, which keeps freed memory.
THREADS = """
import threading
from pathlib import Path
import numpy as np
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.memory import record_image_size, release_memory_of_images

call = GuardedCall("SegmentProduct", None, "id", lambda: True, lambda: None)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

def work():
    with release_memory_of_images(call):
        record_image_size({size})
        photo = np.ones({size}, np.uint8)
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize(("size", "remains"), [(90_000_000, False), (60_000_000, True)])
def test_only_the_memory_of_large_images_returns_to_the_system(size, remains):
    done = subprocess.run(
        [sys.executable, "-c", THREADS.replace("{size}", str(size))],
        cwd=ROOT,
        env=os.environ | {"GLIBC_TUNABLES": TUNABLES},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (int(done.stdout) > 20) == remains, done.stdout
