"""Runs the same guards around every call, on synchronous and asyncio servers."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import grpc
import structlog
from google.protobuf.message import Message

from services.runtime.errors import ErrorStatus, InvalidImage, ServiceError, error_status
from services.runtime.metrics import count_bytes_read, count_bytes_written

if TYPE_CHECKING:
    # Of any message types; these classes take type parameters only in their stubs.
    Handler = grpc.RpcMethodHandler[Any, Any]
    AioContext = grpc.aio.ServicerContext[Message, Message]

# Metadata keys of the ids that services pass on.
CALL_ID = "cyclorama-call-id"
JOB_ID = "cyclorama-job-id"
# The keys in the log context that belong to one call.
CALL_CONTEXT_KEYS = ("call_id", "method", "caller", "job")

log = structlog.get_logger()


@dataclass(frozen=True)
class GuardedCall:
    """A call as its guards see it.

    is_active: whether the caller still waits. seconds_left: time until its deadline; without a
    deadline, None or centuries. metadata: what the caller sent, by lower-case key.
    """

    method: str
    request: Message
    id: str
    is_active: Callable[[], bool]
    seconds_left: Callable[[], float | None]
    metadata: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)

    @property
    def bearer_token(self) -> str:
        """The bearer token in the metadata; empty if there is none."""
        return _read_bearer_token(self.metadata)


Guard = Callable[[GuardedCall], AbstractContextManager[None]]
"""Surrounds a call; raises ServiceError to reject it."""

TokenCheck = Callable[[str, str], object]
"""Takes the method and the bearer token of a call; raises ServiceError to reject it unread."""


class GuardInterceptor(grpc.ServerInterceptor):
    """Runs guards around each call of the contract and turns errors into gRPC statuses."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        self._guarded: dict[str, Handler] = {}

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Handler | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Returns the handler of a gRPC method within all guards; None for an unknown method.

        continuation: returns the handler without guards.
        handler_call_details: the path of the method and the caller's metadata.
        """
        path = handler_call_details.method
        if path not in self._guarded:
            handler = continuation(handler_call_details)
            # Cache known methods only: callers could fill the memory with made-up names.
            if handler is None:
                return None
            self._guarded[path] = _guard_handler(handler, path, self._guards, SYNC)
        return self._guarded[path]


class AioGuardInterceptor(grpc.aio.ServerInterceptor):
    """Does the same on an asyncio server, where a token check can reject calls unread."""

    def __init__(self, guards: Sequence[Guard], token_check: TokenCheck | None = None) -> None:
        """Prepares an interceptor of an asyncio server.

        guards: to run around every call, the outermost first.
        token_check: raises ServiceError if a caller's bearer token does not allow a method; None
            lets every call pass.
        """
        self._guards = guards
        self._token_check = token_check
        self._guarded: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Returns the handler of a gRPC method with guards, or one that rejects an invalid token.

        Returns None for an unknown method.

        continuation: returns the handler without guards.
        handler_call_details: the path of the method and the caller's metadata.
        """
        path = handler_call_details.method
        if path not in self._guarded:
            handler = await continuation(handler_call_details)
            # Cache known methods only: callers could fill the memory with made-up names.
            if handler is None:
                return None
            self._guarded[path] = _guard_handler(handler, path, self._guards, ASYNCIO)
        if self._token_check and _is_ours(path):
            metadata = dict(handler_call_details.invocation_metadata or ())
            try:
                self._token_check(_method_name(path), _read_bearer_token(metadata))
            except ServiceError as error:
                return _reject_unread(error, path, metadata)
        return self._guarded[path]


@contextmanager
def log_call(call: GuardedCall) -> Iterator[None]:
    """Logs one line at the end of a gRPC call, which runs in the `with` block of this function.

    That line, and every other within the block, contains the ids of the call and its job, and what
    else is bound under CALL_CONTEXT_KEYS.
    """
    job_id = _read_id(call.metadata, JOB_ID)
    ids = {"call_id": call.id, "method": call.method} | ({"job": job_id} if job_id else {})
    structlog.contextvars.bind_contextvars(**ids)
    start = time.perf_counter()

    def elapsed_ms() -> int:
        return round((time.perf_counter() - start) * 1000)

    try:
        yield
    except ServiceError as error:
        # Only a decoder's complaint about an image; other causes may contain secrets.
        has_safe_cause = isinstance(error, InvalidImage) and error.__cause__
        cause = {"cause": repr(error.__cause__)} if has_safe_cause else {}
        log.info("refused", code=error.code.name, reason=error.reason, ms=elapsed_ms(), **cause)
        raise
    except (GeneratorExit, asyncio.CancelledError):
        log.info("cancelled", ms=elapsed_ms())
        raise
    except Exception:
        log.exception("failed", ms=elapsed_ms())
        raise
    else:
        log.info("done", ms=elapsed_ms())
    finally:
        # Not reset by token: gRPC closes a cancelled stream in another context than it started in.
        structlog.contextvars.unbind_contextvars(*CALL_CONTEXT_KEYS)


