"""Retries calls whose response stream was interrupted, within a retry budget."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.metrics import STAGE_RETRIES

# Retries of one call. A replica dies rarely; more retries would only delay the error.
MAX_RETRIES = 2
# Token bucket of gRPC's retry throttling (proposal A6), the values of SERVICE_CONFIG: an
# interrupted call costs 1 token, a completed one returns TOKENS_PER_SUCCESS, and calls are not
# retried below half of the tokens.
MAX_TOKENS, MIN_TOKENS, TOKENS_PER_SUCCESS = 100.0, 50.0, 0.5

T = TypeVar("T")


class StreamInterrupted(Exception):
    """A replica died after its first response message, a case that gRPC itself does not retry."""


class RetryBudget:
    """Retries the interrupted calls of one stage, unless most of its calls are interrupted."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._tokens = MAX_TOKENS

    async def call_with_retries(self, send: Callable[[], Awaitable[T]]) -> T:
        """Returns the result of `send`; calls it again when it raises StreamInterrupted.

        Retries end after MAX_RETRIES, and at once while many calls of the stage are interrupted
        (below MIN_TOKENS); then the cause of the last StreamInterrupted is raised.
        """
        for retries_left in reversed(range(MAX_RETRIES + 1)):
            try:
                result = await send()
                self._tokens = min(MAX_TOKENS, self._tokens + TOKENS_PER_SUCCESS)
                return result
            except StreamInterrupted as interruption:
                self._tokens = max(0.0, self._tokens - 1)
                if not retries_left or self._tokens < MIN_TOKENS:
                    raise (interruption.__cause__ or interruption) from None
                STAGE_RETRIES.labels(self._stage).inc()
        raise AssertionError("the last attempt returns or raises")
