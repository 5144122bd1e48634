"""Overload: offers a stage three times its capacity, and measures refusals and accepted calls."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import numpy as np

from benchmarks.chaos_faults import NOOP_REQUEST
from benchmarks.chaos_rig import CallLog, Replica, record_call, stop_at_exit
from cyclorama.v1 import segmentation_pb2_grpc

CONCURRENCY, CALL_SECONDS, OVERLOAD_FACTOR = 8, 0.2, 3
# Calls before the overload, for comparison.
IDLE_CALLS = 10


@dataclass
class OverloadResult:
    """Calls during an overload.

    idle_seconds: of a call before it. memory_mib: before the overload, then during it.
    recovery_seconds: after it, until calls took their normal time.
    """

    idle_seconds: float
    outcome: CallLog
    memory_mib: list[float] = field(default_factory=list)
    recovery_seconds: float = 0.0

    @property
    def accepted_slowdown(self) -> float:
        """95th percentile of accepted calls, relative to a call before the overload."""
        return float(np.percentile(self.outcome.seconds(), 95)) / self.idle_seconds

    @property
    def refusal_milliseconds(self) -> float:
        """95th percentile of the time until a refusal."""
        refused = self.outcome.seconds(failed=True)
        return float(np.percentile(refused, 95)) * 1000 if len(refused) else 0.0

    @property
    def memory_growth(self) -> float:
        """Maximum memory relative to that before."""
        return max(self.memory_mib) / self.memory_mib[0]

    @property
    def unexpected_errors(self) -> int:
        """Failed calls without the reason OVERLOADED."""
        errors = [error for *_, error in self.outcome.calls if error is not None]
        return sum(_reason(error) != "OVERLOADED" for error in errors)


def run_overload(seconds: float, max_concurrent_calls: int = CONCURRENCY) -> OverloadResult:
    """Offers calls at a run_ads rate, whether or not earlier ones were responses."""
    arguments = (CALL_SECONDS, CONCURRENCY, max_concurrent_calls)
    replica = Replica("benchmarks.chaos_stage", *map(str, arguments)).wait_until_serving()
    with stop_at_exit(replica), grpc.insecure_channel(replica.address) as channel:
        segment = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct
        idle = CallLog()
        for _ in range(IDLE_CALLS):
            record_call(idle, lambda: segment(NOOP_REQUEST, timeout=60))
        result = OverloadResult(float(np.median(idle.seconds())), CallLog(), [replica.memory_mib])
        wait_for_responses = send_calls(result, segment, seconds, replica)
        result.recovery_seconds = measure_recovery(segment, result.idle_seconds)
        wait_for_responses()
    return result


def send_calls(
    result: OverloadResult, segment: grpc.UnaryUnaryMultiCallable, seconds: float, replica: Replica
) -> Callable[[], None]:
    """Sends the calls, and records their outcome and the memory of the replica.

    Returns a function that waits for all responses.
    """
    rate = CONCURRENCY / CALL_SECONDS * OVERLOAD_FACTOR
    number, begin = round(rate * seconds), time.perf_counter()
    responses = threading.Semaphore(0)

    def record(start: float, future: grpc.Future) -> None:
        result.outcome.calls.append((start, time.perf_counter(), future.exception()))
        responses.release()

    for count in range(number):
        time.sleep(max(0.0, begin + count / rate - time.perf_counter()))
        start = time.perf_counter()
        future = segment.future(NOOP_REQUEST, timeout=60)
        future.add_done_callback(lambda future, start=start: record(start, future))
        if count % round(rate) == 0:
            result.memory_mib.append(replica.memory_mib)
    return lambda: [responses.acquire() for _ in range(number)]


def measure_recovery(segment: grpc.UnaryUnaryMultiCallable, idle_seconds: float) -> float:
    """Returns the seconds until a call is accepted and takes at most 1.5 x `idle_seconds`."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < 60:
        outcome = CallLog()
        record_call(outcome, lambda: segment(NOOP_REQUEST, timeout=60))
        if not outcome.failed and outcome.seconds()[0] <= 1.5 * idle_seconds:
            break
    return time.perf_counter() - begin


def _reason(error: Exception) -> str:
    return dict(error.trailing_metadata() or ()).get("cyclorama-reason", "")
