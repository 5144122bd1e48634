"""Tests of retries after interrupted response streams."""

import pytest

from gateway.retries import MAX_RETRIES, RetryBudget, StreamInterrupted


class InterruptedCall:
    """Is interrupted some times, then returns a response."""

    def __init__(self, interruptions: int) -> None:
        self.interruptions, self.attempts = interruptions, 0

    async def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.interruptions:
            raise StreamInterrupted from ConnectionError("gone")
        return "response"


async def test_an_interrupted_call_is_retried():
    call = InterruptedCall(MAX_RETRIES)
    assert await RetryBudget("background").call_with_retries(call) == "response"


async def test_the_cause_is_raised_after_the_last_retry():
    call = InterruptedCall(99)
    with pytest.raises(ConnectionError, match="gone"):
        await RetryBudget("background").call_with_retries(call)
    assert call.attempts == MAX_RETRIES + 1


async def test_calls_are_not_retried_while_most_are_interrupted():
    budget, attempts = RetryBudget("background"), []
    while not attempts or attempts[-1] > 1:
        call = InterruptedCall(99)
        with pytest.raises(ConnectionError):
            await budget.call_with_retries(call)
        attempts.append(call.attempts)
    assert 10 < len(attempts) < 30
    for _ in range(10):
        await budget.call_with_retries(InterruptedCall(0))
    assert await budget.call_with_retries(InterruptedCall(1)) == "response"
