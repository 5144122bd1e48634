"""Runs one function for many callers in batches, one batch at a time, in its own thread."""

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from typing import Generic, TypeVar

from services.runtime.errors import CallCancelled, ServiceError
from services.runtime.guards.cancellation import bind_check_active

# How often a waiting caller checks whether its call is cancelled. Shorter: cancellation is noticed
# earlier, and waiting costs more CPU time.
POLL_SECONDS = 0.05

T = TypeVar("T")
R = TypeVar("R")

CheckActive = Callable[[], None]
"""Raises CallCancelled when no caller waits for the batch any longer."""

RunBatch = Callable[[Sequence[T], CheckActive], Sequence[R | Exception]]
"""Computes one result per item; an exception in place of a result fails only that item."""


class BatchItem(Generic[T, R]):
    """An item in the queue or in a batch, and its result, for which a caller waits."""

    def __init__(self, item: T) -> None:
        """Creates it for the current call, whose end makes it abandoned."""
        self.item = item
        self.result: Future[R] = Future()
        self.check_active: CheckActive = bind_check_active()
        # The round of the queue in which it runs; later ones wait.
        self.round = 0
        self._is_dropped = False

    @property
    def is_abandoned(self) -> bool:
        """Whether its caller has left: it was dropped, or its call was cancelled or timed out."""
        try:
            self.check_active()
        except CallCancelled:
            return True
        return self._is_dropped

    def drop(self) -> None:
        """Marks it as abandoned, whatever its call does."""
        self._is_dropped = True


