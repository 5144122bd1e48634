import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.runtime.errors import CallCancelled
from services.segmentation.engines.sam.batching import Batcher
from tests.support.serving import REQUEST, scripted
from tests.support.waiting import eventually


class Squares:
    """Squares numbers; holds the first batch back until it is let go."""

    def __init__(self):
        self.batches, self.inside, self.go = [], threading.Event(), threading.Event()

    def __call__(self, numbers, check):
        self.batches.append(list(numbers))
        self.inside.set()
        while not self.go.wait(0.01):
            check()
        return [number**2 for number in numbers]


@pytest.fixture
def squares():
    run = Squares()
    yield run
    run.go.set()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as threads:
        yield threads


def waiting(batcher, squares, pool, numbers):
    """Promises for numbers that all came while another was at work."""
    pool.submit(batcher, 9)
    assert squares.inside.wait(5)
    promised = [pool.submit(batcher, number) for number in numbers]
    eventually(lambda: batcher._orders.qsize() == len(promised), "the arrival of all")
    return promised


def test_one_item_at_a_time_is_at_work(squares, pool):
    batcher = Batcher(squares)
    answers = [pool.submit(batcher, number) for number in range(5)]
    squares.go.set()
    assert [each.result(5) for each in answers] == [0, 1, 4, 9, 16]
    assert sorted(squares.batches) == [[0], [1], [2], [3], [4]]


def test_what_comes_in_the_meantime_is_done_together_up_to_the_most(squares, pool):
    batcher = Batcher(squares, most=4)
    answers = waiting(batcher, squares, pool, range(1, 8))
    squares.go.set()
    assert [each.result(5) for each in answers] == [number**2 for number in range(1, 8)]
    assert [len(batch) for batch in squares.batches] == [1, 4, 3]


def test_a_failure_reaches_every_caller_of_its_batch_and_no_other(pool):
    def run(numbers, check):
        squares(numbers, check)
        return [1 / number for number in numbers]

    squares = Squares()
    batcher = Batcher(run, most=2)
    bad = waiting(batcher, squares, pool, [0, 0])
    squares.go.set()
    assert all(isinstance(each.exception(5), ZeroDivisionError) for each in bad)
    assert [len(batch) for batch in squares.batches] == [1, 2]
    assert batcher(2) == 0.5


def test_work_whose_caller_has_gone_is_ended_and_the_next_begins(squares):
    batcher, ended = Batcher(squares), threading.Event()

    def act():
        try:
            batcher(2)
        except CallCancelled:
            ended.set()
            raise

    with scripted(act) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert squares.inside.wait(5)
        call.cancel()
        assert ended.wait(5)
    squares.go.set()
    assert batcher(3) == 9


def test_work_that_waits_in_vain_never_begins(squares, pool):
    batcher, came, ended = Batcher(squares), threading.Event(), threading.Event()
    first = pool.submit(batcher, 1)
    assert squares.inside.wait(5)

    def act():
        came.set()
        try:
            batcher(2)
        except CallCancelled:
            ended.set()
            raise

    with scripted(act) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert came.wait(5)
        call.cancel()
        assert ended.wait(5)
        squares.go.set()
        assert first.result(5) == 1
        assert batcher(3) == 9
    assert squares.batches == [[1], [3]]
