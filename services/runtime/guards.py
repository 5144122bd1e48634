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

from services.runtime.errors import CycloramaError, Failure, failure_of
from services.runtime.metrics import weighed

CALL_ID = "cyclorama-call-id"
JOB_ID = "cyclorama-job-id"

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
    metadata: Mapping[str, str | bytes] = field(default_factory=dict)


Guard = Callable[[Call], AbstractContextManager[None]]


class GuardInterceptor(grpc.ServerInterceptor):
    """Runs the guards around each call of our contract and gives failures their status."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards

    def intercept_service(self, continuation, details):
        handler = continuation(details)
        return _wrap(handler, details.method, self._guards, _is_active, _unary, _stream)


class AioGuardInterceptor(grpc.aio.ServerInterceptor):
    """The same for an asyncio server."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards

    async def intercept_service(self, continuation, details):
        handler = await continuation(details)
        return _wrap(handler, details.method, self._guards, _aio_is_active, _aio_unary, _aio_stream)


@contextmanager
def logged(call: Call) -> Iterator[None]:
    """Binds the call's id to every log line of the call, and writes one line when it ends."""
    job = _id_in(call.metadata, JOB_ID)
    ids = {"call_id": call.id, "method": call.method} | ({"job": job} if job else {})
    structlog.contextvars.bind_contextvars(**ids)
    start = time.perf_counter()

    def lasted() -> int:
        return round((time.perf_counter() - start) * 1000)

    try:
        yield
    except CycloramaError as error:
        log.info("refused", code=error.code.name, reason=error.reason, ms=lasted())
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
        structlog.contextvars.unbind_contextvars(*ids)


def current_call_id() -> str:
    """The id of the call that this code runs for; empty outside a call."""
    return structlog.contextvars.get_contextvars().get("call_id", "")


def outgoing_ids() -> tuple[tuple[str, str], ...]:
    """The metadata that carry the ids of this call, and of its job, to the next service."""
    bound = structlog.contextvars.get_contextvars()
    ids = ((CALL_ID, bound.get("call_id", "")), (JOB_ID, bound.get("job", "")))
    return tuple((key, value) for key, value in ids if value)


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


def _wrap(handler, path: str, guards: Sequence[Guard], active, unary, stream):
    if handler is None or not path.startswith("/cyclorama."):
        return handler

    method = path.rpartition("/")[2]

    @contextmanager
    def guarded(request, context) -> Iterator[None]:
        metadata = dict(context.invocation_metadata() or ())
        id = _id_in(metadata, CALL_ID) or uuid.uuid4().hex[:16]
        call = Call(method, request, id, active(context), context.time_remaining, metadata)
        try:
            with ExitStack() as entered:
                for guard in guards:
                    entered.enter_context(guard(call))
                yield
        except Exception as error:
            raise _Refused(failure_of(error, call_id=call.id)) from error

    if handler.response_streaming:
        wrapped, make = stream(handler.unary_stream, guarded), grpc.unary_stream_rpc_method_handler
    else:
        wrapped, make = unary(handler.unary_unary, guarded), grpc.unary_unary_rpc_method_handler
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


def _abort(context, failure: Failure):
    context.set_trailing_metadata(failure.trailing_metadata())
    context.abort(failure.code, failure.text)


def _id_in(metadata: Mapping[str, str | bytes], key: str) -> str:
    """An id that the caller sent, unless it could spoil the log; else nothing."""
    given = metadata.get(key, "")
    return given if re.fullmatch(r"[\w-]{1,64}", given) else ""
