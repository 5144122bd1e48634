"""Bounds the bytes of uploads: in temporary files while they arrive, and in memory afterwards."""

import asyncio
from contextlib import ExitStack, closing

from starlette.types import ASGIApp, Receive, Scope, Send

from cyclorama.web.arrivals import ArrivalTable
from cyclorama.web.upload_errors import build_busy_error

# Seconds that an upload waits until there is room. Longer: more uploads succeed under load;
# shorter: browsers are refused sooner.
WAIT_SECONDS = 30.0
# How often a photo is in memory until the gateway has it: its bytes, two messages, and the message
# as it is sent. More: fewer photos at once.
COPIES = 4


class ByteBudget:
    """A number of bytes that reservations share; who finds too few free waits for a while."""

    def __init__(self, limit: int) -> None:
        """Creates a budget of `limit` bytes."""
        self._limit = limit
        self._used = 0
        self._released = asyncio.Event()

    async def reserve(self, size: int) -> "Reservation":
        """Reserves bytes in the order of the calls, though smaller ones may pass.

        One that is larger than the budget waits until it is alone. Raises UploadError, status 503,
        when there is no room within WAIT_SECONDS.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while self._used and self._used + size > self._limit:
                    await self._released.wait()
        except TimeoutError:
            raise build_busy_error() from None
        self._used += size
        return Reservation(self, size)

    def release(self, size: int) -> None:
        """Releases bytes, and wakes those that wait."""
        self._used -= size
        self._released.set()
        self._released = asyncio.Event()


class Reservation:
    """Bytes of a budget, until they are released."""

    def __init__(self, budget: ByteBudget, size: int) -> None:
        """Creates the reservation of bytes that the budget has counted already."""
        self._budget = budget
        self._size = size

    def close(self) -> None:
        """Releases the bytes; without effect when they are released already."""
        self._budget.release(self._size)
        self._size = 0


class Uploads:
    """The budgets of the page's uploads."""

    def __init__(self, max_bytes: int) -> None:
        """Creates the budgets; max_bytes: of temporary files, and again in memory."""
        self.arrivals = ArrivalTable(max_bytes)
        self._memory = ByteBudget(max_bytes)

    async def reserve_memory(self, size: int, scope: Scope) -> Reservation:
        """Reserves memory to send a file to the gateway, at most until the end of the request.

        size: of the file, in bytes. scope: of the request, as ASGI passes it. Raises UploadError,
        status 503, when there is no room.
        """
        reservation = await self._memory.reserve(size * COPIES)
        scope["reservations"].enter_context(closing(reservation))
        return reservation


class ReservationScope:
    """Middleware that releases what a request has reserved, once its response has ended."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with the key `reservations`, an ExitStack, in its scope (ASGI)."""
        with ExitStack() as reservations:
            await self._app({**scope, "reservations": reservations}, receive, send)


def find_address(scope: Scope) -> str:
    """Returns the address that a request comes from; empty when it is not known."""
    client = scope.get("client")
    return client[0] if client else ""
