"""Bounds on a caller's calls at one gateway, and how a quota that is used up is told."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from gateway.callers.caller import Caller, current_caller
from services.runtime.errors import ServiceError
from services.runtime.guards.interceptor import GuardedCall

BUSY_SECONDS = 2


class QuotaExceeded(ServiceError):
    """The caller has used up what it may have."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"

    def __init__(self, caller: Caller, what: str, retry_seconds: int) -> None:
        super().__init__(f"{what}; try again in {retry_seconds} s, or ask for a larger quota")
        self.metadata = {"retry_seconds": str(retry_seconds)}
        self._caller, self._what, self._retry_seconds = caller, what, retry_seconds

    def details(self) -> Sequence[Message]:
        subject = f"caller:{self._caller.name}"
        violation = error_details_pb2.QuotaFailure.Violation(
            subject=subject, description=self._what
        )
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(self._retry_seconds)
        return [error_details_pb2.QuotaFailure(violations=[violation]), retry]


class CallsAtWork:
    """A guard that refuses a caller more calls at once than its quota; each gateway counts alone.

    Comes after the guard that knows the caller.
    """

    def __init__(self) -> None:
        self._at_work: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        caller = current_caller()
        self._enter(caller)
        try:
            yield
        finally:
            self._leave(caller)

    def _enter(self, caller: Caller) -> None:
        limit = caller.calls_at_work
        with self._lock:
            if limit is not None and self._at_work[caller.name] >= limit:
                raise QuotaExceeded(caller, f"{limit} of your calls are at work", BUSY_SECONDS)
            self._at_work[caller.name] += 1

    def _leave(self, caller: Caller) -> None:
        with self._lock:
            self._at_work[caller.name] -= 1
            if not self._at_work[caller.name]:
                del self._at_work[caller.name]
