"""Several servers behind one line: first come, first served, by the server that ends first."""

import threading
from collections.abc import Callable, Collection, Sequence

from services.diffusion.errors import Crowded
from services.diffusion.server import Server

TICK = 0.05


class _Ticket:
    def __init__(self, avoid: Collection[Server]) -> None:
        self.avoid = avoid
        self.server: Server | None = None


class Pool:
    """Hands out the slots of servers, one call each.

    A call goes to the server with the least (waiting + running) x seconds per unit of work; its
    place is found anew whenever a slot is given back, so that nobody waits behind a dead server.
    """

    def __init__(self, servers: Sequence[Server], most_waiting: int) -> None:
        self.servers = servers
        self._most_waiting = most_waiting * len(servers)
        self._changed = threading.Condition()
        self._line: list[_Ticket] = []

    def take(self, avoid: Collection[Server], check: Callable[[], None]) -> Server:
        """Waits for a slot and takes it; whoever gets the server gives the slot back.

        avoid: servers to use only if there are no others. check: called often while waiting;
        raises to stop. Raises Crowded when the line is full, and what is wrong when no server
        is well.
        """
        ticket = _Ticket(avoid)
        with self._changed:
            self._join(ticket)
            try:
                while ticket.server is None:
                    check()
                    self._assign()
                    if ticket.server is None:
                        self._check_any()
                        self._changed.wait(TICK)
            finally:
                self._line.remove(ticket)
        return ticket.server

    def notify(self) -> None:
        """Looks again who can be served; to be called after a slot was given back."""
        with self._changed:
            self._assign()
            self._changed.notify_all()

    def others(self, tried: Collection[Server]) -> int:
        """How many servers are well and have not been tried."""
        return sum(server not in tried and not server.refusal() for server in self.servers)

    def _join(self, ticket: _Ticket) -> None:
        self._line.append(ticket)
        self._assign()
        waiting = sum(each.server is None for each in self._line)
        if ticket.server is None and waiting > self._most_waiting:
            self._line.remove(ticket)
            text = f"{waiting - 1} calls already wait for a Stable Diffusion server"
            raise Crowded(f"{text}; try again in 10 s, or add a server")

    def _check_any(self) -> None:
        refusals = [server.refusal() for server in self.servers]
        if all(refusals):
            raise refusals[0]

    def _assign(self) -> None:
        """Gives free slots to the line, in its order."""
        load = {server: int(server.slot.held) for server in self.servers}
        for ticket in self._line:
            if ticket.server is None and (best := self._best(ticket, load)):
                if load[best] == 0 and best.usable and best.slot.take():
                    ticket.server = best
                load[best] += 1

    def _best(self, ticket: _Ticket, load: dict[Server, int]) -> Server | None:
        well = [server for server in self.servers if not server.refusal()]
        fresh = [server for server in well if server not in ticket.avoid]
        return min(
            fresh or well,
            key=lambda server: (load[server] + 1) * server.pace.seconds_per_work,
            default=None,
        )
