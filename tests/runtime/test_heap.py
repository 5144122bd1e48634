"""How much free memory an idle process keeps."""

import gc
import os
import platform
import subprocess
import sys

import pytest

from benchmarks.serving import ROOT, TUNABLES
from services.runtime.heap import pause_collection

# Also memory that was in use when free memory was returned last, as by calls in flight.
FREE = """
import gc
import time
from services.runtime.heap import _read_resident_bytes, trim_heap_at_intervals

before = _read_resident_bytes()
with trim_heap_at_intervals(0.05):
    messages = [bytearray(b"x") * size for size in {sizes}]
    if {in_cycle}:
        messages.append(messages)
        gc.disable()
    time.sleep(0.15)
    if {in_cycle}:
        del messages
    else:
        messages.clear()
    end = time.monotonic() + {seconds}
    while _read_resident_bytes() > before + 20 * 2**20 and time.monotonic() < end:
        time.sleep(0.01)
print((_read_resident_bytes() - before) // 2**20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize(
    ("sizes", "in_cycle", "seconds", "returns"),
    [
        ([50_000_000] * 6, False, 30, True),
        ([50_000_000] * 6, True, 30, True),
        ([8_000_000] * 6, False, 0.5, False),
    ],
    ids=["large", "in a reference cycle", "everyday"],
)
def test_only_much_free_memory_returns_to_the_system(sizes, in_cycle, seconds, returns):
    code = (
        FREE.replace("{sizes}", repr(sizes))
        .replace("{in_cycle}", repr(in_cycle))
        .replace("{seconds}", repr(seconds))
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"GLIBC_TUNABLES": TUNABLES},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (int(done.stdout) <= 20) == returns, done.stdout


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_of_collection_ends_as_it_began_also_after_an_error(enabled):
    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(ImportError), pause_collection():
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
