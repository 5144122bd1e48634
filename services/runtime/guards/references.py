"""Pictures by reference: keys become bytes before a servicer sees them, and bytes keys after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import Message

from cyclorama.v1 import image_pb2
from services.runtime.errors import UnsupportedFeature
from services.runtime.guards.interceptor import Call

if TYPE_CHECKING:
    from services.runtime.objects import Objects

NO_STORE = (
    "this service shares no artifact store; send bytes as data, or set CYCLORAMA_ARTIFACT_STORE"
)


class References(grpc.ServerInterceptor):
    """Resolves the uris in requests, and answers with uris where `accept_uri` asks for them.

    Goes inside the guards, which give its errors their status.
    """

    def __init__(self, objects: "Objects") -> None:
        self._objects = objects

    def intercept_service(self, continuation, details):
        handler = continuation(details)
        if handler is None or not details.method.startswith("/cyclorama."):
            return handler
        serializers = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming:
            behaviour = self._stream(handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(behaviour, *serializers)
        return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary), *serializers)

    def _unary(self, behaviour: Callable) -> Callable:
        return lambda request, context: self._give(
            behaviour(self._take(request), context), getattr(request, "accept_uri", False)
        )

    def _stream(self, behaviour: Callable) -> Callable:
        def run(request, context):
            by_uri = getattr(request, "accept_uri", False)
            for answer in behaviour(self._take(request), context):
                yield self._give(answer, by_uri)

        return run

    def _take(self, request: Message) -> Message:
        for picture in pictures_in(request):
            if picture.WhichOneof("source") == "uri":
                picture.data = self._objects.get(picture.uri)
        return request

    def _give(self, answer: Message, by_uri: bool) -> Message:
        # Previews are small and soon forgotten.
        if by_uri and not _is_progress(answer):
            for picture in pictures_in(answer):
                picture.uri = self._objects.put(picture.data)
        return answer


@contextmanager
def refuse_references(call: Call) -> Iterator[None]:
    """A guard for services without a store."""
    by_uri = getattr(call.request, "accept_uri", False)
    if by_uri or any(each.HasField("uri") for each in pictures_in(call.request)):
        raise UnsupportedFeature(NO_STORE)
    yield


def pictures_in(message: Message) -> Iterator[image_pb2.Image]:
    """Every picture in a message, however deep, in the order of its fields."""
    if isinstance(message, image_pb2.Image):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else [value]:
                yield from pictures_in(part)


def _is_progress(answer: Message) -> bool:
    return "event" in answer.DESCRIPTOR.oneofs_by_name and answer.WhichOneof("event") != "result"
