"""Several servers behind one queue: first come, first served, by the server that ends first."""

import threading
from collections.abc import Callable, Collection, Sequence

from services.diffusion.errors import QUEUE_RETRY_SECONDS, QueueFull
from services.diffusion.server import ImageServer

TICK = 0.05


class _Ticket:
    def __init__(self, avoid: Collection[ImageServer]) -> None:
        self.avoid = avoid
        self.server: ImageServer | None = None


class ServerPool:
    """Hands out the slots of servers, one call each.

    A call goes to the server with the least (waiting + running) x seconds per unit of work. That
    is computed again whenever a slot becomes free, so that nobody waits behind a dead server.
    """

    def __init__(self, servers: Sequence[ImageServer], most_waiting: int) -> None:
        self.servers = servers
        self._most_waiting = most_waiting * len(servers)
        self._changed = threading.Condition()
        self._queue: list[_Ticket] = []

    def acquire(self, avoid: Collection[ImageServer], check: Callable[[], None]) -> ImageServer:
        """Waits for a server's slot and takes it; whoever gets the server frees the slot.

        avoid: servers to use only if there are no others. check: called often while waiting;
        raises to stop. Raises QueueFull, and what is wrong when no server is usable.
        """
        ticket = _Ticket(avoid)
        with self._changed:
            self._enqueue(ticket)
            try:
                while ticket.server is None:
                    check()
                    self._assign()
                    if ticket.server is None:
                        self._check_any_usable()
                        self._changed.wait(TICK)
            finally:
                self._queue.remove(ticket)
        return ticket.server

    def notify(self) -> None:
        """Assigns servers again; to be called after a slot was freed."""
        with self._changed:
            self._assign()
            self._changed.notify_all()

    def count_others(self, tried: Collection[ImageServer]) -> int:
        """How many servers are usable and have not been tried."""
        return sum(server not in tried and not server.refusal() for server in self.servers)

    def _enqueue(self, ticket: _Ticket) -> None:
        self._queue.append(ticket)
        self._assign()
        waiting = sum(each.server is None for each in self._queue)
        if ticket.server is None and waiting > self._most_waiting:
            self._queue.remove(ticket)
            text = f"{waiting - 1} calls already wait for a Stable Diffusion server"
            raise QueueFull(f"{text}; try again in {QUEUE_RETRY_SECONDS} s, or add a server")

    def _check_any_usable(self) -> None:
        refusals = [server.refusal() for server in self.servers]
        if all(refusals):
            raise refusals[0]

    def _assign(self) -> None:
        """Assigns free slots to the queue, in its order."""
        load = {server: int(server.slot.held) for server in self.servers}
        for ticket in self._queue:
            if ticket.server is None and (best := self._find_best(ticket, load)):
                if load[best] == 0 and best.usable and best.slot.acquire():
                    ticket.server = best
                load[best] += 1

    def _find_best(self, ticket: _Ticket, load: dict[ImageServer, int]) -> ImageServer | None:
        usable = [server for server in self.servers if not server.refusal()]
        fresh = [server for server in usable if server not in ticket.avoid]
        return min(
            fresh or usable,
            key=lambda server: (load[server] + 1) * server.pace.seconds_per_work,
            default=None,
        )
