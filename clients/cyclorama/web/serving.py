"""Runs the page as a process: opens its socket and starts its server."""

import asyncio
import ctypes
import socket
from functools import partial
from typing import cast

import uvicorn

from cyclorama.web.app import create_app
from cyclorama.web.connection_limits import ConnectionLimits
from cyclorama.web.connections import ConnectionTable, LimitedProtocol
from cyclorama.web.settings import PageSettings, read_page_settings

# Parameters of mallopt(3), and the size in bytes from which memory that is freed goes back to the
# system at once. Larger: less work for the system, and more memory that stays after an upload.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
MMAP_BYTES = 2**20
# Time for responses in flight when the page stops. Longer: a restart takes longer.
GRACE_SECONDS = 2


def run_page() -> None:
    """Serves the page until SIGTERM or Ctrl-C; SystemExit says why it cannot listen."""
    settings = read_page_settings()
    return_freed_memory()
    try:
        listener = open_listening_socket(settings)
    except OSError as error:
        text = f"cannot listen on {settings.listen}: {error.strerror}"
        raise SystemExit(f"{text}; set CYCLORAMA_WEB_LISTEN") from None
    host, port = listener.getsockname()[:2]
    print(f"the page is at http://{host}:{port}", flush=True)
    create_page_server(settings).run([listener])


def return_freed_memory() -> None:
    """Lets the C library return large freed memory to the system at once, where it can (glibc).

    The page holds photos only for moments. Overrides GLIBC_TUNABLES, which suits the services.
    """
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
        for option in (M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD):
            set_option(option, MMAP_BYTES)


def open_listening_socket(settings: PageSettings) -> socket.socket:
    """Opens the TCP socket that the page listens on, IPv4 or IPv6; port 0 picks a free port."""
    host, _ = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server(settings.address, family=family)


def create_page_server(
    settings: PageSettings, limits: ConnectionLimits | None = None
) -> uvicorn.Server:
    """Creates the page's HTTP server, which its `run` starts later.

    limits: those of its connections; by default the usual ones, with the numbers of the settings.
    """
    table = ConnectionTable(
        limits or ConnectionLimits(settings.connections, settings.connections_per_address)
    )
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            # Typed as a class, but only ever called.
            http=cast(type[asyncio.Protocol], partial(LimitedProtocol, table=table)),
            ws="none",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            # uvicorn calls it once a second.
            callback_notify=table.close_overdue,
            timeout_notify=0,
        )
    )
