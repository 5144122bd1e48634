"""The side of a call that faces gRPC: whether its caller still waits, and what is sent to it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

from services.runtime.errors import ErrorStatus, ResponseTimeout

if TYPE_CHECKING:
    AioContext = grpc.aio.ServicerContext[Any, Any]

# What the slowest caller takes per second; a response gets this much longer than the timeout.
# Larger: large responses end on slow networks; smaller: callers that stop reading keep them longer.
READ_BYTES_PER_SECOND = 2**17
# Seconds that the status of a caller gets that does not read. Larger: its call ends later.
STATUS_SECONDS = 0.1
# Responses up to this size, an HTTP/2 frame, share a packet with the headers of their call. Larger:
# of slow callers, fewer get the status of their error; smaller: more responses take longer.
SMALL_BYTES = 2**14


class ServedCall:
    """A call that is served, for the event loop and for the thread that runs its method.

    It is also the context of methods that run in a thread, with those methods of
    grpc.ServicerContext that the servicers use.
    """

    def __init__(self, context: "AioContext", stall_timeout: float) -> None:
        """Begins a call, in the event loop.

        context: of gRPC, for the event loop only.
        stall_timeout: seconds after which a caller is given up that reads nothing.
        """
        self.context = context
        self.metadata = dict(context.invocation_metadata() or ())
        # Read here, as gRPC forgets it when the call ends, while its thread may go on.
        self.peer: str = context.peer()
        self._stall_timeout = stall_timeout
        self._loop = asyncio.get_running_loop()
        seconds = context.time_remaining()
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._is_cancelled = self._is_stalled = self._has_begun = False
        # Until when guards count the call as in flight: its end, or that of its response.
        self.at_end: list[Callable[[], None]] = []
        self.has_response = False

    def is_active(self) -> bool:
        """Whether the caller still waits."""
        return not self._is_cancelled

    def time_remaining(self) -> float | None:
        """Returns the seconds until the caller's deadline; None if it has none."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Returns what the caller sent along, as pairs of lower-case keys and values."""
        return tuple(self.metadata.items())

    def cancel(self) -> None:
        """Lets the method find out that its caller no longer waits."""
        self._is_cancelled = True

    def release(self) -> None:
        """Runs what guards left for the end of the call; once is enough. In any thread."""
        while self.at_end:
            self.at_end.pop()()

    def expect_reader(self, response: bytes, on_stall: Callable[[ResponseTimeout], object]) -> None:
        """Ends the call when gRPC has sent its only response, which the handler returns next.

        Ends it as well if the caller does not read.

        on_stall: called with the error before.
        """
        handler = asyncio.current_task()
        assert handler

        def give_up() -> None:
            on_stall(ResponseTimeout(self._stall_timeout))
            handler.cancel()

        timer = self._loop.call_later(self._limit_seconds(response), give_up)

        def end(_: object) -> None:
            timer.cancel()
            self.release()

        handler.add_done_callback(end)

    def _limit_seconds(self, response: bytes) -> float:
        """Returns the seconds within which a caller has to read a response."""
        return self._stall_timeout + len(response) / READ_BYTES_PER_SECOND

    async def send(self, response: bytes) -> None:
        """Sends one of several responses; returns when gRPC passed it on, so that none pile up.

        Raises ResponseTimeout if the caller does not read, and CancelledError if it has gone.
        """
        try:
            if not self._has_begun:
                self._has_begun = True
                if len(response) > SMALL_BYTES:
                    # Otherwise gRPC could not send a status while the response is on its way.
                    await self.context.send_initial_metadata(())
            async with asyncio.timeout(self._limit_seconds(response)):
                await self.context.write(response)
        except TimeoutError:
            self._is_stalled = True
            raise ResponseTimeout(self._stall_timeout) from None
        except Exception as error:
            # The call has ended; gRPC has several errors for that.
            raise asyncio.CancelledError from error

    def send_from_thread(self, response: bytes) -> None:
        """Does the same in another thread than that of the event loop; blocks."""
        if self._is_cancelled:
            raise asyncio.CancelledError
        try:
            asyncio.run_coroutine_threadsafe(self.send(response), self._loop).result()
        except CancelledError as error:
            raise asyncio.CancelledError from error

    async def end(self, status: ErrorStatus) -> NoReturn:
        """Ends the call with the status of its error; raises what ends its handler."""
        if self._is_cancelled:
            raise asyncio.CancelledError
        abort = self.context.abort(status.code, status.text, status.trailing_metadata())
        if not self._is_stalled:
            await abort
        # A caller that does not read gets the status after what it has not read.
        ending = asyncio.ensure_future(abort)
        await asyncio.wait({ending}, timeout=STATUS_SECONDS)
        ending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        raise asyncio.CancelledError
