"""Reads the bodies of requests: within a time, a few at once, and within a budget of memory.

- A few bodies are read at a time, the newest call's first; of large ones, connections take turns.
  One that has not arrived after HOLD_SECONDS is refused if others wait (UPLOAD_REFUSED), and after
  `body_timeout_seconds` in any case (REQUEST_TIMEOUT).
- A call whose turn does not come within WAIT_SECONDS is read all the same, for a moment: what
  has arrived by then is served. So calls that never send their request do not delay others, however
  many there are, and small requests never wait for large ones.
- While many wait, a connection with some of them gets further calls refused at once.
- Methods without images, those with images, and large requests that announce their size take turns
  of their own.
- Requests beyond SMALL_BYTES share a budget of memory until their call ends, in which each counts
  as often as the process copies it. Those that announce their size (SIZE_KEY) wait for it before
  they are read, however long, and none is refused for it: connections get it in turn, so that none
  starves others. One that is larger than announced is refused. Others wait with their turn to read.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from services.runtime.errors import MalformedRequest, RequestTimeout, UploadRefused
from services.runtime.guards.turns import FairLimit, NewestFirstLimit, Turn
from services.runtime.metrics import REQUEST_BYTES_HELD, REQUESTS_WAITING
from services.runtime.settings import ServerSettings

if TYPE_CHECKING:
    import grpc

    AioContext = grpc.aio.ServicerContext[Any, Any]

# The metadata key by which clients announce the size of a large request in bytes.
SIZE_KEY = "cyclorama-request-bytes"
# Requests up to this size never wait for memory: a photo from the web, an ad of 512 px. Larger:
# more memory beyond the budget, as many times as calls may be in flight; smaller: more of them wait
# for large ones.
SMALL_BYTES = 2**20
# A request exists as often: what gRPC received, the message, and the bytes that are decoded.
# Larger: fewer large requests in flight, and less memory.
COPIES = 3
# Of the process's memory, for bodies that are read, all as large as may be, and for the requests in
# flight. Larger: fewer calls wait; smaller: more memory for decoded images.
READING_SHARE, BUDGET_SHARE = 0.5, 0.25
# Of each kind of request, however little or much memory there is. Fewer at least: one stalled body
# is noticed; more at most: more tasks for the event loop.
MIN_READERS, MAX_READERS = 2, 32
# Seconds that a body may take to arrive while others wait, and bytes per second on top for one
# that announces its size. Larger: slower networks get through a busy process; smaller: slow calls
# delay each other for less.
HOLD_SECONDS, ANNOUNCED_BYTES_PER_SECOND = 0.4, 8 * 2**20
# Of an announced request where nothing else waits, beyond `body_timeout_seconds`. Larger: slow
# networks cannot send large photos; smaller: requests that do not arrive keep memory longer.
SLOWEST_BYTES_PER_SECOND = 2**17
# Seconds that a call waits for its turn, longer than that of others lasts; and that it is read
# without one. Larger: more slow networks get through; smaller: calls are answered faster, and less
# arrives meanwhile, which only the network bounds.
WAIT_SECONDS, GLANCE_SECONDS = 0.5, 0.1
# Calls of one kind that wait for their turn, and calls of one connection among them; beyond both,
# calls are refused at once, which takes half the time of reading them in vain. Larger: a flood of
# calls that send nothing occupies the event loop longer; smaller: bursts of good calls are refused.
MAX_WAITING, MAX_WAITING_OF_PEER = 64, 8
# Of the event loop, from the start of a read to its end if the message is there.
ROUNDS = 6


class RequestKind(Enum):
    """Requests that wait for each other, and for no others."""

    TEXT = "without images"
    IMAGES = "with images"
    ANNOUNCED = "large"


@dataclass
class Body:
    """A request as it arrived, and its turn in the budget of memory: None for a small one."""

    data: bytes
    budget: Turn | None = field(default=None, repr=False)


class RequestReader:
    """Reads the bodies of requests for the calls of one event loop."""

    def __init__(self, settings: ServerSettings) -> None:
        """Divides the memory of the process.

        settings: memory_bytes, max_message_mib and body_timeout_seconds.
        """
        self._timeout = settings.body_timeout_seconds
        self._max_bytes = settings.max_message_mib * 2**20
        reading = settings.memory_bytes * READING_SHARE / len(RequestKind)
        readers = min(max(round(reading / self._max_bytes), MIN_READERS), MAX_READERS)
        self._readers: dict[RequestKind, NewestFirstLimit] = {
            RequestKind.TEXT: NewestFirstLimit(readers),
            RequestKind.IMAGES: NewestFirstLimit(readers),
            RequestKind.ANNOUNCED: FairLimit(readers),
        }
        self._budget = FairLimit(round(settings.memory_bytes * BUDGET_SHARE))
        REQUEST_BYTES_HELD.set_function(lambda: self._budget.in_use)
        REQUESTS_WAITING.set_function(lambda: self._budget.waiting)
        # Calls of each connection that are waiting or read.
        self._unread: Counter[str] = Counter()

    async def read(
        self,
        context: "AioContext",
        metadata: Mapping[str, str | bytes],
        peer: str,
        *,
        has_images: bool,
    ) -> Body:
        """Returns the body of a call, which has to be released when the call has ended.

        Raises UploadRefused if it takes too long while others wait, RequestTimeout if it takes too
        long in any case, and MalformedRequest if the caller ends the stream without sending it.

        metadata: may announce its size.
        peer: the connection, such as "ipv4:127.0.0.1:40000".
        has_images: whether messages of its type can contain images.
        """
        announced = min(_read_announced_size(metadata), self._max_bytes)
        body = Body(b"")
        self._unread[peer] += 1
        try:
            if announced > SMALL_BYTES:
                await self._read_announced(context, announced, body, peer)
            else:
                readers = self._readers[RequestKind.IMAGES if has_images else RequestKind.TEXT]
                self._refuse_flood(readers, peer)
                await self._read_in_turn(context, readers, body, peer)
        except BaseException:
            self.release(body)
            raise
        finally:
            self._unread[peer] -= 1
            if not self._unread[peer]:
                del self._unread[peer]
        return body

    def release(self, body: Body) -> None:
        """Drops a request and takes it out of the budget; once is enough."""
        body.data = b""
        if body.budget:
            self._budget.release(body.budget)
            body.budget = None

    def _refuse_flood(self, readers: NewestFirstLimit, peer: str) -> None:
        """Raises UploadRefused if many calls wait, and some of them are of the same connection."""
        # All connections of a Unix socket have one name.
        is_many = self._unread[peer] > MAX_WAITING_OF_PEER and not peer.startswith("unix:")
        if is_many and readers.waiting >= MAX_WAITING:
            raise UploadRefused()

    async def _read_announced(
        self, context: "AioContext", size: int, body: Body, peer: str
    ) -> None:
        """Waits for the budget and for a turn, then reads a request of some bytes."""
        hold_seconds = HOLD_SECONDS + size / ANNOUNCED_BYTES_PER_SECOND
        readers = self._readers[RequestKind.ANNOUNCED]
        # Without a limit of time, there is always a turn.
        body.budget = await self._budget.acquire(size * COPIES, hold_seconds, peer=peer)
        turn = await readers.acquire(1, hold_seconds, peer=peer)
        assert body.budget and turn
        try:
            timeout = self._timeout + size / SLOWEST_BYTES_PER_SECOND
            body.data = await self._receive(context, timeout, [turn, body.budget])
            if len(body.data) > size:
                raise MalformedRequest(
                    f"the request has {len(body.data):,} bytes and {SIZE_KEY} announced {size:,}; "
                    "announce its size, or nothing"
                )
            self._budget.keep(body.budget, len(body.data) * COPIES)
        finally:
            readers.release(turn)

    async def _read_in_turn(
        self, context: "AioContext", readers: NewestFirstLimit, body: Body, peer: str
    ) -> None:
        """Reads a request of unknown size in its turn, or what arrives in a moment without one."""
        # In a flood, turns come too late for most.
        wait_seconds = WAIT_SECONDS if readers.waiting < MAX_WAITING else 0
        turn = await readers.acquire(1, HOLD_SECONDS, wait_seconds)
        try:
            turns, timeout = ([turn], self._timeout) if turn else ([], GLANCE_SECONDS)
            body.data = await self._receive(context, timeout, turns)
            if len(body.data) > SMALL_BYTES:
                body.budget = await self._wait_for_budget(len(body.data) * COPIES, turn, peer)
        finally:
            if turn:
                readers.release(turn)

    async def _receive(self, context: "AioContext", timeout: float, turns: Sequence[Turn]) -> bytes:
        """Returns the first message of a call; raises UploadRefused if a turn is refused.

        turns: without any, running out of time is a refusal.
        """
        # In a task that is never cancelled: gRPC writes into its memory when the message arrives.
        receiving = asyncio.ensure_future(context.read())
        receiving.add_done_callback(_ignore_error)
        ends: list[asyncio.Future[Any]] = [receiving, *(turn.refused for turn in turns)]
        done, _ = await asyncio.wait(ends, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(ROUNDS):
            if receiving.done():
                break
            # What has arrived may wait for a busy event loop.
            await asyncio.sleep(0)
        if receiving.done():
            data = receiving.result()
            if isinstance(data, bytes):
                return data
            raise MalformedRequest("the stream ended without a request; send one message")
        raise UploadRefused() if done or not turns else RequestTimeout(self._timeout)

    async def _wait_for_budget(self, amount: int, turn: Turn | None, peer: str) -> Turn:
        """Returns a part of the budget; raises UploadRefused if its turn to read ends before.

        turn: to read; without one, the budget has to be free now.
        """
        if budget := self._budget.acquire_now(amount, peer=peer):
            return budget
        if not turn:
            raise UploadRefused()
        waiting = asyncio.ensure_future(self._budget.acquire(amount, peer=peer))
        try:
            ends: list[asyncio.Future[Any]] = [waiting, turn.refused]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise UploadRefused()
        except BaseException:
            if not waiting.cancel() and (budget := waiting.result()):
                self._budget.release(budget)
            raise
        budget = waiting.result()
        assert budget
        return budget


def _read_announced_size(metadata: Mapping[str, str | bytes]) -> int:
    """Returns the size in bytes that a caller announced; 0 if it did not."""
    value = metadata.get(SIZE_KEY, "")
    # Ten digits: more than any message may have.
    is_number = isinstance(value, str) and value.isascii() and value.isdigit()
    return int(value) if is_number and len(value) <= 10 else 0


def _ignore_error(receiving: "asyncio.Future[Any]") -> None:
    """Takes note of the error of a call that ended before its message arrived."""
    if not receiving.cancelled():
        receiving.exception()
