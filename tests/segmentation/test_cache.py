import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from services.runtime.errors import CallCancelled
from services.segmentation.cache import ByteLimitedCache


@dataclass(frozen=True)
class SizedValue:
    nbytes: int


class BlockableComputation:
    """Returns values of 10 bytes and counts its calls; blocks until `may_finish` is set."""

    def __init__(self):
        self.count, self.started, self.may_finish = 0, threading.Event(), threading.Event()
        self.may_finish.set()

    def __call__(self):
        self.count += 1
        self.started.set()
        assert self.may_finish.wait(5)
        return SizedValue(10)


@pytest.fixture
def compute():
    return BlockableComputation()


def test_the_value_of_a_key_is_computed_once(compute):
    cache = ByteLimitedCache(100)
    assert cache.get_or_compute(b"a", compute) is cache.get_or_compute(b"a", compute)
    assert compute.count == 1


def test_a_full_cache_drops_the_least_recently_used_value(compute):
    cache = ByteLimitedCache(20)
    for key in (b"a", b"b", b"a", b"c"):
        cache.get_or_compute(key, compute)
    assert compute.count == 3
    cache.get_or_compute(b"a", compute)
    assert compute.count == 3
    cache.get_or_compute(b"b", compute)
    assert compute.count == 4


def test_a_value_larger_than_the_cache_is_not_stored(compute):
    cache = ByteLimitedCache(5)
    for _ in range(2):
        assert cache.get_or_compute(b"a", compute) == SizedValue(10)
    assert compute.count == 2


def test_concurrent_callers_share_one_computation(compute):
    cache = ByteLimitedCache(100)
    compute.may_finish.clear()
    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(cache.get_or_compute, b"a", compute) for _ in range(4)]
        assert compute.started.wait(5)
        compute.may_finish.set()
        assert len({id(each.result(5)) for each in callers}) == 1
    assert compute.count == 1


def test_an_error_is_raised_and_not_cached(compute):
    cache = ByteLimitedCache(100)

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get_or_compute(b"a", fail)
    assert cache.get_or_compute(b"a", compute) == SizedValue(10)


def test_a_waiting_caller_computes_the_value_when_the_first_one_is_cancelled(compute):
    cache, started, may_leave = ByteLimitedCache(100), threading.Event(), threading.Event()

    def cancel():
        started.set()
        assert may_leave.wait(5)
        raise CallCancelled("cancelled")

    with ThreadPoolExecutor(2) as pool:
        cancelled = pool.submit(cache.get_or_compute, b"a", cancel)
        assert started.wait(5)
        waiting = pool.submit(cache.get_or_compute, b"a", compute)
        may_leave.set()
        assert isinstance(cancelled.exception(5), CallCancelled)
        assert waiting.result(5) == SizedValue(10)