def current_call_id() -> str:
    """Returns the id of the call that runs this code; empty outside a call."""
    return str(structlog.contextvars.get_contextvars().get("call_id", ""))


def build_id_metadata() -> tuple[tuple[str, str], ...]:
    """Returns gRPC metadata that pass the ids of this call and its job to the next service.

    Leaves out an id that is unknown.
    """
    log_context = structlog.contextvars.get_contextvars()
    ids = ((CALL_ID, log_context.get("call_id", "")), (JOB_ID, log_context.get("job", "")))
    return tuple((key, value) for key, value in ids if value)


class _Rejected(Exception):
    """Carries the status of a failed call out of its guards."""

    def __init__(self, status: ErrorStatus) -> None:
        self.status = status


Behavior = Callable[[Any, Any], Any]
"""The implementation of a method: takes the request and the context of a call."""

Surround = Callable[[Message, Any], AbstractContextManager[None]]
"""Runs all guards of a call around a block; takes its request and context."""


class Flavor(NamedTuple):
    """What differs between synchronous and asyncio servers.

    activity: returns a function that says whether the caller of a context still waits.
    unary, stream: surround a method that returns one response, or several.
    """

    activity: Callable[[Any], Callable[[], bool]]
    unary: Callable[[Behavior, Surround], Behavior]
    stream: Callable[[Behavior, Surround], Behavior]


def _guard_handler(
    handler: "Handler", path: str, guards: Sequence[Guard], flavor: Flavor
) -> "Handler":
    """Returns a gRPC handler that runs guards around each call of another, and counts its bytes.

    A handler of a foreign service, such as health checks, is returned unchanged.

    handler: what to run within the guards.
    path: of the method, such as "/cyclorama.v1.AdService/CreateAd".
    guards: the outermost first.
    flavor: what differs between synchronous and asyncio servers.
    """
    if not _is_ours(path):
        return handler
    method = _method_name(path)

    @contextmanager
    def surround(request: Message, context: "grpc.ServicerContext | AioContext") -> Iterator[None]:
        """Runs all guards around a `with` block; turns errors in them or it into _Rejected."""
        metadata = dict(context.invocation_metadata() or ())
        call = GuardedCall(
            method=method,
            request=request,
            id=_choose_call_id(metadata),
            is_active=flavor.activity(context),
            seconds_left=context.time_remaining,
            metadata=metadata,
        )
        try:
            with ExitStack() as stack:
                for guard in guards:
                    stack.enter_context(guard(call))
                yield
        except Exception as error:
            raise _Rejected(error_status(error, call_id=call.id)) from error

    codecs = (
        count_bytes_read(handler.request_deserializer, method),
        count_bytes_written(handler.response_serializer, method),
    )
    if handler.response_streaming:
        # Always set for a streaming response, which the type does not say.
        assert handler.unary_stream
        behavior = flavor.stream(handler.unary_stream, surround)
        return grpc.unary_stream_rpc_method_handler(behavior, *codecs)
    assert handler.unary_unary
    return grpc.unary_unary_rpc_method_handler(flavor.unary(handler.unary_unary, surround), *codecs)


def _sync_activity(context: grpc.ServicerContext) -> Callable[[], bool]:
    return context.is_active


def _aio_activity(context: "AioContext") -> Callable[[], bool]:
    return lambda: not context.cancelled()


def _surround_unary(behavior: Behavior, surround: Surround) -> Behavior:
    """Wraps a synchronous method with one response in guards; sends errors as statuses.

    behavior: the method: takes a request and the call's context.
    surround: returns a block that runs all guards, for a request and context.
    """

    def respond(request: Message, context: grpc.ServicerContext) -> Message:
        """Returns the method's response, or ends the call with the status of its error."""
        try:
            with surround(request, context):
                response: Message = behavior(request, context)
                return response
        except _Rejected as rejected:
            status = rejected.status
        # Not in the handler above: abort() raises a bare Exception of its own.
        _abort(context, status)

    return respond


