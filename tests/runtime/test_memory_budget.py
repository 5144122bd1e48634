"""Images are decoded only once their memory is free."""

import threading

import pytest

from services.runtime.errors import CallCancelled, OutOfMemory
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.memory import release_memory_of_images
from services.runtime.memory_budget import MemoryBudget
from tests.support.waiting import wait_until


def build_call(is_active=lambda: True) -> GuardedCall:
    """Returns a call whose caller waits as long as `is_active` returns True."""
    return GuardedCall("SegmentProduct", None, "id", is_active, lambda: None)


def start(work) -> threading.Thread:
    """Runs a function in a thread of its own."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_no_more_than_the_capacity_is_reserved_at_once():
    budget, most = MemoryBudget(100), []

    def decode() -> None:
        with budget.reserve(40):
            most.append(budget.reserved)

    threads = [start(decode) for _ in range(20)]
    for thread in threads:
        thread.join(10)
    assert len(most) == 20 and max(most) <= 100 and budget.reserved == 0


def test_a_large_image_is_not_overtaken_by_small_ones():
    budget, order = MemoryBudget(100), []

    def decode(size: int) -> None:
        with budget.reserve(size):
            order.append(size)

    with budget.reserve(60):
        large = start(lambda: decode(90))
        wait_until(lambda: len(budget._waiting) == 1, "the large one's wait")
        small = start(lambda: decode(10))
        wait_until(lambda: len(budget._waiting) == 2, "the small one's wait")
        assert order == []
    large.join(10)
    small.join(10)
    assert order == [90, 10]


def test_a_failed_image_keeps_nothing():
    budget = MemoryBudget(100)
    with pytest.raises(ValueError), budget.reserve(80):
        raise ValueError
    assert budget.reserved == 0


def test_the_pixels_stay_reserved_until_the_call_ends():
    budget = MemoryBudget(100)
    with release_memory_of_images(build_call()):
        with budget.reserve(80) as keep:
            keep(30)
        assert budget.reserved == 30
    assert budget.reserved == 0


def test_a_caller_who_leaves_waits_no_longer():
    budget = MemoryBudget(100)
    gone = track_call(build_call(lambda: False))
    with budget.reserve(80):
        with gone, pytest.raises(CallCancelled), budget.reserve(80):
            pass
        assert budget.reserved == 80


def test_waiting_too_long_ends_with_an_error_that_can_be_retried():
    budget = MemoryBudget(100, wait_seconds=0.01)
    with budget.reserve(80), pytest.raises(OutOfMemory) as error, budget.reserve(30):
        pass
    assert error.value.retry_seconds


def test_calls_that_wait_for_each_other_do_not_wait_forever():
    budget, ends = MemoryBudget(100, wait_seconds=600), []
    both = threading.Barrier(2)

    def decode_two() -> None:
        try:
            with release_memory_of_images(build_call()):
                with budget.reserve(50) as keep:
                    keep(50)
                both.wait(10)
                with budget.reserve(50):
                    ends.append("decoded")
        except OutOfMemory:
            ends.append("refused")

    threads = [start(decode_two) for _ in range(2)]
    for thread in threads:
        thread.join(10)
    assert sorted(ends) == ["decoded", "refused"] and budget.reserved == 0
