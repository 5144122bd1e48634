"""The replicas behind one address: a channel to each, found by name and chosen by load."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum, auto

import grpc
from grpc import ChannelConnectivity

from gateway.balancing import ReplicaLoad
from gateway.endpoints import Endpoint, EndpointResolver

# Seconds that a call waits for a connection to its stage. Larger: longer restarts are bridged;
# smaller: calls to a stage that is down fail sooner.
CONNECT_SECONDS = 3.0
# Pause between two looks at the connections. Smaller: calls continue sooner after a restart.
CONNECT_POLL_SECONDS = 0.02
# Seconds until names are resolved again, as long as calls are sent: if all replicas are connected,
# and if one is not, which may have moved. Smaller: new replicas get calls sooner, with more
# requests to the DNS server. That of Kubernetes lets names be cached for 5 s.
RESOLVE_SECONDS, RESOLVE_AGAIN_SECONDS = 5.0, 1.0

OpenChannel = Callable[[Endpoint], grpc.aio.Channel]
"""Opens a channel to one replica."""


class NotConnected(Exception):
    """No replica of a stage can be reached; nothing was sent."""


class NameNotResolved(NotConnected):
    """The host names of a stage could not be resolved, so that there is nothing to connect to."""


class ReplicaState(StrEnum):
    """State of a replica, as the metric names it."""

    READY = auto()
    EJECTED = auto()
    UNREACHABLE = auto()


class StageReplica:
    """A channel to one replica, and its load."""

    def __init__(self, target: str, channel: grpc.aio.Channel) -> None:
        """Starts without calls. target: what the channel connects to."""
        self.load = ReplicaLoad(target)
        self._channel = channel
        self._idle = asyncio.Event()
        self._idle.set()

    def connect(self) -> ChannelConnectivity:
        """Returns the state of the channel, READY if the replica is healthy; connects if idle."""
        return self._channel.get_state(try_to_connect=True)

    @contextmanager
    def open_call(self) -> Iterator[grpc.aio.Channel]:
        """Returns the channel for a call, which counts as in flight during the block."""
        self.load.in_flight += 1
        self._idle.clear()
        try:
            yield self._channel
        finally:
            self.load.in_flight -= 1
            if not self.load.in_flight:
                self._idle.set()

    async def drain(self) -> None:
        """Closes the channel when its calls in flight have finished; for one that gets no more."""
        await self._idle.wait()
        await self._channel.close()


class ReplicaSet:
    """All replicas behind one address; not thread-safe, belongs to one event loop."""

    def __init__(self, address: str, open_channel: OpenChannel) -> None:
        """Starts without connections. address: as in EndpointResolver."""
        self._resolver = EndpointResolver(address)
        self._open_channel = open_channel
        self._replicas: dict[Endpoint, StageReplica] = {}
        self._draining: set[asyncio.Task[None]] = set()
        self._resolving: asyncio.Task[None] | None = None
        self._resolved_at = -RESOLVE_SECONDS

    async def wait_for_replica(
        self, lost: Collection[str] = (), *, fail_fast: bool = False
    ) -> StageReplica:
        """Returns the replica for the next call, once one is connected and healthy.

        lost: targets of replicas that were lost with the same request, which come last. fail_fast:
        not to wait when all connections have failed. Raises NotConnected after CONNECT_SECONDS, or
        NameNotResolved if that is why.
        """
        end = time.monotonic() + CONNECT_SECONDS
        while not (ready := self._connect()):
            if time.monotonic() > end or (fail_fast and self._has_failed()):
                raise NameNotResolved if self._resolver.is_unresolved else NotConnected
            await asyncio.sleep(CONNECT_POLL_SECONDS)
        return min(ready, key=lambda replica: replica.load.rank(lost))

    def count_by_state(self) -> dict[ReplicaState, int]:
        """Returns the number of replicas in each state."""
        ready = [each for each in self._replicas.values() if _is_ready(each)]
        ejected = sum(each.load.is_ejected for each in ready)
        return {
            ReplicaState.READY: len(ready) - ejected,
            ReplicaState.EJECTED: ejected,
            ReplicaState.UNREACHABLE: len(self._replicas) - len(ready),
        }

    def replace_channels(self) -> None:
        """Has the next call open new channels; calls in flight finish on the old ones."""
        self._remove(set(self._replicas))

    def _connect(self) -> list[StageReplica]:
        """Returns the replicas that are connected and healthy; connects to the others."""
        endpoints = self._resolver.endpoints
        self._remove(self._replicas.keys() - endpoints)
        for endpoint in sorted(endpoints - self._replicas.keys()):
            self._replicas[endpoint] = StageReplica(endpoint.target, self._open_channel(endpoint))
        ready = [replica for replica in self._replicas.values() if _is_ready(replica)]
        is_complete = bool(ready) and len(ready) == len(self._replicas)
        self._resolve_after(RESOLVE_SECONDS if is_complete else RESOLVE_AGAIN_SECONDS)
        return ready

    def _has_failed(self) -> bool:
        """Whether connecting to each endpoint failed, or the names have none."""
        states = {replica.connect() for replica in self._replicas.values()}
        return not self._resolving and states <= {ChannelConnectivity.TRANSIENT_FAILURE}

    def _remove(self, endpoints: Collection[Endpoint]) -> None:
        """Forgets replicas; their channels are closed when their calls have finished."""
        for endpoint in endpoints:
            draining = asyncio.create_task(self._replicas.pop(endpoint).drain())
            # The event loop does not keep a task alive, this set does until the task is done.
            self._draining.add(draining)
            draining.add_done_callback(self._draining.discard)

    def _resolve_after(self, seconds: float) -> None:
        """Resolves the names in the background if that was done `seconds` ago or earlier."""
        is_due = time.monotonic() - self._resolved_at >= seconds
        if self._resolver.has_names and is_due and not self._resolving:
            self._resolving = asyncio.create_task(self._resolve())

    async def _resolve(self) -> None:
        try:
            await self._resolver.resolve()
        finally:
            self._resolving, self._resolved_at = None, time.monotonic()


def _is_ready(replica: StageReplica) -> bool:
    """Whether a replica is connected and healthy."""
    return replica.connect() is ChannelConnectivity.READY
