"""Surrounds every call with the same guards, on synchronous and on asyncio servers."""

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

import grpc
import structlog
from google.protobuf.message import Message

from services.runtime.errors import ErrorStatus, InvalidImage, ServiceError, error_status
from services.runtime.metrics import weighed

CALL_ID = "cyclorama-call-id"
JOB_ID = "cyclorama-job-id"
# What log lines say of the call that they belong to.
FACTS = ("call_id", "method", "caller", "job")

log = structlog.get_logger()


@dataclass(frozen=True)
class Call:
    """One call as the guards see it.

    is_active: whether the caller still waits. seconds_left: until its deadline; without one, None
    or ages. metadata: what came with it, by lower-case key.
    """

    method: str
    request: Message
    id: str
    is_active: Callable[[], bool]
    seconds_left: Callable[[], float | None]
    metadata: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)

    @property
    def bearer(self) -> str:
        """The token that came with it, or nothing."""
        return _bearer(self.metadata)


Guard = Callable[[Call], AbstractContextManager[None]]
# Told the method and the token of a call; raises ServiceError to refuse it unread.
Gate = Callable[[str, str], object]


class GuardInterceptor(grpc.ServerInterceptor):
    """Runs the guards around each call of our contract and gives failures their status."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        self._guarded: dict[str, grpc.RpcMethodHandler] = {}

    def intercept_service(self, continuation, details):
        path = details.method
        if path not in self._guarded:
            handler = continuation(details)
            # Only methods that are there: callers could fill the memory with names of others.
            if handler is None:
                return None
            self._guarded[path] = _wrap(handler, path, self._guards, _is_active, _unary, _stream)
        return self._guarded[path]


class AioGuardInterceptor(grpc.aio.ServerInterceptor):
    """The same for an asyncio server."""

    def __init__(self, guards: Sequence[Guard], gate: Gate | None = None) -> None:
        self._guards = guards
        self._gate = gate
        self._guarded: dict[str, grpc.RpcMethodHandler] = {}

    async def intercept_service(self, continuation, details):
        path = details.method
        if path not in self._guarded:
            handler = await continuation(details)
            if handler is None:
                return None
            ways = _aio_is_active, _aio_unary, _aio_stream
            self._guarded[path] = _wrap(handler, path, self._guards, *ways)
        if self._gate and _is_ours(path):
            try:
                self._gate(_method(path), _bearer(details.invocation_metadata))
            except ServiceError as error:
                return _unread(error, details)
        return self._guarded[path]


@contextmanager
def logged(call: Call) -> Iterator[None]:
    """Binds the call's id to every log line of the call, and writes one line when it ends.

    What other guards bind as FACTS is in that line too.
    """
    job = _id_in(call.metadata, JOB_ID)
    ids = {"call_id": call.id, "method": call.method} | ({"job": job} if job else {})
    structlog.contextvars.bind_contextvars(**ids)
    start = time.perf_counter()

    def lasted() -> int:
        return round((time.perf_counter() - start) * 1000)

    try:
        yield
    except ServiceError as error:
        # Why a picture was damaged in the eyes of its decoder; other causes may hold secrets.
        told = isinstance(error, InvalidImage) and error.__cause__
        cause = {"cause": repr(error.__cause__)} if told else {}
        log.info("refused", code=error.code.name, reason=error.reason, ms=lasted(), **cause)
        raise
    except (GeneratorExit, asyncio.CancelledError):
        log.info("cancelled", ms=lasted())
        raise
    except Exception:
        log.exception("failed", ms=lasted())
        raise
    else:
        log.info("done", ms=lasted())
    finally:
        # Not by tokens: a stream that is given up is closed in another context.
        structlog.contextvars.unbind_contextvars(*FACTS)


def current_call_id() -> str:
    """The id of the call that this code runs for; empty outside a call."""
    return structlog.contextvars.get_contextvars().get("call_id", "")


def outgoing_ids() -> tuple[tuple[str, str], ...]:
    """The metadata that carry the ids of this call, and of its job, to the next service."""
    bound = structlog.contextvars.get_contextvars()
    ids = ((CALL_ID, bound.get("call_id", "")), (JOB_ID, bound.get("job", "")))
    return tuple((key, value) for key, value in ids if value)


class _Refused(Exception):
    def __init__(self, failure: ErrorStatus) -> None:
        self.failure = failure


def _wrap(handler, path: str, guards: Sequence[Guard], active, unary, stream):
    if not _is_ours(path):
        return handler

    @contextmanager
    def guarded(request, context) -> Iterator[None]:
        metadata = dict(context.invocation_metadata() or ())
        left = context.time_remaining
        call = Call(_method(path), request, _call_id(metadata), active(context), left, metadata)
        try:
            with ExitStack() as entered:
                for guard in guards:
                    entered.enter_context(guard(call))
                yield
        except Exception as error:
            raise _Refused(error_status(error, call_id=call.id)) from error

    if handler.response_streaming:
        wrapped, make = stream(handler.unary_stream, guarded), grpc.unary_stream_rpc_method_handler
    else:
        wrapped, make = unary(handler.unary_unary, guarded), grpc.unary_unary_rpc_method_handler
    method = _method(path)
    read = weighed(handler.request_deserializer, method, "in")
    return make(wrapped, read, weighed(handler.response_serializer, method, "out"))


def _is_active(context) -> Callable[[], bool]:
    return context.is_active


def _aio_is_active(context) -> Callable[[], bool]:
    return lambda: not context.cancelled()


def _unary(behaviour, guarded):
    def run(request, context):
        try:
            with guarded(request, context):
                return behaviour(request, context)
        except _Refused as refused:
            failure = refused.failure
        # Not in the handler above: abort() raises a bare Exception of its own.
        return _abort(context, failure)

    return run


def _stream(behaviour, guarded):
    def run(request, context):
        try:
            with guarded(request, context):
                yield from behaviour(request, context)
                return
        except _Refused as refused:
            failure = refused.failure
        # Whoever has left cannot be told, and the end of a stream that was given up is nobody's.
        if context.is_active():
            _abort(context, failure)

    return run


def _aio_unary(behaviour, guarded):
    async def run(request, context):
        try:
            with guarded(request, context):
                return await behaviour(request, context)
        except _Refused as refused:
            failure = refused.failure
        return await context.abort(failure.code, failure.text, failure.trailing_metadata())

    return run


def _aio_stream(behaviour, guarded):
    async def run(request, context):
        try:
            with guarded(request, context):
                async for response in behaviour(request, context):
                    yield response
                return
        except _Refused as refused:
            failure = refused.failure
        await context.abort(failure.code, failure.text, failure.trailing_metadata())

    return run


def _abort(context, failure: ErrorStatus):
    context.set_trailing_metadata(failure.trailing_metadata())
    context.abort(failure.code, failure.text)


def _unread(error: ServiceError, details) -> grpc.RpcMethodHandler:
    """A handler that refuses: as one of a stream it never waits for the request."""
    failure = error_status(error, call_id=_call_id(details.invocation_metadata))

    async def refuse(_requests, context):
        with structlog.contextvars.bound_contextvars(call_id=failure.metadata["call_id"]):
            log.info("refused", method=_method(details.method), reason=failure.reason)
        await context.abort(failure.code, failure.text, failure.trailing_metadata())

    return grpc.stream_stream_rpc_method_handler(refuse)


def _is_ours(path: str) -> bool:
    return path.startswith("/cyclorama.")


def _method(path: str) -> str:
    return path.rpartition("/")[2]


def _bearer(metadata) -> str:
    scheme, _, token = str(dict(metadata or ()).get("authorization", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _call_id(metadata) -> str:
    return _id_in(dict(metadata or ()), CALL_ID) or uuid.uuid4().hex[:16]


def _id_in(metadata: Mapping[str, str | bytes], key: str) -> str:
    """An id that the caller sent, unless it could spoil the log; else nothing."""
    given = metadata.get(key, "")
    return given if re.fullmatch(r"[\w-]{1,64}", given, re.ASCII) else ""
