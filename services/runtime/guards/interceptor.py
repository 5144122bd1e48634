"""Runs the same guards around every call, in the event loop or in a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, closing, contextmanager
from contextvars import copy_context
from functools import partial
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from services.runtime.errors import (
    ErrorStatus,
    MalformedRequest,
    ServiceError,
    error_status,
)
from services.runtime.guards.bodies import Body, RequestReader
from services.runtime.guards.call_log import RefusalLog, choose_call_id
from services.runtime.guards.guarded_call import EarlyCheck, Guard, GuardedCall, read_bearer_token
from services.runtime.guards.image_fields import has_image_fields
from services.runtime.guards.served_call import ServedCall
from services.runtime.guards.tracebacks import forget_variables
from services.runtime.metrics import CALLS, count_bytes_read, count_bytes_written
from services.runtime.threads import CallThreadPool

if TYPE_CHECKING:
    # Of any message types; these classes take type parameters only in their stubs.
    Handler = grpc.RpcMethodHandler[Any, Any]
    AioContext = grpc.aio.ServicerContext[Message, Message]


class GuardInterceptor(grpc.aio.ServerInterceptor):
    """Runs guards around each call of the contract and turns errors into gRPC statuses.

    The implementation of a method is a coroutine function or an asynchronous generator, which runs
    in the event loop, or a plain function or generator, which runs in a thread with its guards.
    """

    def __init__(
        self,
        guards: Sequence[Guard],
        reader: RequestReader,
        threads: CallThreadPool,
        stall_timeout: float,
        early_checks: Sequence[EarlyCheck] = (),
    ) -> None:
        """Prepares an interceptor of a server.

        guards: to run around every call, the outermost first.
        reader: reads the requests.
        threads: for the methods that do not run in the event loop.
        stall_timeout: seconds after which a call ends whose caller reads nothing.
        early_checks: to run before a request is read.
        """
        self._guards = guards
        self._reader = reader
        self._threads = threads
        self._stall_timeout = stall_timeout
        self._early_checks = early_checks
        self._guarded: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Returns the handler of a gRPC method within all guards; None for an unknown method.

        Handlers of foreign services, such as health checks, are returned unchanged.

        continuation: returns the handler without guards.
        handler_call_details: the path of the method and the caller's metadata.
        """
        path = handler_call_details.method
        if path not in self._guarded:
            handler = await continuation(handler_call_details)
            # Cache known methods only: callers could fill the memory with made-up names.
            if handler is None or not path.startswith("/cyclorama."):
                return handler
            method = _GuardedMethod(handler, path, self._guards)
            self._guarded[path] = method.build_handler(partial(self._serve, method))
        return self._guarded[path]

    async def _serve(
        self, method: "_GuardedMethod", _requests: object, context: "AioContext"
    ) -> bytes | None:
        """Reads the request of a call, runs it and sends its responses.

        Returns the response of a method that runs in a thread and has only one: gRPC sends it.
        """
        call = ServedCall(context, self._stall_timeout)
        try:
            return await self._read_and_run(method, call)
        except _Rejected as rejected:
            status = rejected.status
            forget_variables(rejected)
        except asyncio.CancelledError as cancelled:
            call.cancel()
            forget_variables(cancelled)
            raise
        # Outside the block of the error, which the next would refer to.
        await call.end(status)

    async def _read_and_run(self, method: "_GuardedMethod", call: ServedCall) -> bytes | None:
        body = await self._read_request(method, call)
        if not method.is_asynchronous:
            return await self._run_in_thread(method, body, call)
        await self._run_in_loop(method, body, call)
        return None

    async def _read_request(self, method: "_GuardedMethod", call: ServedCall) -> Body:
        """Returns the request of a call as bytes; raises _Rejected."""
        try:
            for check in self._early_checks:
                check(method.name, read_bearer_token(call.metadata))
            return await self._reader.read(
                call.context, call.metadata, call.peer, has_images=method.has_images
            )
        except ServiceError as error:
            raise _reject_unguarded(error, method.name, call) from None

    async def _run_in_loop(self, method: "_GuardedMethod", body: Body, call: ServedCall) -> None:
        """Runs a coroutine function, or an asynchronous generator, within its guards."""
        try:
            request = method.parse(body, call)
            with method.surround(request, call):
                result = method.behavior(request, call.context)
                # Some methods drop it early, with the images in it.
                del request
                if not method.streams:
                    await call.send(method.serialize(await result))
                    return
                async with aclosing(result):
                    async for each in result:
                        await call.send(method.serialize(each))
        finally:
            self._reader.release(body)

    async def _run_in_thread(
        self, method: "_GuardedMethod", body: Body, call: ServedCall
    ) -> bytes | None:
        """Runs a plain function or generator within its guards, in a thread.

        Returns the response of a function, which gRPC has yet to send.
        """
        running = self._threads.submit(copy_context().run, _run_blocking, method, body, call)
        if body.budget:
            # Not when the caller leaves: the work may go on for a while.
            release = partial(self._reader.release, body)
            loop = asyncio.get_running_loop()
            running.add_done_callback(lambda _: loop.call_soon_threadsafe(release))
        try:
            response = await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            running.add_done_callback(lambda _: call.release())
            raise
        if response is not None:
            call.expect_reader(response, lambda error: _reject_unguarded(error, method.name, call))
        return response


