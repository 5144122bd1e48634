"""Limits whose turns end early for those who waste them; newest first, or fair to every peer."""

import asyncio
from collections import Counter
from collections.abc import Iterator

FOREVER = float("inf")


class Turn:
    """A part of a limit: waiting for it, or holding it."""

    def __init__(self, amount: int, hold_seconds: float, peer: str = "") -> None:
        """Describes a turn that has not come yet.

        amount: its part of the limit.
        peer: the connection that it belongs to.
        hold_seconds: how long it is safe from refusal while others wait.
        """
        self.amount = amount
        self.peer = peer
        self.hold_seconds = hold_seconds
        self.refusable_from = FOREVER
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class NewestFirstLimit:
    """Lets calls use a limited amount at a time; for one event loop.

    Newest first, as the callers of the oldest are the first to have left. While others wait, a
    turn that is held for too long is refused.
    """

    def __init__(self, total: int) -> None:
        """Starts unused.

        total: the amount that may be in use at a time; a turn for more has all of it.
        """
        self._total = self._free = total
        self._holding: dict[Turn, None] = {}
        self._waiting: list[Turn] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def in_use(self) -> int:
        """The amount in use."""
        return self._total - self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def acquire_now(
        self, amount: int, hold_seconds: float = FOREVER, peer: str = ""
    ) -> Turn | None:
        """Returns a turn if one is free; None if not.

        amount: how much of the limit it needs.
        hold_seconds: after which it is refused if others wait: its future `refused` completes, and
            the caller has to release it.
        peer: the connection that it belongs to.
        """
        turn = Turn(min(amount, self._total), hold_seconds, peer)
        if turn.amount > self._free:
            return None
        self._grant(turn)
        return turn

    async def acquire(
        self,
        amount: int,
        hold_seconds: float = FOREVER,
        wait_seconds: float | None = None,
        peer: str = "",
    ) -> Turn | None:
        """Waits for a turn as acquire_now() returns it; returns None if it does not come in time.

        wait_seconds: seconds to wait at most; None for any number.
        peer: the connection that it belongs to.
        """
        if turn := self.acquire_now(amount, hold_seconds, peer):
            return turn
        if wait_seconds == 0:
            return None
        turn = Turn(min(amount, self._total), hold_seconds, peer)
        self._waiting.append(turn)
        self._refuse_wasted()
        try:
            await asyncio.wait({turn.granted}, timeout=wait_seconds)
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        if turn.granted.done():
            return turn
        self._give_up(turn)
        return None

    def keep(self, turn: Turn, amount: int) -> None:
        """Keeps a turn until its release, with another amount, which may exceed the limit."""
        turn.refusable_from = FOREVER
        self._free += turn.amount - amount
        turn.amount = amount
        self._grant_next()

    def release(self, turn: Turn) -> None:
        """Ends a turn; one that waits is next. Does nothing for one that has ended."""
        if turn in self._holding:
            del self._holding[turn]
            self._free += turn.amount
            self._grant_next()

    def _give_up(self, turn: Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        self.release(turn)

    def _choose_next(self) -> Turn:
        """Returns the turn that is granted next of those that wait."""
        return self._waiting[-1]

    def _grant_next(self) -> None:
        while self._waiting and (turn := self._choose_next()).amount <= self._free:
            self._waiting.remove(turn)
            self._grant(turn)
            turn.granted.set_result(None)
        self._refuse_wasted()

    def _grant(self, turn: Turn) -> None:
        self._free -= turn.amount
        self._holding[turn] = None
        turn.refusable_from = asyncio.get_running_loop().time() + turn.hold_seconds

    def _refuse_wasted(self) -> None:
        """Refuses turns that are held for too long, as many as the next one needs.

        Sets a timer for the next that will be.
        """
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        missing = self._choose_next().amount - self._free
        for turn in self._list_refusable():
            if missing <= 0:
                return
            if turn.refusable_from > loop.time():
                self._timer = loop.call_at(turn.refusable_from, self._refuse_wasted)
                return
            if not turn.refused.done():
                turn.refused.set_result(None)
            missing -= turn.amount

    def _list_refusable(self) -> Iterator[Turn]:
        """Yields the turns that may be refused, now or later, the earliest first."""
        refusable = (turn for turn in self._holding if turn.refusable_from < FOREVER)
        yield from sorted(refusable, key=lambda turn: turn.refusable_from)


class FairLimit(NewestFirstLimit):
    """Lets peers take turns, however many turns each of them waits for.

    Next is the oldest turn of the peer that uses least, and that had its last turn longest ago. A
    peer that alone waits may use all of the limit.
    """

    def __init__(self, total: int) -> None:
        super().__init__(total)
        # When each peer with turns was granted the last, as a number of turns.
        self._last_turns: dict[str, int] = {}
        self._turns = 0

    def _choose_next(self) -> Turn:
        used = Counter[str]()
        for turn in self._holding:
            used[turn.peer] += turn.amount

        def rank(turn: Turn) -> tuple[int, int]:
            return used[turn.peer], self._last_turns.get(turn.peer, 0)

        return min(self._waiting, key=rank)

    def _grant(self, turn: Turn) -> None:
        super()._grant(turn)
        self._turns += 1
        self._last_turns[turn.peer] = self._turns
        present = {each.peer for each in (*self._holding, *self._waiting)}
        for peer in self._last_turns.keys() - present:
            del self._last_turns[peer]
