"""The guard that limits how many calls of one method are in flight."""

import threading
from collections.abc import Collection
from functools import partial

from services.runtime.errors import Overloaded
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.metrics import CALLS_IN_FLIGHT, CALLS_IN_FLIGHT_LIMIT

# The retry delay in a rejection, in seconds. Larger: idle capacity once calls end; smaller: more
# calls that are rejected again.
RETRY_SECONDS = 2


class MethodConcurrencyLimit:
    """Admits `limit` calls of each method at a time and rejects the rest with Overloaded."""

    def __init__(self, limit: int, exempt: Collection[str] = ()) -> None:
        """Starts with no calls in flight.

        limit: calls of each method that may be in flight at a time. exempt: methods without it.
        """
        self._limit, self._exempt = limit, frozenset(exempt)
        self._in_flight: dict[str, int] = {}
        self._lock = threading.Lock()
        CALLS_IN_FLIGHT_LIMIT.set(limit)

    def check_early(self, method: str, _bearer_token: str) -> None:
        """Raises Overloaded if a call of a method would be rejected now, before it is read."""
        with self._lock:
            if method not in self._exempt and self._in_flight.get(method, 0) >= self._limit:
                raise Overloaded(self._limit, RETRY_SECONDS)

    def __call__(self, call: GuardedCall) -> None:
        """Counts a call as in flight until its end; raises Overloaded if too many are."""
        if call.method not in self._exempt:
            self._change_count(call.method, +1)
            call.at_end.append(partial(self._change_count, call.method, -1))

    def _change_count(self, method: str, change: int) -> None:
        """Adds `change`, +1 or -1, to a method's calls in flight unless that exceeds the limit.

        Raises Overloaded if it would.
        """
        with self._lock:
            count = self._in_flight.get(method, 0) + change
            if count > self._limit:
                raise Overloaded(self._limit, RETRY_SECONDS)
            self._in_flight[method] = count
            CALLS_IN_FLIGHT.labels(method).set(count)
