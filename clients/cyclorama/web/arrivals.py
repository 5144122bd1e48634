"""Bounds the bytes of uploads while they arrive, in temporary files.

What has arrived counts, not what is announced: a slow upload takes no room that it does not fill.
"""

import asyncio
from collections import Counter

from starlette.types import Message, Receive

from cyclorama.web.upload_errors import build_busy_error

# Bytes up to which an upload gives way only when there are no larger ones. Larger: larger photos
# arrive however busy the page is.
SMALL_BYTES = 2**20


class Arrival:
    """An upload that arrives. Its bytes count until it is closed."""

    def __init__(self, table: "ArrivalTable", address: str) -> None:
        """Creates the upload of an address, of which nothing has arrived."""
        loop = asyncio.get_running_loop()
        self.address = address
        self.size = 0
        self.is_complete = False
        self._table = table
        self._started = loop.time()
        self._gave_way = loop.create_future()

    @property
    def rate(self) -> float:
        """Bytes a second so far; those of the first second count as in a whole one."""
        return self.size / (1 + asyncio.get_running_loop().time() - self._started)

    async def receive(self, receive: Receive) -> Message:
        """Receives the next part of the body.

        Raises UploadError, status 503, when the upload has to give way to others.
        """
        part = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((part, self._gave_way), return_when=asyncio.FIRST_COMPLETED)
            if not self._gave_way.done():
                message = part.result()
                self.is_complete = not message.get("more_body", False)
                self._table.add(self, len(message.get("body", b"")))
            if self._gave_way.done():
                raise build_busy_error()
            return message
        finally:
            part.cancel()

    def give_way(self) -> None:
        """Ends the upload in favor of others."""
        self._gave_way.set_result(None)
        self.close()

    def close(self) -> None:
        """Releases the bytes of the upload."""
        self._table.remove(self)


class ArrivalTable:
    """The uploads that arrive or have arrived, with at most so many bytes together."""

    def __init__(self, limit: int) -> None:
        """Creates an empty table; limit: in bytes."""
        self._limit = limit
        self._arrivals = set[Arrival]()

    def begin(self, address: str) -> Arrival:
        """Adds an upload of an address."""
        arrival = Arrival(self, address)
        self._arrivals.add(arrival)
        return arrival

    def add(self, arrival: Arrival, size: int) -> None:
        """Counts bytes that have arrived; where there are too many, other uploads give way."""
        arrival.size += size
        while sum(each.size for each in self._arrivals) > self._limit:
            slowest = self._choose_slowest()
            if slowest is None:
                break
            slowest.give_way()

    def remove(self, arrival: Arrival) -> None:
        """Removes an upload and its bytes; without effect when it is removed already."""
        self._arrivals.discard(arrival)

    def _choose_slowest(self) -> Arrival | None:
        """Returns the slowest upload of the address with most bytes; None if all are complete.

        Small ones are spared while there are others.
        """
        by_address = Counter[str]()
        for each in self._arrivals:
            by_address[each.address] += each.size
        unfinished = [each for each in self._arrivals if not each.is_complete]
        candidates = [each for each in unfinished if each.size > SMALL_BYTES] or unfinished
        return min(
            candidates, key=lambda each: (-by_address[each.address], each.rate), default=None
        )
