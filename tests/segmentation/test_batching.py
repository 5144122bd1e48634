import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.runtime.errors import Abandoned
from services.segmentation.engines.sam.batching import Batcher
from tests.serving import REQUEST, scripted


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


def test_one_item_at_a_time_is_at_work(squares, pool):
    batcher = Batcher(squares)
    answers = [pool.submit(batcher, number) for number in range(5)]
    squares.go.set()
    assert [each.result(5) for each in answers] == [0, 1, 4, 9, 16]
    assert sorted(squares.batches) == [[0], [1], [2], [3], [4]]


def test_what_comes_in_the_meantime_is_done_together_up_to_the_most(squares, pool):
    batcher = Batcher(squares, most=4, wait=5)
    answers = [pool.submit(batcher, number) for number in range(8)]
    squares.go.set()
    assert [each.result(5) for each in answers] == [number**2 for number in range(8)]
    assert [len(batch) for batch in squares.batches] == [4, 4]


def test_a_lone_item_does_not_wait_for_others_beyond_its_time(squares):
    squares.go.set()
    assert Batcher(squares, most=8, wait=0.01)(3) == 9


def test_a_failure_reaches_every_caller_of_its_batch_and_no_other(pool):
    def run(numbers, check):
        return [1 / number for number in numbers]

    batcher = Batcher(run, most=2, wait=5)
    bad = [pool.submit(batcher, 0), pool.submit(batcher, 0)]
    assert all(isinstance(each.exception(5), ZeroDivisionError) for each in bad)
    good = [pool.submit(batcher, 2), pool.submit(batcher, 2)]
    assert [each.result(5) for each in good] == [0.5, 0.5]


def test_work_whose_caller_has_gone_is_ended_and_the_next_begins(squares):
    batcher, ended = Batcher(squares), threading.Event()

    def act():
        try:
            batcher(2)
        except Abandoned:
            ended.set()
            raise

    with scripted(act) as stub:
        call = stub.Segment.future(REQUEST, timeout=20)
        assert squares.inside.wait(5)
        call.cancel()
        assert ended.wait(5)
    squares.go.set()
    assert batcher(3) == 9


def test_work_that_waits_in_vain_never_begins(squares, pool):
    batcher, waiting, ended = Batcher(squares), threading.Event(), threading.Event()
    first = pool.submit(batcher, 1)
    assert squares.inside.wait(5)

    def act():
        waiting.set()
        try:
            batcher(2)
        except Abandoned:
            ended.set()
            raise

    with scripted(act) as stub:
        call = stub.Segment.future(REQUEST, timeout=20)
        assert waiting.wait(5)
        call.cancel()
        assert ended.wait(5)
        squares.go.set()
        assert first.result(5) == 1
        assert batcher(3) == 9
    assert squares.batches == [[1], [3]]