def _surround_stream(behavior: Behavior, surround: Surround) -> Behavior:
    """Wraps a synchronous method with a stream of responses in guards; sends errors as statuses.

    behavior: the method: takes a request and the call's context.
    surround: returns a block that runs all guards, for a request and context.
    """

    def respond(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
        """Yields the method's responses, or ends the call with the status of its error."""
        try:
            with surround(request, context):
                yield from behavior(request, context)
                return
        except _Rejected as rejected:
            status = rejected.status
        # If the caller is gone, there is nobody to send the status to.
        if context.is_active():
            _abort(context, status)

    return respond


def _surround_aio_unary(behavior: Behavior, surround: Surround) -> Behavior:
    """Wraps an asyncio method with one response in guards; sends errors as statuses.

    behavior: the method: takes a request and the call's context.
    surround: returns a block that runs all guards, for a request and context.
    """

    async def respond(request: Message, context: "AioContext") -> Message:
        """Returns the method's response, or ends the call with the status of its error."""
        try:
            with surround(request, context):
                response: Message = await behavior(request, context)
                return response
        except _Rejected as rejected:
            status = rejected.status
        await context.abort(status.code, status.text, status.trailing_metadata())

    return respond


def _surround_aio_stream(behavior: Behavior, surround: Surround) -> Behavior:
    """Wraps an asyncio method with a stream of responses in guards; sends errors as statuses.

    behavior: the method: takes a request and the call's context.
    surround: returns a block that runs all guards, for a request and context.
    """

    async def respond(request: Message, context: "AioContext") -> AsyncIterator[Message]:
        """Yields the method's responses, or ends the call with the status of its error."""
        try:
            with surround(request, context):
                async for response in behavior(request, context):
                    yield response
                return
        except _Rejected as rejected:
            status = rejected.status
        await context.abort(status.code, status.text, status.trailing_metadata())

    return respond


SYNC = Flavor(_sync_activity, _surround_unary, _surround_stream)
ASYNCIO = Flavor(_aio_activity, _surround_aio_unary, _surround_aio_stream)


def _abort(context: grpc.ServicerContext, status: ErrorStatus) -> NoReturn:
    context.set_trailing_metadata(status.trailing_metadata())
    context.abort(status.code, status.text)


def _reject_unread(
    error: ServiceError, path: str, metadata: Mapping[str, str | bytes]
) -> "Handler":
    """Returns a gRPC handler that rejects a call without waiting for its request.

    error: the reason, which becomes the status of the call.
    path: of the method, for the log.
    metadata: that the caller sent, which may contain an id for the call.
    """
    status = error_status(error, call_id=_choose_call_id(metadata))

    async def reject(requests: AsyncIterator[Message], context: "AioContext") -> None:
        """Logs the rejection and ends the call with its status; ignores the requests."""
        with structlog.contextvars.bound_contextvars(call_id=status.metadata["call_id"]):
            log.info("refused", method=_method_name(path), reason=status.reason)
        await context.abort(status.code, status.text, status.trailing_metadata())

    # Of a stream: only its handler starts before a request has arrived.
    return grpc.stream_stream_rpc_method_handler(reject)


def _is_ours(path: str) -> bool:
    return path.startswith("/cyclorama.")


def _method_name(path: str) -> str:
    return path.rpartition("/")[2]


def _read_bearer_token(metadata: Mapping[str, str | bytes]) -> str:
    """Returns the bearer token in a call's metadata; "" if there is none."""
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _choose_call_id(metadata: Mapping[str, str | bytes]) -> str:
    return _read_id(metadata, CALL_ID) or uuid.uuid4().hex[:16]


def _read_id(metadata: Mapping[str, str | bytes], key: str) -> str:
    """Returns an id that the caller sent; "" if it is missing or could forge log lines.

    metadata: of the call, by lower-case key.
    key: of the id.
    """
    value = metadata.get(key, "")
    is_safe = isinstance(value, str) and re.fullmatch(r"[\w-]{1,64}", value, re.ASCII)
    return str(value) if is_safe else ""
