import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from services.runtime.errors import CallCancelled
from services.segmentation.engines.sam.recent import Recent


@dataclass(frozen=True)
class Weight:
    nbytes: int


class Making:
    """Makes weights of 10 bytes and counts how often; may be held back."""

    def __init__(self):
        self.count, self.inside, self.go = 0, threading.Event(), threading.Event()
        self.go.set()

    def __call__(self):
        self.count += 1
        self.inside.set()
        assert self.go.wait(5)
        return Weight(10)


@pytest.fixture
def make():
    return Making()


def test_the_same_key_is_made_once(make):
    recent = Recent(100)
    assert recent.get(b"a", make) is recent.get(b"a", make)
    assert make.count == 1


def test_the_least_recently_used_goes_when_the_room_is_full(make):
    recent = Recent(20)
    for key in (b"a", b"b", b"a", b"c"):
        recent.get(key, make)
    assert make.count == 3
    recent.get(b"a", make)
    assert make.count == 3
    recent.get(b"b", make)
    assert make.count == 4


def test_what_is_larger_than_the_room_is_not_kept(make):
    recent = Recent(5)
    for _ in range(2):
        assert recent.get(b"a", make) == Weight(10)
    assert make.count == 2


def test_callers_at_the_same_moment_share_one_making(make):
    recent = Recent(100)
    make.go.clear()
    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(recent.get, b"a", make) for _ in range(4)]
        assert make.inside.wait(5)
        make.go.set()
        assert len({id(each.result(5)) for each in callers}) == 1
    assert make.count == 1


def test_a_failure_is_told_and_not_kept(make):
    recent = Recent(100)

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        recent.get(b"a", fail)
    assert recent.get(b"a", make) == Weight(10)


def test_when_the_maker_gives_up_a_waiting_caller_makes_it(make):
    recent, inside, leave = Recent(100), threading.Event(), threading.Event()

    def give_up():
        inside.set()
        assert leave.wait(5)
        raise CallCancelled("gone")

    with ThreadPoolExecutor(2) as pool:
        gone = pool.submit(recent.get, b"a", give_up)
        assert inside.wait(5)
        waiting = pool.submit(recent.get, b"a", make)
        leave.set()
        assert isinstance(gone.exception(5), CallCancelled)
        assert waiting.result(5) == Weight(10)
