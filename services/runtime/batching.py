"""Runs one function for many callers in batches, one batch at a time, in its own thread."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from typing import Generic, TypeVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import bind_check_active

# How often a waiting caller checks whether its call is cancelled. Shorter: cancellation is noticed
# earlier, and waiting costs more CPU time.
POLL_SECONDS = 0.05

T = TypeVar("T")
R = TypeVar("R")

CheckActive = Callable[[], None]
"""Raises CallCancelled when no caller waits for the batch any longer."""

RunBatch = Callable[[Sequence[T], CheckActive], Sequence[R]]
"""Computes one result per item."""


class BatchItem(Generic[T, R]):
    """An item in the queue or in a batch, and its result, for which a caller waits."""

    def __init__(self, item: T) -> None:
        """Creates it for the current call, whose end makes it abandoned."""
        self.item = item
        self.result: Future[R] = Future()
        self.check_active: CheckActive = bind_check_active()
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
    ) -> None:
        """Starts the thread that runs batches.

        run_batch: computes one result per item of a batch. It may call its second argument at any
            moment, which raises CallCancelled when no caller of the batch waits any longer.
        max_batch: most items in a batch.
        may_join: whether an item may run in the batch of an earlier one.
        """
        self._run_batch, self._max_batch, self._may_join = run_batch, max_batch, may_join
        self._queue: list[BatchItem[T, R]] = []
        self._queue_changed = threading.Condition()
        threading.Thread(target=self._process_batches, daemon=True).start()

    @property
    def queue_length(self) -> int:
        """Number of items that wait for a batch."""
        return len(self._queue)

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
        """Adds an item to the queue without waiting for its result."""
        queued: BatchItem[T, R] = BatchItem(item)
        with self._queue_changed:
            self._queue.append(queued)
            self._queue_changed.notify()
        return queued

    def find_position(self, queued: BatchItem[T, R]) -> int:
        """Returns the place of an item in the queue, from 1; 0 once it is in a batch."""
        with self._queue_changed:
            return self._queue.index(queued) + 1 if queued in self._queue else 0

    def _process_batches(self) -> None:
        """Collects and processes batches forever, in the batcher's own thread."""
        while True:
            self._process_batch(self._collect_batch())

    def _collect_batch(self) -> list[BatchItem[T, R]]:
        """Waits for one item, then takes others of the queue that may join it.

        Items whose callers no longer wait are dropped.
        """
        with self._queue_changed:
            while True:
                self._queue = [queued for queued in self._queue if not queued.is_abandoned]
                if self._queue:
                    break
                self._queue_changed.wait()
            first = self._queue[0]
            fitting = [each for each in self._queue if self._may_join(first.item, each.item)]
            batch = fitting[: self._max_batch]
            self._queue = [queued for queued in self._queue if queued not in batch]
            return batch

    def _process_batch(self, batch: list[BatchItem[T, R]]) -> None:
        """Runs a batch, and hands each caller its result, or all of them the error."""

        def check_active() -> None:
            """Raises CallCancelled if no caller of the batch waits any longer."""
            if all(queued.is_abandoned for queued in batch):
                raise CallCancelled("no caller waits for this batch")

        try:
            results = self._run_batch([queued.item for queued in batch], check_active)
        except BaseException as error:
            for queued in batch:
                queued.result.set_exception(error)
            return
        for queued, result in zip(batch, results, strict=True):
            queued.result.set_result(result)
