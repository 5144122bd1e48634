"""Tests of calls that are sent once more after their replica was lost."""

import asyncio

import pytest

from gateway.retries import MAX_LOSSES, ConnectionLost, ReplicaLosses, StageRetries


class LostCall:
    """Is lost some times, then returns a response."""

    def __init__(self, losses: int) -> None:
        self.losses, self.attempts = losses, 0

    async def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.losses:
            raise ConnectionLost(f"ipv4:127.0.0.1:{self.attempts}")
        return "response"


@pytest.fixture
def retries():
    return StageRetries("background")


async def test_a_lost_call_is_sent_once_more(retries):
    call, losses = LostCall(1), ReplicaLosses()
    assert await retries.call_with_retry(call, losses) == "response"
    assert (call.attempts, losses.count, losses.is_final) == (2, 1, False)


async def test_no_third_replica_gets_a_call_that_two_were_lost_with(retries):
    call, losses = LostCall(99), ReplicaLosses()
    with pytest.raises(ConnectionLost):
        await retries.call_with_retry(call, losses)
    assert call.attempts == MAX_LOSSES == 2 and losses.is_final


async def test_a_retry_knows_which_replica_was_lost(retries):
    losses = ReplicaLosses()
    await retries.call_with_retry(LostCall(1), losses)
    assert losses.targets == {"ipv4:127.0.0.1:1"}


async def test_a_connection_that_is_not_known_to_be_broken_yet_is_one_loss(retries):
    loop, losses = asyncio.get_running_loop(), ReplicaLosses()
    known_from = loop.time() + 0.1

    async def send():
        if loop.time() < known_from:
            raise ConnectionLost("ipv4:127.0.0.1:1")
        return "response"

    assert await retries.call_with_retry(send, losses) == "response"
    assert losses.count == 1


async def test_losses_of_earlier_calls_count(retries):
    call = LostCall(99)
    with pytest.raises(ConnectionLost):
        await retries.call_with_retry(call, ReplicaLosses(1))
    assert call.attempts == 1


async def test_lost_calls_are_sent_again_one_at_a_time(retries):
    running, most = 0, 0

    async def call():
        sent = 0

        async def send():
            nonlocal sent, running, most
            sent += 1
            if sent == 1:
                raise ConnectionLost("ipv4:127.0.0.1:1")
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        await retries.call_with_retry(send, ReplicaLosses())

    await asyncio.gather(*(call() for _ in range(4)))
    assert most == 1


async def test_calls_are_not_sent_again_while_most_are_lost(retries, monkeypatch):
    monkeypatch.setattr("gateway.retries.PAUSE_SECONDS", 0)
    attempts = []
    while not attempts or attempts[-1] > 1:
        call = LostCall(99)
        with pytest.raises(ConnectionLost):
            await retries.call_with_retry(call, ReplicaLosses())
        attempts.append(call.attempts)
    assert 10 < len(attempts) < 40
    for _ in range(10):
        await retries.call_with_retry(LostCall(0), ReplicaLosses())
    assert await retries.call_with_retry(LostCall(1), ReplicaLosses()) == "response"
