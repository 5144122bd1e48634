"""Files that are made to exhaust a decoder, sent to a real segmentation process.

python -m benchmarks.bombs [--quick]

Theirs is the goal or the estimate that a row is held to. Memory is the peak of the process over
what it had before the call. Time is that of the processor, so that other work on the machine does
not count.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc

from benchmarks.bomb_files import (
    BOMBS,
    SQUARE,
    WIDE,
    build_flat_webp,
    encode_flat_16_bit,
    encode_legal_files,
)
from benchmarks.chaos_rig import PHOTO, Replica, stop_at_exit
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.decoding_cost import ALPHA_PHOTO_WORK_BYTES, WORK_BYTES
from services.runtime.memory_budget import IMAGE_SHARE

MEBIBYTE = 1 << 20
# Memory of the process, of which images get a share; as much as containers of services have.
PROCESS_MIB = 4096
BUDGET_MIB = PROCESS_MIB * IMAGE_SHARE
MAX_SECONDS, MAX_REFUSED_MIB, MAX_LEFT_MIB = 2.0, 400.0, 60.0
TIMEOUT_SECONDS, TOGETHER = 120.0, 4
# What engines answer for a picture in which no product stands out: it was decoded.
DECODED = ("OK", "FAILED_PRECONDITION")


@dataclass(frozen=True)
class CallOutcome:
    """One or more calls: a gRPC status, seconds of the processor, and the peak of memory in MiB."""

    status: str
    seconds: float
    peak_mib: float


class StageCaller:
    """Calls a segmentation process and watches its memory."""

    def __init__(self, replica: Replica) -> None:
        """Connects to a process that serves."""
        self.pid = replica.process.pid
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(replica.address, options=options)
        self._stub = segmentation_pb2_grpc.SegmentationServiceStub(self._channel)

    def send(self, data: bytes) -> str:
        """Segments a photo; returns the name of the gRPC status."""
        request = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=data))
        try:
            self._stub.SegmentProduct(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    def measure(self, data: bytes, count: int = 1) -> CallOutcome:
        """Sends a photo `count` times at once; the peak is over the memory before."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        before, start = self.read_mib("VmRSS"), self.read_seconds()
        with ThreadPoolExecutor(count) as callers:
            statuses = list(callers.map(self.send, [data] * count))
        peak = self.read_mib("VmHWM") - before
        return CallOutcome(max(statuses), self.read_seconds() - start, peak)

    def read_seconds(self) -> float:
        """Returns the processor time of the process and of those that it ran, in seconds."""
        # After the name in brackets; utime, stime, cutime and cstime (proc(5)).
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def read_mib(self, name: str) -> float:
        """Returns a value of the process's status, such as VmRSS, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError(name)


def main() -> None:
    """Sends all files, one by one and together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sound files, fewer calls")
    arguments = parse_arguments(parser)
    rows: list[BenchmarkRow] = []
    with tempfile.TemporaryDirectory() as folder:
        replica = Replica(
            "services.segmentation",
            log=Path(folder, "log"),
            CYCLORAMA_MEMORY_MIB=str(PROCESS_MIB),
            CYCLORAMA_SEGMENTATION_ENGINES="classic",
        )
        with stop_at_exit(replica):
            replica.wait_until_serving()
            caller = StageCaller(replica)
            caller.send(PHOTO)
            rows += measure_bombs(caller)
            rows += measure_together(caller)
            rows += measure_legal_files(caller, (1600, 1600) if arguments.quick else SQUARE)
            rows += measure_leak(caller, 20 if arguments.quick else 300)
            alive = float(replica.process.poll() is None)
            rows.append(BenchmarkRow("process alive at the end", "processes", 1, alive, 1, "ours"))
    write_report("bombs", rows, arguments.quick, ["pillow", "opencv-python-headless", "grpcio"])


def measure_bombs(caller: StageCaller) -> Iterator[BenchmarkRow]:
    """Sends each bomb alone."""
    for name, build in BOMBS.items():
        outcome = caller.measure(build())
        print(f"{name}: {outcome}", flush=True)
        yield BenchmarkRow(
            f"{name}: answered", "s", MAX_SECONDS, outcome.seconds, MAX_SECONDS, "ours", True
        )
        if outcome.status not in DECODED:
            yield BenchmarkRow(
                f"{name}: peak",
                "MiB",
                MAX_REFUSED_MIB,
                outcome.peak_mib,
                MAX_REFUSED_MIB,
                "ours",
                True,
            )


def measure_together(caller: StageCaller) -> Iterator[BenchmarkRow]:
    """Sends several files of 64 megapixels in one color at once."""
    for name, build in (
        ("webp of 34 bytes", partial(build_flat_webp, WIDE)),
        ("png of 16 bits", encode_flat_16_bit),
    ):
        peak = caller.measure(build(), TOGETHER).peak_mib
        claim = f"{TOGETHER} at once, {name}: peak"
        yield BenchmarkRow(claim, "MiB", BUDGET_MIB, peak, BUDGET_MIB, "ours", True)


def measure_legal_files(caller: StageCaller, size: tuple[int, int]) -> Iterator[BenchmarkRow]:
    """Sends sound files of each kind; those beyond the limit on bytes are left out."""
    for name, build in encode_legal_files(size).items():
        data = build()
        if len(data) > 48 * MEBIBYTE:
            continue
        outcome = caller.measure(data)
        print(f"{name}: {outcome}", flush=True)
        # What is reserved at least, and the request.
        per_pixel = ALPHA_PHOTO_WORK_BYTES if "alpha" in name else WORK_BYTES
        goal = size[0] * size[1] * per_pixel / MEBIBYTE + 2 * len(data) / MEBIBYTE + 64
        yield BenchmarkRow(
            f"{name} of {size[0] * size[1] / 1e6:.0f} megapixels: peak",
            "MiB",
            goal,
            outcome.peak_mib,
            BUDGET_MIB,
            "ours",
            True,
        )


def measure_leak(caller: StageCaller, count: int) -> Iterator[BenchmarkRow]:
    """Sends refused and accepted pictures in turn, and compares the memory before and after."""
    refused = [
        BOMBS[name]()
        for name in ("png, RGB, truncated", "jpeg, 64 megapixels, truncated", "jpeg, 1,000 scans")
    ]
    for data in refused:
        caller.send(data)
    before = caller.read_mib("VmRSS")
    for number in range(count):
        caller.send(PHOTO if number % 2 else refused[number // 2 % len(refused)])
    grown = caller.read_mib("VmRSS") - before
    claim = f"{count} refused and accepted pictures in turn: memory grown"
    yield BenchmarkRow(claim, "MiB", MAX_LEFT_MIB, grown, MAX_LEFT_MIB, "ours", True)


if __name__ == "__main__":
    main()
