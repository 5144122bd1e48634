"""A gateway on a loopback port that answers as a test says, and records what it received."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from cyclorama.v1 import ads_pb2_grpc

Handler = Callable[[Any, grpc.ServicerContext], Any]


class ScriptedGateway(ads_pb2_grpc.AdServiceServicer):
    """Runs the handlers of a test, by the name of their rpc; other rpcs are unimplemented."""

    def __init__(self, handlers: dict[str, Handler]) -> None:
        self.address = ""
        self.requests: list[Any] = []
        self.metadata: list[dict[str, str | bytes]] = []
        for name, handler in handlers.items():
            setattr(self, name, self._record(handler))

    def _record(self, handler: Handler) -> Handler:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            self.requests.append(request)
            self.metadata.append(dict(context.invocation_metadata()))
            return handler(request, context)

        return handle


@contextmanager
def serve_gateway(
    credentials: grpc.ServerCredentials | None = None, **handlers: Handler
) -> Iterator[ScriptedGateway]:
    """Serves a scripted gateway, in plain text or with TLS; its `address` has a free port."""
    gateway = ScriptedGateway(handlers)
    server = grpc.server(ThreadPoolExecutor(4))
    ads_pb2_grpc.add_AdServiceServicer_to_server(gateway, server)
    if credentials:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    gateway.address = f"127.0.0.1:{port}"
    server.start()
    try:
        yield gateway
    finally:
        server.stop(0).wait()


def fail_with(code: grpc.StatusCode, text: str = "", **trailers: str) -> Handler:
    """Returns a handler that aborts; trailers: `reason="X"` becomes `cyclorama-reason: X`."""

    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        context.set_trailing_metadata(
            tuple(
                (f"cyclorama-{name.replace('_', '-')}", value) for name, value in trailers.items()
            )
        )
        context.abort(code, text)

    return handle


@dataclass
class PendingCall:
    """A handler that starts, optionally streams some messages, and then waits to be cancelled."""

    messages: tuple[Any, ...] = ()
    started: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def stream(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Handles a streaming rpc."""
        context.add_callback(self.cancelled.set)
        yield from self.messages
        self.started.set()
        self.cancelled.wait(30)

    def respond(self, request: Any, context: grpc.ServicerContext) -> None:
        """Handles a unary rpc."""
        context.add_callback(self.cancelled.set)
        self.started.set()
        self.cancelled.wait(30)
        context.abort(grpc.StatusCode.CANCELLED, "never read")
