"""Images by reference: replaces keys in requests by bytes, and bytes in responses by keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import Message

from cyclorama.v1 import image_pb2
from services.runtime.errors import UnsupportedFeature
from services.runtime.guards.interceptor import Behavior, GuardedCall

if TYPE_CHECKING:
    from services.runtime.guards.interceptor import Handler
    from services.runtime.objects import ContentStore

NO_STORE = (
    "this service shares no artifact store; send bytes as data, or set CYCLORAMA_ARTIFACT_STORE"
)


class ReferenceInterceptor(grpc.ServerInterceptor):
    """Resolves the uris in requests, and responds with uris if `accept_uri` is set.

    Runs inside the guards, which turn its errors into statuses.
    """

    def __init__(self, store: "ContentStore") -> None:
        self._store = store

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Handler | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Returns the handler of a method with references resolved; None for an unknown one."""
        handler = continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/cyclorama."):
            return handler
        codecs = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming:
            assert handler.unary_stream
            behavior = self._wrap_stream(handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(behavior, *codecs)
        assert handler.unary_unary
        return grpc.unary_unary_rpc_method_handler(self._wrap_unary(handler.unary_unary), *codecs)

    def _wrap_unary(self, behavior: Behavior) -> Behavior:
        def respond(request: Message, context: grpc.ServicerContext) -> Message:
            response: Message = behavior(self._load_images(request), context)
            return self._store_images(response, _accepts_uris(request))

        return respond

    def _wrap_stream(self, behavior: Behavior) -> Behavior:
        def respond(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
            by_uri = _accepts_uris(request)
            for response in behavior(self._load_images(request), context):
                yield self._store_images(response, by_uri)

        return respond

    def _load_images(self, request: Message) -> Message:
        for image in find_images(request):
            if image.WhichOneof("source") == "uri":
                image.data = self._store.get(image.uri)
        return request

    def _store_images(self, response: Message, by_uri: bool) -> Message:
        # Not of progress: previews are small and shown once.
        if by_uri and not _is_progress(response):
            for image in find_images(response):
                image.uri = self._store.put(image.data)
        return response


@contextmanager
def refuse_references(call: GuardedCall) -> Iterator[None]:
    """Raises UnsupportedFeature if a call refers to a store, for services without one."""
    if _accepts_uris(call.request) or any(
        each.HasField("uri") for each in find_images(call.request)
    ):
        raise UnsupportedFeature(NO_STORE)
    yield


def find_images(message: Message) -> Iterator[image_pb2.Image]:
    """Yields every Image within a message, at any depth, in the order of its fields."""
    if isinstance(message, image_pb2.Image):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else [value]:
                yield from find_images(part)


def _accepts_uris(request: Message) -> bool:
    return bool(getattr(request, "accept_uri", False))


def _is_progress(response: Message) -> bool:
    has_events = "event" in response.DESCRIPTOR.oneofs_by_name
    return has_events and response.WhichOneof("event") != "result"
