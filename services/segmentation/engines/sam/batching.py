"""Runs one function for many callers: one batch at a time, in a thread of its own."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import bind_check_active

# How often a waiting caller looks whether anybody still waits for it.
LOOK_SECONDS = 0.05

T, R = TypeVar("T"), TypeVar("R")
Run = Callable[[Sequence[T], Callable[[], None]], Sequence[R]]


@dataclass
class _Order(Generic[T, R]):
    item: T
    result: Future[R] = field(default_factory=Future)
    check: Callable[[], None] = field(default_factory=bind_check_active)

    def abandoned(self) -> bool:
        try:
            self.check()
        except CallCancelled:
            return True
        return False


class Batcher(Generic[T, R]):
    """Runs what came while the last batch ran, at most `most` of it at a time.

    run: turns items into as many results; it may call what it gets beside them at any moment,
    which raises CallCancelled when no caller waits any more.
    """

    def __init__(self, run: Run[T, R], most: int = 1) -> None:
        self._run, self._most = run, most
        self._orders: queue.SimpleQueue[_Order[T, R]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def __call__(self, item: T) -> R:
        """Waits for the result; raises the errors of `run`, or CallCancelled."""
        order: _Order[T, R] = _Order(item)
        self._orders.put(order)
        while True:
            try:
                return order.result.result(LOOK_SECONDS)
            except NotYet:
                order.check()

    def _work(self) -> None:
        while True:
            batch = [order for order in self._collect() if not order.abandoned()]
            if batch:
                self._answer(batch)

    def _collect(self) -> list[_Order[T, R]]:
        orders = [self._orders.get()]
        with suppress(queue.Empty):
            while len(orders) < self._most:
                orders.append(self._orders.get_nowait())
        return orders

    def _answer(self, batch: list[_Order[T, R]]) -> None:
        def check() -> None:
            if all(order.abandoned() for order in batch):
                raise CallCancelled("no caller waits for this batch")

        try:
            results = self._run([order.item for order in batch], check)
        except BaseException as error:
            for order in batch:
                order.result.set_exception(error)
            return
        for order, result in zip(batch, results, strict=True):
            order.result.set_result(result)