class Batcher(Generic[T, R]):
    """Collects items of concurrent callers and runs them together, `max_batch` at a time."""

    def __init__(
        self,
        run_batch: RunBatch[T, R],
        max_batch: int = 1,
        may_join: Callable[[T, T], bool] = lambda first, other: True,
        group_of: Callable[[T], Hashable] = lambda item: None,
    ) -> None:
        """Starts the thread that runs batches.

        run_batch: computes one result per item of a batch. It may call its second argument at any
            moment, which raises CallCancelled when no caller of the batch waits any longer.
        max_batch: most items in a batch.
        may_join: whether an item may run in the batch of an earlier one.
        group_of: returns who sent an item. The groups take turns, so that many items of one do not
            delay the few of another.
        """
        self.max_batch = max_batch
        self._run_batch, self._may_join = run_batch, may_join
        self._group_of = group_of
        # In the order in which they run.
        self._queue: list[BatchItem[T, R]] = []
        self._current_round, self._is_busy = 0, False
        # Re-entrant, as its methods call each other.
        self._queue_changed = threading.Condition(threading.RLock())
        # What callers get once it is closed.
        self._closing_error: ServiceError | None = None
        self._thread = threading.Thread(target=self._process_batches, daemon=True)
        self._thread.start()

    @property
    def queue_length(self) -> int:
        """Number of items that wait for a batch."""
        with self._queue_changed:
            self._drop_abandoned()
            return len(self._queue)

    @property
    def is_busy(self) -> bool:
        """Whether a batch is running."""
        return self._is_busy

    def __call__(self, item: T) -> R:
        """Waits until one item has been processed in a batch, and returns its result.

        Raises the error of its batch, or CallCancelled if the current call ends before.
        """
        queued = self.submit(item)
        while True:
            try:
                return queued.result.result(timeout=POLL_SECONDS)
            except WaitTimeout:
                queued.check_active()

    def submit(self, item: T) -> BatchItem[T, R]:
        """Adds an item to the queue without waiting for its result.

        Raises the error of close() after it.
        """
        queued: BatchItem[T, R] = BatchItem(item)
        with self._queue_changed:
            if self._closing_error:
                raise self._closing_error
            self._enqueue(queued)
            self._queue_changed.notify()
        return queued

    def close(self, error: ServiceError, timeout: float) -> bool:
        """Ends the work: all waiting callers get an error, now or when their batch stops.

        A running batch stops when it next calls its `check_active`, which raises the error.
        Returns whether the thread of the batches, and thereby its use of `run_batch`, has ended.

        timeout: most seconds to wait for a running batch.
        """
        with self._queue_changed:
            self._closing_error = self._closing_error or error
            waiting, self._queue = self._queue, []
            self._queue_changed.notify()
        for queued in waiting:
            queued.result.set_exception(self._closing_error)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def try_submit(self, item: T, max_waiting: int) -> BatchItem[T, R] | None:
        """Adds an item to the queue as submit() does; returns None if the queue is full.

        max_waiting: most items that may wait while a batch is running.
        """
        with self._queue_changed:
            self._drop_abandoned()
            # While none is running, the first of the queue does not wait.
            if len(self._queue) >= max_waiting + (not self._is_busy):
                return None
            return self.submit(item)

    def list_ahead(self, queued: BatchItem[T, R]) -> list[T] | None:
        """Returns the items that run before one in the queue; None once it is in a batch."""
        with self._queue_changed:
            self._drop_abandoned()
            if queued not in self._queue:
                return None
            return [each.item for each in self._queue[: self._queue.index(queued)]]

    def find_position(self, queued: BatchItem[T, R]) -> int:
        """Returns how many come before an item: those ahead in the queue, and a running batch as 1.

        0 once it is in a batch, and while it is the first and none is running.
        """
        with self._queue_changed:
            ahead = self.list_ahead(queued)
            return 0 if ahead is None else len(ahead) + self._is_busy

    def _enqueue(self, queued: BatchItem[T, R]) -> None:
        """Adds an item behind those of its group and of earlier rounds. Needs the lock."""
        group = self._group_of(queued.item)
        rounds = [each.round for each in self._queue if self._group_of(each.item) == group]
        queued.round = max([self._current_round, *(number + 1 for number in rounds)])
        self._queue.append(queued)
        # Stable: within a round, in the order of arrival.
        self._queue.sort(key=lambda each: each.round)

    def _drop_abandoned(self) -> None:
        """Removes items whose callers no longer wait. Needs the lock."""
        self._queue = [queued for queued in self._queue if not queued.is_abandoned]

    def _process_batches(self) -> None:
        """Collects and processes batches until it is closed, in the batcher's own thread."""
        while not self._closing_error:
            self._process_batch(self._collect_batch())

    def _collect_batch(self) -> list[BatchItem[T, R]]:
        """Waits for one item, then takes others of the queue that may join it.

        Items whose callers no longer wait are dropped. Returns none once the batcher is closed.
        """
        with self._queue_changed:
            while True:
                self._drop_abandoned()
                if self._closing_error:
                    return []
                if self._queue:
                    break
                self._queue_changed.wait()
            first = self._queue[0]
            fitting = [each for each in self._queue if self._may_join(first.item, each.item)]
            batch = fitting[: self.max_batch]
            self._queue = [queued for queued in self._queue if queued not in batch]
            self._is_busy, self._current_round = True, first.round
            return batch

    def _process_batch(self, batch: list[BatchItem[T, R]]) -> None:
        """Runs a batch, and hands each caller its result or error, or all of them the error."""

        def check_active() -> None:
            """Raises CallCancelled if no caller waits any longer, or the error of close()."""
            if self._closing_error:
                raise self._closing_error
            if all(queued.is_abandoned for queued in batch):
                raise CallCancelled("no caller waits for this batch")

        if not batch:
            return
        items = [queued.item for queued in batch]
        outcomes: Sequence[R | BaseException]
        try:
            outcomes = self._run_batch(items, check_active)
            if len(outcomes) != len(batch):
                raise RuntimeError(f"{len(outcomes)} results for {len(batch)} items")
        except BaseException as error:
            outcomes = [error] * len(batch)
        # Before the callers know, whose next items then wait for none.
        with self._queue_changed:
            self._is_busy = False
        for queued, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                queued.result.set_exception(outcome)
            else:
                queued.result.set_result(outcome)
