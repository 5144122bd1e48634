"""Limits how long an HTTP request takes in all; `requests` limits only each wait for bytes."""

import contextlib
import socket
from collections.abc import Iterator
from threading import Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter


class TimeLimitedAdapter(HTTPAdapter):
    """Opens connections that all end at once, whether they handshake, send or receive."""

    def __init__(self) -> None:
        """Opens no connection yet."""
        self.is_over = False
        self._sockets: list[socket.socket] = []
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Returns the pool of a request's server, whose connections are limited."""
        pool = super().get_connection_with_tls_context(*args, **options)
        open_connection = pool.ConnectionCls

        def open_limited(*args: Any, **options: Any) -> Any:
            connection: Any = open_connection(*args, **options)
            connect = connection._new_conn
            connection._new_conn = lambda: self._watch(connect())
            return connection

        pool.ConnectionCls = open_limited  # type: ignore[assignment]
        return pool

    def end(self) -> None:
        """Ends all connections; what reads or writes them fails."""
        self.is_over = True
        for each in self._sockets:
            # It may have ended by itself.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connections."""
        super().close()
        for each in self._sockets:
            each.close()

    def _watch(self, connection: socket.socket) -> socket.socket:
        """Keeps a copy of a socket, which stays usable while TLS takes the original over."""
        self._sockets.append(connection.dup())
        return connection


@contextlib.contextmanager
def open_limited_session(seconds: float) -> Iterator[requests.Session]:
    """Opens a session whose requests all end within a time; raises requests.Timeout if it is over.

    What was read until then is incomplete.
    """
    adapter = TimeLimitedAdapter()
    timer = Timer(seconds, adapter.end)
    timer.daemon = True
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
        timer.start()
        try:
            yield session
        finally:
            timer.cancel()
        if adapter.is_over:
            raise requests.Timeout
