"""Sends a call once more after the replica that worked on it was lost, within a retry budget."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.metrics import STAGE_RETRIES

# Replicas that one request may lose. Replicas die rarely, and twice under one request only if it
# is what ends them. Larger: a photo that needs more memory than a replica has ends more of them.
MAX_LOSSES = 2
# Seconds before a lost call is sent again. Larger: it takes longer; smaller: the channel may not
# know yet that the connection is broken, and one loss counts twice.
PAUSE_SECONDS = 0.2
# Token bucket of gRPC's retry throttling (proposal A6): a lost call costs 1 token, a completed one
# returns TOKENS_PER_SUCCESS, and calls are not retried below half of the tokens.
MAX_TOKENS, MIN_TOKENS, TOKENS_PER_SUCCESS = 100.0, 50.0, 0.5

T = TypeVar("T")


class ConnectionLost(Exception):
    """The connection to a replica broke after a request was sent to it."""

    def __init__(self, target: str) -> None:
        """Describes a loss. target: the gRPC target of the replica."""
        super().__init__(target)
        self.target = target


@dataclass
class ReplicaLosses:
    """How many replicas were lost while they worked on one request.

    Requests that are sent again after an error keep theirs. targets: gRPC targets of the replicas.
    """

    count: int = 0
    targets: set[str] = field(default_factory=set)

    @property
    def is_final(self) -> bool:
        """Whether no other replica may be put at risk."""
        return self.count >= MAX_LOSSES


class StageRetries:
    """Retries the lost calls of one stage, unless most of its calls are lost."""

    def __init__(self, stage: str) -> None:
        """Starts with all tokens of the retry budget. stage: its name, for the metric."""
        self._stage = stage
        self._tokens = MAX_TOKENS
        # A replica that ends takes all of its calls with it. As they are retried one at a time, the
        # one that ends another replica takes none of the rest with it.
        self._one_at_a_time = asyncio.Lock()

    async def call_with_retry(self, send: Callable[[], Awaitable[T]], losses: ReplicaLosses) -> T:
        """Returns the result of `send`; calls it again when it raises ConnectionLost.

        losses: of the request so far, counted on. Raises ConnectionLost when they are final, and
        while many calls of the stage are lost (below MIN_TOKENS).
        """
        while True:
            try:
                async with self._one_at_a_time if losses.count else nullcontext():
                    result = await send()
            except ConnectionLost as loss:
                losses.count += 1
                losses.targets.add(loss.target)
                self._tokens = max(0.0, self._tokens - 1)
                if losses.is_final or self._tokens < MIN_TOKENS:
                    raise
                STAGE_RETRIES.labels(self._stage).inc()
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._tokens = min(MAX_TOKENS, self._tokens + TOKENS_PER_SUCCESS)
                return result
