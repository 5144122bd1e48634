"""Limits the concurrent calls of each caller; the error for every exceeded quota."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from gateway.callers.caller import Caller, get_current_caller
from services.runtime.errors import ServiceError
from services.runtime.guards.interceptor import GuardedCall

# Retry delay sent to a caller with too many calls in flight. Larger: fewer useless retries, and
# more idle time after a call has ended.
RETRY_SECONDS = 2


class QuotaExceeded(ServiceError):
    """The caller has used up a quota."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"

    def __init__(self, caller: Caller, what: str, retry_seconds: int) -> None:
        super().__init__(f"{what}; try again in {retry_seconds} s, or ask for a larger quota")
        self.metadata = {"retry_seconds": str(retry_seconds)}
        self._caller, self._what, self._retry_seconds = caller, what, retry_seconds

    def details(self) -> Sequence[Message]:
        """Returns QuotaFailure with the caller as its subject, and RetryInfo."""
        subject = f"caller:{self._caller.name}"
        violation = error_details_pb2.QuotaFailure.Violation(
            subject=subject, description=self._what
        )
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(self._retry_seconds)
        return [error_details_pb2.QuotaFailure(violations=[violation]), retry]


class ConcurrencyQuota:
    """A guard that limits the concurrent calls of each caller at this gateway.

    Follows the guard that authenticates the caller.
    """

    def __init__(self) -> None:
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        caller = get_current_caller()
        self._start_call(caller)
        try:
            yield
        finally:
            self._end_call(caller)

    def _start_call(self, caller: Caller) -> None:
        """Counts a call of a caller; raises QuotaExceeded at its limit."""
        limit = caller.max_concurrent_calls
        with self._lock:
            if limit is not None and self._in_flight[caller.name] >= limit:
                raise QuotaExceeded(caller, f"{limit} of your calls are in flight", RETRY_SECONDS)
            self._in_flight[caller.name] += 1

    def _end_call(self, caller: Caller) -> None:
        """Removes a call of a caller from the count."""
        with self._lock:
            self._in_flight[caller.name] -= 1
            if not self._in_flight[caller.name]:
                del self._in_flight[caller.name]