def _run_blocking(method: "_GuardedMethod", body: Body, call: ServedCall) -> bytes | None:
    """Runs a plain function or generator within its guards, and sends what a generator yields.

    Blocks. Returns the response of a function.
    """
    try:
        return _run_guarded(method, body, call)
    except BaseException as error:
        forget_variables(error)
        raise


def _run_guarded(method: "_GuardedMethod", body: Body, call: ServedCall) -> bytes | None:
    request = method.parse(body, call)
    with method.surround(request, call):
        if not method.streams:
            response = method.serialize(method.behavior(request, call))
            call.has_response = True
            return response
        with closing(method.behavior(request, call)) as result:
            for each in result:
                call.send_from_thread(method.serialize(each))
    return None


class _Rejected(Exception):
    """Carries the status of a failed call out of its guards."""

    def __init__(self, status: ErrorStatus) -> None:
        self.status = status


class _GuardedMethod:
    """A method with its guards and codecs.

    name: such as "CreateAd". behavior: its implementation, which takes a request and a context.
    streams: whether it has several responses. is_asynchronous: whether it runs in the event loop.
    has_images: whether requests can contain images. serialize: turns a response into bytes.
    """

    def __init__(self, handler: "Handler", path: str, guards: Sequence[Guard]) -> None:
        self.name = path.rpartition("/")[2]
        self.streams = handler.response_streaming
        behavior = handler.unary_stream if self.streams else handler.unary_unary
        serialize = count_bytes_written(handler.response_serializer, self.name)
        deserialize = count_bytes_read(handler.request_deserializer, self.name)
        # All are set for methods with one request, which the type does not say.
        assert behavior and serialize and deserialize
        self.behavior: Callable[[Any, Any], Any] = behavior
        self.serialize, self._deserialize = serialize, deserialize
        self.is_asynchronous = iscoroutinefunction(behavior) or isasyncgenfunction(behavior)
        self.has_images = has_image_fields(_find_request_type(path))
        self._guards = guards

    def build_handler(self, serve: Callable[..., Awaitable[bytes | None]]) -> "Handler":
        """Returns the handler of gRPC that serves this method, which takes and returns bytes.

        It takes a stream of requests, as only such handlers start before a request has arrived. It
        returns a stream as well where this module sends the responses, which then shows when one
        has been written; a single one travels together with the end of its call.
        """
        if self.streams or self.is_asynchronous:
            return grpc.stream_stream_rpc_method_handler(serve)
        return grpc.stream_unary_rpc_method_handler(serve)

    def parse(self, body: Body, call: ServedCall) -> Message:
        """Returns the message in a body, which is dropped; raises _Rejected if it is not one."""
        data, body.data = body.data, b""
        try:
            message: Message = self._deserialize(data)
            return message
        except DecodeError:
            error = MalformedRequest("the request is no message of the type that this method takes")
            raise _reject_unguarded(error, self.name, call) from None

    @contextmanager
    def surround(self, request: Message, call: ServedCall) -> Iterator[None]:
        """Runs all guards around a `with` block; turns errors in them or it into _Rejected."""
        guarded = GuardedCall(
            method=self.name,
            request=request,
            id=choose_call_id(call.metadata),
            is_active=call.is_active,
            seconds_left=call.time_remaining,
            metadata=call.metadata,
            peer=call.peer,
            at_end=call.at_end,
        )
        del request
        try:
            with ExitStack() as stack:
                for guard in self._guards:
                    if surrounding := guard(guarded):
                        stack.enter_context(surrounding)
                del guarded.request
                yield
        except Exception as error:
            # Without its cause, whose functions hold the request.
            raise _Rejected(error_status(error, call_id=guarded.id)) from None
        finally:
            # Guards that refuse a call remember it.
            vars(guarded).pop("request", None)
            if not call.has_response:
                call.release()


_refusals = RefusalLog()


def _reject_unguarded(error: ServiceError, method: str, call: ServedCall) -> _Rejected:
    """Logs and counts a call that was rejected outside of its guards; returns what ends it.

    error: the reason, which becomes the status of the call.
    """
    call_id = choose_call_id(call.metadata)
    _refusals.write(method, error, call_id)
    CALLS.labels(method, error.reason).inc()
    return _Rejected(error_status(error, call_id=call_id))


def _find_request_type(path: str) -> Descriptor:
    """Returns the type of a method's requests. path: such as "/cyclorama.v1.AdService/CreateAd"."""
    service, _, method = path[1:].rpartition("/")
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[method].input_type
