"""Runs the page as a process: opens its socket and starts its server."""

import socket

import uvicorn

from cyclorama.web.app import create_app
from cyclorama.web.settings import PageSettings, read_page_settings

# Time for responses in flight when the page stops. Longer: a restart takes longer.
GRACE_SECONDS = 2


def run_page() -> None:
    """Serves the page until SIGTERM or Ctrl-C; SystemExit says why it cannot listen."""
    settings = read_page_settings()
    try:
        listener = open_listening_socket(settings)
    except OSError as error:
        text = f"cannot listen on {settings.listen}: {error.strerror}"
        raise SystemExit(f"{text}; set CYCLORAMA_WEB_LISTEN") from None
    host, port = listener.getsockname()[:2]
    print(f"the page is at http://{host}:{port}", flush=True)
    create_page_server(settings).run([listener])


def open_listening_socket(settings: PageSettings) -> socket.socket:
    """Opens the TCP socket that the page listens on, IPv4 or IPv6; port 0 picks a free port."""
    host, _ = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server(settings.address, family=family)


def create_page_server(settings: PageSettings) -> uvicorn.Server:
    """Creates the page's HTTP server, which its `run` starts later."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            ws="none",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
