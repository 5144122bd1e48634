"""The gRPC health service of synchronous servers, safe while watchers come and go."""

import threading
from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2


class WatcherHealthServicer(health.HealthServicer):  # type: ignore[misc]
    """Reports the health of a server; a watcher that leaves never blocks the server.

    The servicer of the library deadlocks: it sends the status to a new watcher while it holds its
    lock and waits for the server's event thread, which runs the callbacks of closed calls, which
    wait for that lock. One of a new and a leaving watcher at the same moment is enough.
    """

    def Watch(  # noqa: N802
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[Any], None] | None = None,
    ) -> Any:
        """Sends the status now and whenever it changes, until the caller leaves.

        send_response_callback: given by gRPC, so that a watcher occupies no thread.
        """
        return super().Watch(request, _DetachedContext(context), send_response_callback)


class _DetachedContext:
    """The part of a call's context that the library uses, with callbacks in their own threads."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Starts a thread with a callback when the call ends; returns False if it has ended."""
        return self._context.add_callback(threading.Thread(target=callback, daemon=True).start)
