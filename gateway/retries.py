"""Sends a call again whose answer broke off, while that is the exception."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.metrics import STAGE_RETRIES

MOST_RETRIES = 2
# As gRPC's own throttling: a broken answer costs 1, a good one brings back a half.
FULL, EMPTY, BACK = 100.0, 50.0, 0.5

T = TypeVar("T")


class BrokenOff(Exception):
    """A replica died after it had begun to answer, where gRPC itself does not try again."""


class Retries:
    """The retries of one stage, and the budget that they share."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._budget = FULL

    async def insist(self, send: Callable[[], Awaitable[T]]) -> T:
        """Returns what `send` does; raises the cause of the last BrokenOff when it gives up."""
        for left in reversed(range(MOST_RETRIES + 1)):
            try:
                answer = await send()
                self._budget = min(FULL, self._budget + BACK)
                return answer
            except BrokenOff as broken:
                self._budget = max(0.0, self._budget - 1)
                if not left or self._budget < EMPTY:
                    raise broken.__cause__ from None
                STAGE_RETRIES.labels(self._stage).inc()
        raise AssertionError("the last try answers or raises")
