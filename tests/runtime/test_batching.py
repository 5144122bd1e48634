import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.runtime.batching import Batcher
from services.runtime.errors import CallCancelled
from tests.support.serving import REQUEST, serve_function
from tests.support.waiting import wait_until


class BlockableSquares:
    """Squares numbers; blocks the first batch until `may_finish` is set."""

    def __init__(self):
        self.batches, self.started, self.may_finish = [], threading.Event(), threading.Event()

    def __call__(self, numbers, check):
        self.batches.append(list(numbers))
        self.started.set()
        while not self.may_finish.wait(0.01):
            check()
        return [number**2 for number in numbers]


@pytest.fixture
def squares():
    run = BlockableSquares()
    yield run
    run.may_finish.set()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as threads:
        yield threads


def submit_during_batch(batcher, squares, pool, numbers):
    """Submits numbers that all arrive while a batch is running; returns their futures."""
    pool.submit(batcher, 9)
    assert squares.started.wait(5)
    futures = [pool.submit(batcher, number) for number in numbers]
    wait_until(lambda: batcher.queue_length == len(futures), "the arrival of all")
    return futures


def test_batches_have_one_item_by_default(squares, pool):
    batcher = Batcher(squares)
    futures = [pool.submit(batcher, number) for number in range(5)]
    squares.may_finish.set()
    assert [each.result(5) for each in futures] == [0, 1, 4, 9, 16]
    assert sorted(squares.batches) == [[0], [1], [2], [3], [4]]


def test_items_that_arrive_during_a_batch_run_together_up_to_the_limit(squares, pool):
    batcher = Batcher(squares, max_batch=4)
    futures = submit_during_batch(batcher, squares, pool, range(1, 8))
    squares.may_finish.set()
    assert [each.result(5) for each in futures] == [number**2 for number in range(1, 8)]
    assert [len(batch) for batch in squares.batches] == [1, 4, 3]


def test_an_error_reaches_every_caller_of_its_batch_and_no_other(pool):
    def run(numbers, check):
        squares(numbers, check)
        return [1 / number for number in numbers]

    squares = BlockableSquares()
    batcher = Batcher(run, max_batch=2)
    failing = submit_during_batch(batcher, squares, pool, [0, 0])
    squares.may_finish.set()
    assert all(isinstance(each.exception(5), ZeroDivisionError) for each in failing)
    assert [len(batch) for batch in squares.batches] == [1, 2]
    assert batcher(2) == 0.5


def test_a_batch_ends_when_its_caller_cancels_and_the_next_one_runs(squares):
    batcher, ended = Batcher(squares), threading.Event()

    def act():
        try:
            batcher(2)
        except CallCancelled:
            ended.set()
            raise

    with serve_function(act) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert squares.started.wait(5)
        call.cancel()
        assert ended.wait(5)
    squares.may_finish.set()
    assert batcher(3) == 9


def test_an_item_whose_caller_cancelled_while_waiting_is_never_run(squares, pool):
    batcher, arrived, ended = Batcher(squares), threading.Event(), threading.Event()
    first = pool.submit(batcher, 1)
    assert squares.started.wait(5)

    def act():
        arrived.set()
        try:
            batcher(2)
        except CallCancelled:
            ended.set()
            raise

    with serve_function(act) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert arrived.wait(5)
        call.cancel()
        assert ended.wait(5)
        squares.may_finish.set()
        assert first.result(5) == 1
        assert batcher(3) == 9
    assert squares.batches == [[1], [3]]


def test_only_items_that_may_join_the_first_run_with_it_and_none_is_overtaken_for_long(
    squares, pool
):
    batcher = Batcher(squares, max_batch=3, may_join=lambda first, other: first % 2 == other % 2)
    futures = submit_during_batch(batcher, squares, pool, [1, 3])
    futures += [pool.submit(batcher, number) for number in (2, 5)]
    wait_until(lambda: batcher.queue_length == 4, "the arrival of all")
    squares.may_finish.set()
    assert [each.result(5) for each in futures] == [1, 9, 4, 25]
    assert sorted(map(sorted, squares.batches)) == [[1, 3, 5], [2], [9]]


def test_a_submitted_item_reports_its_place_and_may_be_dropped(squares):
    batcher = Batcher(squares)
    running, queued, dropped, last = (batcher.submit(number) for number in (1, 2, 3, 4))
    assert squares.started.wait(5)
    assert [batcher.find_position(each) for each in (running, queued, dropped, last)] == [
        0,
        1,
        2,
        3,
    ]
    dropped.drop()
    squares.may_finish.set()
    assert [each.result.result(5) for each in (running, queued, last)] == [1, 4, 16]
    assert squares.batches == [[1], [2], [4]]
