import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.runtime.batching import Batcher
from services.runtime.errors import BackendUnavailable, CallCancelled
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


def test_an_item_that_waits_for_none_has_none_before_it(squares):
    squares.may_finish.set()
    batcher = Batcher(squares)
    for number in range(100):
        # Whether or not the thread has taken it yet, and right after the one before.
        queued = batcher.submit(number)
        assert batcher.find_position(queued) == 0
        queued.result.result(5)


def test_a_wrong_number_of_results_fails_every_caller_and_the_next_batch_works(pool):
    numbers = iter([0, 3])
    batcher = Batcher(lambda items, check: [1] * next(numbers, len(items)), max_batch=2)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"[03] results for 1 items"):
            batcher.submit(0).result.result(5)
    assert batcher.submit(0).result.result(5) == 1


def test_an_exception_in_place_of_a_result_fails_only_that_item(pool):
    def run(numbers, check):
        return [ValueError("zero") if number == 0 else 1 / number for number in numbers]

    batcher = Batcher(run, max_batch=2)
    first, second = batcher.submit(0), batcher.submit(2)
    assert isinstance(first.result.exception(5), ValueError)
    assert second.result.result(5) == 0.5


def test_groups_take_turns_however_many_items_one_of_them_sends(squares):
    batcher = Batcher(squares, group_of=lambda number: number % 2)
    running = batcher.submit(1)
    assert squares.started.wait(5)
    odd = [batcher.submit(number) for number in (3, 5, 7)]
    even = [batcher.submit(number) for number in (2, 4)]
    assert [batcher.find_position(each) for each in (*odd, *even)] == [1, 3, 5, 2, 4]
    squares.may_finish.set()
    assert [each.result.result(5) for each in (running, *odd, *even)] == [1, 9, 25, 49, 4, 16]
    assert squares.batches == [[1], [3], [2], [5], [4], [7]]


def test_only_so_many_items_wait_and_dropped_ones_leave_the_queue(squares):
    batcher = Batcher(squares)
    assert batcher.try_submit(1, max_waiting=0)
    assert squares.started.wait(5)
    assert batcher.try_submit(2, max_waiting=0) is None
    queued = batcher.try_submit(2, max_waiting=1)
    assert batcher.try_submit(3, max_waiting=1) is None
    queued.drop()
    assert batcher.queue_length == 0
    assert batcher.try_submit(3, max_waiting=1)


def test_closing_fails_the_queue_at_once_and_stops_the_batch_at_its_next_check(squares, pool):
    batcher, closing = Batcher(squares), BackendUnavailable("it stops; try again")
    running = batcher.submit(9)
    assert squares.started.wait(5)
    waiting = batcher.submit(1)
    assert batcher.close(closing, timeout=5)
    assert not batcher._thread.is_alive()
    assert running.result.exception(5) is closing and waiting.result.exception(5) is closing
    with pytest.raises(BackendUnavailable, match="it stops"):
        batcher.submit(2)
    assert squares.batches == [[9]]


def test_closing_does_not_wait_for_a_batch_that_never_checks():
    may_finish = threading.Event()
    batcher = Batcher(lambda numbers, check: [may_finish.wait(5)])
    running, closing = batcher.submit(1), BackendUnavailable("it stops")
    wait_until(lambda: batcher.is_busy, "the batch")
    assert not batcher.close(closing, timeout=0.01)
    may_finish.set()
    assert running.result.result(5)
    # Again, to wait longer.
    assert batcher.close(closing, timeout=5)
