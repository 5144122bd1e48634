"""Balances calls by load: the fewest calls in flight, after replicas that have just failed."""

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import structlog
from grpc.aio import AioRpcError

from gateway.stage_errors import is_replica_failure

# Seconds for which a replica that failed is ejected, doubled with each further failure in a row.
# Larger: fewer calls fail at a replica that stays broken; smaller: one that was full for a moment
# is used again sooner.
EJECTION_SECONDS, MAX_EJECTION_SECONDS = 1.0, 10.0

log = structlog.get_logger()


class ReplicaLoad:
    """Calls in flight and recent failures of one replica, as this gateway sees them.

    A replica that fails at once has no calls in flight and would attract all of them. So a failure
    ejects it: others come first. When that time is over, it gets one call at a time until one
    succeeds.
    """

    def __init__(self, target: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Starts without calls. target: gRPC target of the replica. clock: returns seconds."""
        self.target, self._clock = target, clock
        self.in_flight = 0
        self._ejections, self._ejected_until = 0, 0.0

    @property
    def is_ejected(self) -> bool:
        """Whether calls should go to another replica, if there is one."""
        is_probed = self.in_flight > 0
        return self._ejections > 0 and (is_probed or self._clock() < self._ejected_until)

    def rank(self, lost: Collection[str]) -> tuple[bool, bool, int, float]:
        """Returns a sort key: the replica with the lowest one gets the next call.

        Equal ones are chosen at random, so that several gateways choose differently. lost: targets
        of replicas that were lost with the same request.
        """
        return self.target in lost, self.is_ejected, self.in_flight, random.random()

    @contextmanager
    def record_outcome(self) -> Iterator[None]:
        """Records whether the call in the block succeeds; a cancelled one counts as neither."""
        try:
            yield
        except AioRpcError as error:
            if is_replica_failure(error):
                self._eject(error.code().name)
            else:
                self._restore()
            raise
        else:
            self._restore()

    def _eject(self, cause: str) -> None:
        """Prefers other replicas for a time. cause: a gRPC status, for the log."""
        now = self._clock()
        # Calls that fail together count once.
        if now < self._ejected_until:
            return
        seconds = min(EJECTION_SECONDS * 2**self._ejections, MAX_EJECTION_SECONDS)
        self._ejections, self._ejected_until = self._ejections + 1, now + seconds
        log.warning("replica ejected", replica=self.target, cause=cause, seconds=seconds)

    def _restore(self) -> None:
        """Ends an ejection with a call that succeeded, unless that was sent before it."""
        if self._clock() >= self._ejected_until:
            self._ejections = 0
