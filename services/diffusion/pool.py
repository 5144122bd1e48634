"""Queue in front of several servers: first in, first out, each call to the fastest server."""

import threading
from collections.abc import Callable, Collection, Sequence

from services.diffusion.errors import QUEUE_RETRY_SECONDS, QueueFull
from services.diffusion.server import ImageServer

# In seconds: how soon a queued call notices its deadline, a cancellation, or a slot that another
# process released. Smaller: more CPU while waiting.
QUEUE_POLL = 0.05


class _QueuedCall:
    """One call in the queue; `server` is set once it has a server's slot."""

    def __init__(self, avoid: Collection[ImageServer]) -> None:
        self.avoid = avoid
        self.server: ImageServer | None = None


class ServerPool:
    """Assigns servers to calls, one call at a time to each server.

    A call goes to the server with the least (queued + running) x seconds per megapixel-step. The
    choice is made again whenever a slot becomes free, so that no call waits for a dead server.
    """

    def __init__(self, servers: Sequence[ImageServer], queue_size: int) -> None:
        """Creates an empty queue.

        servers: the image servers to share out.
        queue_size: calls that may wait per server; more are rejected.
        """
        self.servers = servers
        self._max_queued = queue_size * len(servers)
        self._slots_changed = threading.Condition()
        self._queue: list[_QueuedCall] = []

    def acquire_server(
        self, avoid: Collection[ImageServer], check_active: Callable[[], None]
    ) -> ImageServer:
        """Waits in the queue for an image server, and returns it reserved for this call.

        Its slot, which admits one request at a time, is acquired; the caller releases it. Raises
        QueueFull, or the error of the first server if none can be used.

        avoid: servers to use only if there are no others.
        check_active: called often while waiting; raises to stop.
        """
        call = _QueuedCall(avoid)
        with self._slots_changed:
            self._enqueue(call)
            try:
                # Set by _assign_servers(), in this thread or in that of another call.
                while call.server is None:
                    check_active()
                    self._assign_servers()
                    if call.server is None:
                        self._check_any_usable()
                        self._slots_changed.wait(QUEUE_POLL)
            finally:
                self._queue.remove(call)
        return call.server

    def check_queue(self) -> None:
        """Raises QueueFull if a call would be refused now, so that nothing is done for it."""
        with self._slots_changed:
            self._assign_servers()
            if 0 < self._max_queued <= (queued := self._count_queued()):
                raise _build_full_error(queued)

    def notify_released(self) -> None:
        """Assigns servers to queued calls after one became free, and wakes the calls."""
        with self._slots_changed:
            self._assign_servers()
            self._slots_changed.notify_all()

    def count_untried(self, tried: Collection[ImageServer]) -> int:
        """Returns how many servers can be used and are not among those that a call has tried."""
        return sum(
            server not in tried and not server.unavailable_error() for server in self.servers
        )

    def _enqueue(self, call: _QueuedCall) -> None:
        """Adds a call to the queue; raises QueueFull if it would wait behind too many others."""
        self._queue.append(call)
        self._assign_servers()
        queued = self._count_queued()
        if call.server is None and queued > self._max_queued:
            self._queue.remove(call)
            raise _build_full_error(queued - 1)

    def _count_queued(self) -> int:
        """Returns how many calls wait for a server."""
        return sum(call.server is None for call in self._queue)

    def _check_any_usable(self) -> None:
        """Raises the first server's error if none of the servers can be used at present."""
        errors = [error for server in self.servers if (error := server.unavailable_error())]
        if len(errors) == len(self.servers):
            raise errors[0]

    def _assign_servers(self) -> None:
        """Assigns to each queued call, the oldest first, the best server if that is free.

        A server is free if nothing runs on it and its slot, a lock between processes, can be
        acquired.
        """
        # Calls per server: the running one, and those ahead in the queue that prefer the server.
        load = {server: int(server.slot.is_held) for server in self.servers}
        for call in self._queue:
            if call.server is None and (best := self._find_best_server(call, load)):
                if load[best] == 0 and best.is_usable and best.slot.acquire():
                    call.server = best
                load[best] += 1

    def _find_best_server(
        self, call: _QueuedCall, load: dict[ImageServer, int]
    ) -> ImageServer | None:
        """Returns the server on which a call would finish first; None if no server can be used.

        load: calls that each server runs or will run before this one.
        """
        usable = [server for server in self.servers if not server.unavailable_error()]
        preferred = [server for server in usable if server not in call.avoid]
        known_paces = [
            pace for server in usable if (pace := server.pace.seconds_per_megapixel_step)
        ]
        # Without an image so far, a server counts as fast as the fastest, so that it gets tried.
        fastest = min(known_paces, default=1.0)
        return min(
            preferred or usable,
            key=lambda server: (
                (load[server] + 1) * (server.pace.seconds_per_megapixel_step or fastest)
            ),
            default=None,
        )


def _build_full_error(queued: int) -> QueueFull:
    """Returns the error for a call that would wait behind too many others. queued: their number."""
    text = f"{queued} calls already wait for an image server"
    return QueueFull(f"{text}; try again in {QUEUE_RETRY_SECONDS} s, or add a server")
