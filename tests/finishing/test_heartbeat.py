"""Progress is reported while slow work runs."""

import threading
import time
from contextvars import ContextVar
from itertools import pairwise

import pytest

from services.finishing.heartbeat import run_with_progress
from services.runtime.errors import SizeLimitUnreachable


def drain_steps(steps):
    """The fractions of the steps, and what the work returned."""
    fractions = []
    while True:
        try:
            fractions.append(next(steps).fraction)
        except StopIteration as end:
            return fractions, end.value


def test_slow_work_yields_growing_fractions_and_its_result():
    released = threading.Event()
    steps = run_with_progress(lambda: released.wait(60) and "file", 0.2, 0.6)
    fractions = [next(steps).fraction for _ in range(3)]
    released.set()
    more, result = drain_steps(steps)
    assert result == "file"
    assert all(0.2 < early < late < 0.6 for early, late in pairwise([*fractions, *more]))


def test_quick_work_yields_no_progress():
    assert drain_steps(run_with_progress(lambda: 7, 0.0, 1.0)) == ([], 7)


def test_errors_of_the_work_are_raised():
    def fail():
        raise SizeLimitUnreachable(9000, "ask for less")

    with pytest.raises(SizeLimitUnreachable, match="ask for less"):
        drain_steps(run_with_progress(fail, 0.0, 1.0))


def test_closing_early_waits_for_the_work_which_sees_the_callers_context():
    seen, ended = [], threading.Event()
    user = ContextVar("user", default="nobody")
    user.set("ana")

    def work():
        seen.append(user.get())
        time.sleep(1)
        ended.set()

    steps = run_with_progress(work, 0.0, 1.0)
    next(steps)
    steps.close()
    assert ended.is_set() and seen == ["ana"]
