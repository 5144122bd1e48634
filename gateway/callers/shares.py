"""Divides the calls of the gateway among its callers, so that none of them locks out the others."""

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.callers.caller import LOCAL_CALLER, get_current_caller
from gateway.callers.quotas import RETRY_SECONDS, QuotaExceeded
from services.runtime.errors import Overloaded
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.metrics import CALLS_IN_FLIGHT

# Methods that wait for events or for their reader most of the time and need no stage. They do not
# count towards the limit on the concurrent calls of a method; `max_streams` limits them.
STREAMED_METHODS = frozenset({"WatchJob", "WaitJob", "GetArtifact"})
STREAMS = "watches and downloads"


class CallerShares:
    """A guard that limits what one caller has in flight, and the streams of all callers.

    Follows the guard that authenticates the caller. A caller whose `max_concurrent_calls` is set in
    the callers file has no other share. Without authentication each connection counts as a caller,
    but for Unix sockets, whose connections cannot be distinguished.
    """

    def __init__(self, max_calls: int, max_streams: int, share: float) -> None:
        """Starts without calls in flight.

        max_calls: concurrent calls of one method. max_streams: concurrent watches and downloads of
        all callers. share: of both that one caller may have, above 0, at most 1.
        """
        self._max_calls, self._max_streams, self._share = max_calls, max_streams, share
        # By what is limited, a method or STREAMS, and by caller.
        self._in_flight: Counter[tuple[str, str | None]] = Counter()
        self._streams: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, call: GuardedCall) -> Iterator[None]:
        """Counts a call of the current caller during the block.

        Raises QuotaExceeded when the caller has its share in flight, and Overloaded when all
        callers together have as many streams as there may be.
        """
        kind = STREAMS if call.method in STREAMED_METHODS else call.method
        slot = kind, _identify_caller(call)
        with self._lock:
            self._check_share(kind, slot)
            if kind is STREAMS:
                self._start_stream(call.method)
            self._in_flight[slot] += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[slot] -= 1
                # Otherwise the counter would grow by every connection.
                if not self._in_flight[slot]:
                    del self._in_flight[slot]
                if kind is STREAMS:
                    self._count_stream(call.method, -1)

    def _check_share(self, kind: str, slot: tuple[str, str | None]) -> None:
        """Raises QuotaExceeded when a caller has its share of one kind of calls in flight."""
        caller = get_current_caller()
        limit = self._max_streams if kind is STREAMS else self._max_calls
        share = math.ceil(limit * self._share)
        has_own_limit = caller.max_concurrent_calls is not None
        # A share of everything is the limit itself, whose error says that others are in flight.
        if slot[1] is None or has_own_limit or share == limit:
            return
        if self._in_flight[slot] >= share:
            what = f"{share} of your {_name_calls(kind)} are in flight, your share of {limit}"
            raise QuotaExceeded(caller, f"{what}; end one", RETRY_SECONDS)

    def _start_stream(self, method: str) -> None:
        """Counts a stream; raises Overloaded when there are as many as there may be."""
        if self._streams.total() >= self._max_streams:
            raise Overloaded(self._max_streams, RETRY_SECONDS, calls=STREAMS)
        self._count_stream(method, +1)

    def _count_stream(self, method: str, change: int) -> None:
        """Changes the number of streams of a method by +1 or -1, and its metric."""
        self._streams[method] += change
        CALLS_IN_FLIGHT.labels(method).set(self._streams[method])


def _name_calls(kind: str) -> str:
    return kind if kind is STREAMS else f"{kind} calls"


def _identify_caller(call: GuardedCall) -> str | None:
    """Returns by what a call's caller is counted; None when it cannot be distinguished."""
    caller = get_current_caller()
    if caller is not LOCAL_CALLER:
        return caller.name
    return None if call.peer.startswith("unix:") else call.peer
