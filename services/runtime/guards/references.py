"""Images by reference: replaces keys in requests by bytes, and bytes in responses by keys."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import Message

from services.runtime.errors import UnsupportedFeature
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.image_fields import find_images

if TYPE_CHECKING:
    from services.runtime.guards.interceptor import Handler
    from services.runtime.objects import ContentStore

Behavior = Callable[[Any, Any], Any]
"""The implementation of a method: takes the request and the context of a call."""

NO_STORE = (
    "this service shares no artifact store; send bytes as data, or set CYCLORAMA_ARTIFACT_STORE"
)


class ReferenceInterceptor(grpc.aio.ServerInterceptor):
    """Resolves the uris in requests, and responds with uris if `accept_uri` is set.

    For methods that run in a thread, where the images are loaded. Runs inside the guards, which
    turn its errors into statuses.
    """

    def __init__(self, store: "ContentStore") -> None:
        self._store = store

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Returns the handler of a gRPC method that also takes and returns images by reference.

        Returns None for an unknown method.

        continuation: returns the handler without references.
        handler_call_details: the path of the method.
        """
        handler = await continuation(handler_call_details)
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
        """Wraps a method with one response, so that images may be uris: keys of the shared store.

        behavior: the method: takes a request and the call's context.
        """

        def respond(request: Message, context: grpc.ServicerContext) -> Message:
            response: Message = behavior(self._load_images(request), context)
            return self._store_images(response, _accepts_uris(request))

        return respond

    def _wrap_stream(self, behavior: Behavior) -> Behavior:
        """Wraps a method with a stream of responses, so that images may be uris: keys of the store.

        behavior: the method: takes a request and the call's context.
        """

        def respond(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
            """Yields the responses to a request whose uris are replaced by the images' bytes."""
            by_uri = _accepts_uris(request)
            for response in behavior(self._load_images(request), context):
                yield self._store_images(response, by_uri)

        return respond

    def _load_images(self, request: Message) -> Message:
        """Replaces the uris of images in a request by their bytes; returns the request."""
        for image in find_images(request):
            if image.WhichOneof("source") == "uri":
                image.data = self._store.get(image.uri)
        return request

    def _store_images(self, response: Message, by_uri: bool) -> Message:
        """Stores the images of a response, puts their uris in place of the bytes, and returns it.

        The response is changed in place, except messages of progress.

        by_uri: whether the caller accepts uris; if not, nothing changes.
        """
        # Previews in messages of progress stay bytes: they are small and shown once.
        if by_uri and not _is_progress(response):
            for image in find_images(response):
                # A oneof: setting `uri` clears `data`.
                image.uri = self._store.put(image.data)
        return response


def refuse_references(call: GuardedCall) -> None:
    """Raises UnsupportedFeature if a call passes images by reference.

    A call does so if an image in its request is a uri, or if its caller accepts uris. For services
    without a store to find them in.
    """
    if _accepts_uris(call.request) or any(
        image.HasField("uri") for image in find_images(call.request)
    ):
        raise UnsupportedFeature(NO_STORE)


def _accepts_uris(request: Message) -> bool:
    return bool(getattr(request, "accept_uri", False))


def _is_progress(response: Message) -> bool:
    """Whether a streamed response reports progress rather than the result.

    Streams have a oneof `event`, of which one field is `result`; other responses are no progress.
    """
    has_events = "event" in response.DESCRIPTOR.oneofs_by_name
    return has_events and response.WhichOneof("event") != "result"
