"""Runs the page as a process: a socket, a client of the gateway, a server."""

import socket

import uvicorn

from cyclorama.web.app import create_app
from cyclorama.web.settings import Settings, read_settings

GRACE_SECONDS = 2


def run() -> None:
    """Serves until SIGTERM or Ctrl-C; an address in use ends it with one sentence."""
    settings = read_settings()
    try:
        listening = listen(settings)
    except OSError as error:
        text = f"cannot listen on {settings.listen}: {error.strerror}"
        raise SystemExit(f"{text}; set CYCLORAMA_WEB_LISTEN") from None
    host, port = listening.getsockname()[:2]
    print(f"the page is at http://{host}:{port}", flush=True)
    server(settings).run([listening])


def listen(settings: Settings) -> socket.socket:
    """Opens the socket; port 0 picks a free one."""
    host, _ = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server(settings.address, family=family)


def server(settings: Settings) -> uvicorn.Server:
    """The server of the page, not yet started."""
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
