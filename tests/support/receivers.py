"""HTTP servers that receive webhooks."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

Respond = Callable[["Receiver", BaseHTTPRequestHandler], None]


class Received(NamedTuple):
    """A request that arrived: its path, its headers by lower-case name, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """A server on a loopback port; `respond` answers each request, by default with status 204."""

    def __init__(self, respond: Respond | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Received] = []
        self._more = threading.Condition()
        receiver = self

        class ReceiverHandler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.note_request(Received(self.path, headers, body))
                (respond or respond_with(204))(receiver, self)

            do_GET = do_HEAD = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer((host, 0), ReceiverHandler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://{host}:{self.port}/hook"

    def note_request(self, request: Received) -> None:
        with self._more:
            self.requests.append(request)
            self._more.notify_all()

    def wait_for(self, number: int, seconds: float = 30) -> list[Received]:
        """Waits for a number of requests, and returns them."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.requests) >= number, seconds), self.requests
            return list(self.requests)


def respond_with(status: int, **headers: str) -> Respond:
    """Answers with a status and headers; underscores in their names stand for hyphens."""

    def respond(_: Receiver, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", "0")
        handler.end_headers()

    return respond


def respond_in_turn(*responses: Respond) -> Respond:
    """Answers with one response after the other, and then with the last one."""

    def respond(receiver: Receiver, handler: BaseHTTPRequestHandler) -> None:
        number = min(len(receiver.requests), len(responses))
        responses[number - 1](receiver, handler)

    return respond


@contextmanager
def run_receiver(
    respond: Respond | None = None, context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Runs a receiver, with TLS when a context is given."""
    receiver = Receiver(respond)
    if context:
        server = receiver.server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.url = f"https://localhost:{receiver.port}/hook"
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
