"""What the blocking client and the asyncio client share: the channel, retries, and responses."""

import math
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message

from cyclorama.checks import check_count, check_timeout
from cyclorama.credentials import ClientCredentials, check_address
from cyclorama.defaults import MAX_RETRIES, REQUEST_SIZE_KEY, TIMEOUT_SECONDS
from cyclorama.errors import CycloramaError, Timeout
from cyclorama.operations import Operation
from cyclorama.responses import FileChunk
from cyclorama.results import Event
from cyclorama.rpc_errors import build_closed_error, error_from_rpc
from cyclorama.tracing import Metadata, trace_client_call

T = TypeVar("T")

# The pause before the second retry is twice that before the first, and so on. Longer pauses than
# MAX_PAUSE_SECONDS, such as until a quota renews, are left to the caller.
BACKOFF, MAX_PAUSE_SECONDS = 2.0, 30.0
# Share by which pauses are longer at random, so that callers who failed together do not return
# together. Larger: they spread further.
JITTER = 0.25
MAX_SEED = 2**31 - 1  # The contract's largest seed.


@dataclass(frozen=True)
class CallOptions:
    """Options of every call of a client.

    timeout: seconds for a whole call, its retries included; math.inf for none. max_retries: how
    often a call is repeated that failed because a server was overloaded or did not answer.
    """

    timeout: float = TIMEOUT_SECONDS
    max_retries: int = MAX_RETRIES

    def __post_init__(self) -> None:
        check_timeout(self.timeout)
        check_count(self.max_retries, "max_retries", 0)

    def change(self, timeout: float | None = None, max_retries: int | None = None) -> "CallOptions":
        """Returns other options; None keeps one as it is."""
        return CallOptions(
            self.timeout if timeout is None else timeout,
            self.max_retries if max_retries is None else max_retries,
        )


class Connection:
    """A channel to a server, which the clients that `with_options` returns share."""

    def __init__(
        self, address: str, credentials: ClientCredentials, channel: Any, grpc_module: Any
    ) -> None:
        """Opens a channel unless there is one.

        address: such as host:port. channel: to use instead, or None. grpc_module: grpc for a
        blocking channel, grpc.aio for an asynchronous one.
        """
        self.address, self.credentials = address, credentials
        if channel is None:
            check_address(address)
            channel = credentials.open_channel(address, grpc_module)
        self.channel = channel
        self.is_closed = False

    def __repr__(self) -> str:
        """Returns the address in quotes, and whether the channel is closed."""
        return f"{self.address!r}{', closed' if self.is_closed else ''}"

    def open_method(self, operation: Operation[T]) -> Callable[..., Any]:
        """Returns the function that sends the call of an operation.

        Raises ClientClosed when the channel is closed.
        """
        if self.is_closed:
            raise build_closed_error()
        method: Callable[..., Any] = getattr(operation.stub(self.channel), operation.method)
        return method

    @contextmanager
    def prepare_call(
        self, operation: Operation[T], timeout: float | None = None
    ) -> Iterator[Metadata]:
        """Yields the gRPC metadata to send with a call: its size, the trace, the token, if any.

        The call is made inside the context: it is traced, and its gRPC error becomes a
        CycloramaError, which names the timeout in seconds.
        """
        try:
            with trace_client_call(operation.method) as trace_metadata:
                # Servers read large requests when they have the memory, if they know of it before.
                size = (REQUEST_SIZE_KEY, str(operation.request.ByteSize()))
                yield (*self.credentials.metadata, *trace_metadata, size)
        except grpc.RpcError as error:
            if self.is_closed:
                raise build_closed_error() from error
            raise error_from_rpc(
                error,
                self.address,
                service=operation.service,
                uses_tls=self.credentials.uses_tls,
                timeout=timeout,
            ) from error


class Tries:
    """The tries of one call: how much time is left, and whether and when it is sent again."""

    def __init__(self, request: Message, options: CallOptions) -> None:
        """Starts the time limit; all tries have one seed, so that they make the same picture."""
        self._options = options
        self._end = time.monotonic() + options.timeout
        self._failed = 0
        if options.max_retries:
            _choose_seed(request)

    @property
    def timeout(self) -> float | None:
        """The time limit of the whole call in seconds; None without one."""
        return None if math.isinf(self._options.timeout) else self._options.timeout

    @property
    def seconds_left(self) -> float | None:
        """The seconds until the time limit, 0 at least; None without one."""
        return None if self.timeout is None else max(0.0, self._end - time.monotonic())

    def next_pause(self, error: CycloramaError) -> float:
        """Returns the seconds to wait before the next try; raises the error when there is none."""
        if self._failed >= self._options.max_retries or not may_succeed_soon(error):
            raise error
        pause = (error.retry_seconds or 0) * BACKOFF**self._failed
        pause *= 1 + JITTER * random.random()
        self._failed += 1
        if self._end - time.monotonic() <= pause:
            raise error
        return pause


class ResponseReader(Generic[T]):
    """Reads the responses of a call: returns its events, and keeps its result."""

    def __init__(self, operation: Operation[T]) -> None:
        self._operation = operation
        self._chunks: list[FileChunk] = []
        self._results: list[T] = []

    def read(self, response: Message) -> Event | None:
        """Converts a response message; returns an Event, and keeps anything else."""
        value = self._operation.read(response)
        if isinstance(value, Event):
            return value
        if isinstance(value, FileChunk):
            self._chunks.append(value)
        else:
            self._results.append(value)
        return None

    @property
    def result(self) -> T:
        """Returns the result; raises CycloramaError when the stream ended without one."""
        if not self._results:
            raise CycloramaError(grpc.StatusCode.INTERNAL, "the response ended without a result")
        join, result = self._operation.join, self._results[-1]
        return join(result, self._chunks) if join and self._chunks else result


def may_succeed_soon(error: CycloramaError) -> bool:
    """Returns whether an equal call is worth a wait: nothing was wrong with it, and time is left.

    A passed deadline is the call's own, or leaves as little to a second try.
    """
    seconds = error.retry_seconds
    return seconds is not None and seconds <= MAX_PAUSE_SECONDS and not isinstance(error, Timeout)


def _choose_seed(request: Any) -> None:
    """Sets the seed of a request that has the field and leaves it to the server."""
    field = request.DESCRIPTOR.fields_by_name.get("seed")
    if field is not None and field.has_presence and not request.HasField("seed"):
        request.seed = secrets.randbelow(MAX_SEED + 1)
