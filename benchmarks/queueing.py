"""Simulates queues: calls go to the replica with the fewest of them, as the gateway sends them."""

import heapq
import random
from collections.abc import Sequence

import numpy as np

SEED = 1


def compute_waits(
    arrivals: Sequence[float] | np.ndarray,
    services: Sequence[float] | np.ndarray,
    replicas: int = 1,
    places: int = 1,
) -> np.ndarray:
    """Returns the seconds that each call waits at its replica: float64 (n,).

    Each call joins the shortest queue, one of the shortest at random. arrivals: times in seconds,
    ascending. services: seconds that each call takes. places: calls that a replica computes at
    once; it starts them in the order of their arrival.
    """
    pool, waits = _ReplicaPool(replicas, places), np.empty(len(arrivals))
    for index, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
        waits[index] = pool.add_call(float(arrival), float(service)) - arrival
    return waits


class _ReplicaPool:
    """Calls in flight at each replica, and when each of its places is free."""

    def __init__(self, replicas: int, places: int) -> None:
        self._random = random.Random(SEED)
        self._free = [[0.0] * places for _ in range(replicas)]
        self._in_flight = [0] * replicas
        # Heaps: calls in flight, a random number, replica; and the end of a call, its replica.
        self._shortest: list[tuple[int, float, int]] = []
        self._ends: list[tuple[float, int]] = []
        for replica in range(replicas):
            self._count(replica, 0)

    def add_call(self, arrival: float, service: float) -> float:
        """Adds a call to the shortest queue; returns when it starts."""
        while self._ends and self._ends[0][0] <= arrival:
            self._count(heapq.heappop(self._ends)[1], -1)
        replica = self._pop_shortest()
        start = max(arrival, heapq.heappop(self._free[replica]))
        heapq.heappush(self._free[replica], start + service)
        heapq.heappush(self._ends, (start + service, replica))
        self._count(replica, +1)
        return start

    def _count(self, replica: int, change: int) -> None:
        self._in_flight[replica] += change
        entry = self._in_flight[replica], self._random.random(), replica
        heapq.heappush(self._shortest, entry)

    def _pop_shortest(self) -> int:
        """Returns the replica with the fewest calls; entries whose count has changed are old."""
        while True:
            count, _, replica = heapq.heappop(self._shortest)
            if count == self._in_flight[replica]:
                return replica
