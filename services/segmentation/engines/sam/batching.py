"""Runs one function for many callers in batches, one batch at a time, in its own thread."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from contextlib import suppress
from dataclasses import dataclass, field
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


@dataclass
class _PendingItem(Generic[T, R]):
    """An item that a caller waits for. check_active: bound to the caller's call."""

    item: T
    result: Future[R] = field(default_factory=Future)
    check_active: CheckActive = field(default_factory=bind_check_active)

    def is_abandoned(self) -> bool:
        """Whether the caller no longer waits: its call was cancelled or ran out of time."""
        try:
            self.check_active()
        except CallCancelled:
            return True
        return False


class Batcher(Generic[T, R]):
    """Collects items of concurrent callers and runs them together, `max_batch` at a time."""

    def __init__(self, run_batch: RunBatch[T, R], max_batch: int = 1) -> None:
        """Starts the thread that runs batches.

        run_batch: computes one result per item of a batch. It may call its second argument at any
            moment, which raises CallCancelled when no caller of the batch waits any longer.
        max_batch: most items in a batch.
        """
        self._run_batch, self._max_batch = run_batch, max_batch
        self._pending: queue.SimpleQueue[_PendingItem[T, R]] = queue.SimpleQueue()
        threading.Thread(target=self._process_batches, daemon=True).start()

    def __call__(self, item: T) -> R:
        """Waits until one item has been processed in a batch, and returns its result.

        Raises the error of its batch, or CallCancelled if the current call ends before.
        """
        pending: _PendingItem[T, R] = _PendingItem(item)
        self._pending.put(pending)
        while True:
            try:
                return pending.result.result(timeout=POLL_SECONDS)
            except WaitTimeout:
                pending.check_active()

    def _process_batches(self) -> None:
        """Collects and processes batches forever, in the batcher's own thread.

        Items whose callers no longer wait are dropped.
        """
        while True:
            batch = [pending for pending in self._collect_batch() if not pending.is_abandoned()]
            if batch:
                self._process_batch(batch)

    def _collect_batch(self) -> list[_PendingItem[T, R]]:
        """Waits for one item, then adds others already waiting, up to the largest batch."""
        batch = [self._pending.get()]
        with suppress(queue.Empty):
            while len(batch) < self._max_batch:
                batch.append(self._pending.get_nowait())
        return batch

    def _process_batch(self, batch: list[_PendingItem[T, R]]) -> None:
        """Runs a batch, and hands each caller its result, or all of them the error."""

        def check_active() -> None:
            """Raises CallCancelled if no caller of the batch waits any longer."""
            if all(pending.is_abandoned() for pending in batch):
                raise CallCancelled("no caller waits for this batch")

        try:
            results = self._run_batch([pending.item for pending in batch], check_active)
        except BaseException as error:
            for pending in batch:
                pending.result.set_exception(error)
            return
        for pending, result in zip(batch, results, strict=True):
            pending.result.set_result(result)
