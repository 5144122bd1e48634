"""Photos as large as the limit, all at once, and what memory of the gateway is left afterwards."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.chaos_rig import CallLog, ReplicatedSystem, record_call
from benchmarks.serving import NOOP, read_peak_mib
from cyclorama import Client, CycloramaError
from services.imaging.images import encode_image
from services.runtime.formats import PNG

# Side in pixels of a square of noise, which no format makes smaller: 47 MiB as a PNG.
NOISE_SIDE = 4046
# Seconds that calls may take altogether, with their waits for memory and for a stage.
TIMEOUT = 300.0
# Pause before a call that was refused for now is sent again, if the error names none.
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class LargePhotosResult:
    """The calls, and the gateway's resident memory in MiB: before, at its peak, and afterwards."""

    outcome: CallLog
    before_mib: float
    peak_mib: float
    settled_mib: float


def encode_noise(side: int = NOISE_SIDE, seed: int = 0) -> bytes:
    """Returns a square photo of noise as a PNG file, 3 bytes a pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return encode_image(pixels, PNG).data


def send_large_photos(
    system: ReplicatedSystem, photo: bytes, calls: int, settle_seconds: float
) -> LargePhotosResult:
    """Creates an ad of a photo from each of `calls` callers at once.

    settle_seconds: from the last response until the memory is read again.
    """
    gateway, outcome = system.gateway, CallLog()
    before = gateway.memory_mib
    with ThreadPoolExecutor(calls) as callers:
        for number in range(calls):
            callers.submit(
                record_call, outcome, lambda n=number: create_ad(gateway.address, photo, n)
            )
    peak = read_peak_mib(gateway.process.pid)
    time.sleep(settle_seconds)
    return LargePhotosResult(outcome, before, peak, gateway.memory_mib)


def create_ad(gateway: str, photo: bytes, seed: int) -> None:
    """Creates an ad; sends the request again for as long as the gateway asks to."""
    end = time.monotonic() + TIMEOUT
    with Client(gateway, timeout=TIMEOUT, max_retries=0) as client:
        while True:
            try:
                client.create_ad(photo, "x", seed=seed, size=(256, 256), options=NOOP)
                return
            except CycloramaError as error:
                if not error.is_transient or time.monotonic() > end:
                    raise
                time.sleep(error.retry_seconds or RETRY_SECONDS)
