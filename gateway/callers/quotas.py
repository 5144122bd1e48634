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
from services.runtime.guards.guarded_call import GuardedCall

# Retry delay sent to a caller with too many calls in flight. Larger: fewer useless retries, and
# more idle time after a call has ended.
RETRY_SECONDS = 2


class QuotaExceeded(ServiceError):
    """The caller has used up a quota."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"
    retry_seconds = RETRY_SECONDS

    def __init__(self, caller: Caller, what: str, retry_seconds: int) -> None:
        """Creates the error for a caller.

        what: a clause that says which quota is used up. retry_seconds: time until there is quota
        again.
        """
        super().__init__(f"{what}; try again in {retry_seconds} s, or ask for a larger quota")
        self.retry_seconds = retry_seconds
        self._caller, self._what = caller, what

    def details(self) -> Sequence[Message]:
        """Returns a google.rpc QuotaFailure: which quota of whom is used up."""
        subject = f"caller:{self._caller.name}"
        violation = error_details_pb2.QuotaFailure.Violation(
            subject=subject, description=self._what
        )
        return [error_details_pb2.QuotaFailure(violations=[violation])]


class ConcurrencyQuota:
    """A guard that limits the concurrent calls of each caller at this gateway.

    Follows the guard that authenticates the caller.
    """

    def __init__(self) -> None:
        """Starts without calls in flight, which are counted by name of the caller."""
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        """Counts a call of the current caller during the block.

        Raises QuotaExceeded, which rejects the call, when the caller has too many in flight.
        """
        caller = get_current_caller()
        self._start_call(caller)
        try:
            yield
        finally:
            self._end_call(caller)

    def _start_call(self, caller: Caller) -> None:
        """Adds a call to the calls in flight of a caller.

        Raises QuotaExceeded when there are as many as the caller may have; None is no limit.
        """
        limit = caller.max_concurrent_calls
        with self._lock:
            if limit is not None and self._in_flight[caller.name] >= limit:
                raise QuotaExceeded(caller, f"{limit} of your calls are in flight", RETRY_SECONDS)
            self._in_flight[caller.name] += 1

    def _end_call(self, caller: Caller) -> None:
        """Removes a call that has ended from the calls in flight of a caller."""
        with self._lock:
            self._in_flight[caller.name] -= 1
            # Otherwise the counter would grow by every caller.
            if not self._in_flight[caller.name]:
                del self._in_flight[caller.name]
