"""Sends a request without keeping it in memory while its call runs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import grpc
from google.protobuf.message import Message

from cyclorama.operations import Operation

T = TypeVar("T")


def send_once(operation: Operation[T]) -> Operation[T]:
    """Returns an operation for AsyncClient.run whose request is freed as soon as it is serialized.

    The client must not retry.

    grpc.aio keeps what a call is made with until the call ends: here a holder, from which the
    serializer takes the message. The returned operation can run once. operation: keep no reference
    to it, nor to its request.
    """
    stub = operation.stub

    def open_stub(channel: grpc.aio.Channel) -> Any:
        """Creates the stub on a channel that takes each request out of its list."""
        return stub(cast(grpc.aio.Channel, _EmptyingChannel(channel)))

    request = cast(Message, _RequestHolder(operation.request))
    return replace(operation, stub=cast(type, open_stub), request=request)


class _RequestHolder:
    """A request until it is serialized."""

    def __init__(self, request: Message) -> None:
        self._request: Message | None = request

    def ByteSize(self) -> int:  # noqa: N802
        """Returns the size of the serialized request in bytes; 0 once it was taken."""
        return self._request.ByteSize() if self._request else 0

    def take(self) -> Message:
        """Returns the request and forgets it."""
        request, self._request = self._request, None
        assert request is not None
        return request


class _EmptyingChannel:
    """A channel whose methods are called with a holder of one request, and empty it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        """Returns a function that creates the methods of a kind, such as unary_stream."""
        create = getattr(self._channel, kind)

        def create_method(
            path: str, request_serializer: Callable[[Message], bytes], **arguments: Any
        ) -> Any:
            """Creates a method as the channel does, with another serializer."""

            def serialize(holder: _RequestHolder) -> bytes:
                return request_serializer(holder.take())

            return create(path, request_serializer=serialize, **arguments)

        return create_method
