"""The events of an ad that is being made, as iterators."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Self

from cyclorama.results import Ad, Event


class AdStream(Iterator[Event]):
    """Yields the events of an ad while it is made; `result` returns the ad.

        with cyclorama.Client("127.0.0.1:50050") as client:
            with client.stream_ad("photo.jpg", "on sand") as stream:
                for event in stream:
                    print(event)
            ad = stream.result()

    Leaving the block early, or `close`, cancels the call.
    """

    def __init__(self, values: Generator[Event | Ad, None, None]) -> None:
        """Wraps the values of a call: events, then the ad."""
        self._values = values
        self._ad: Ad | None = None

    def __next__(self) -> Event:
        """Returns the next event; raises CycloramaError when the call fails."""
        value = next(self._values)
        if isinstance(value, Event):
            return value
        self._ad = value
        return next(self)

    def result(self) -> Ad:
        """Waits for the ad and returns it; events that were not read yet are skipped.

        Raises CycloramaError when the call fails, ValueError when it was cancelled.
        """
        for _ in self:
            pass
        return _check_ad(self._ad)

    def close(self) -> None:
        """Cancels the call unless it has ended."""
        self._values.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncAdStream(AsyncIterator[Event]):
    """AdStream for asyncio: `async for event in client.stream_ad(...)`, then `await result()`."""

    def __init__(self, values: AsyncGenerator[Event | Ad, None]) -> None:
        """Wraps the values of a call: events, then the ad."""
        self._values = values
        self._ad: Ad | None = None

    async def __anext__(self) -> Event:
        """Returns the next event; raises CycloramaError when the call fails."""
        value = await anext(self._values)
        if isinstance(value, Event):
            return value
        self._ad = value
        return await anext(self)

    async def result(self) -> Ad:
        """As AdStream.result: waits for the ad and returns it."""
        async for _ in self:
            pass
        return _check_ad(self._ad)

    async def close(self) -> None:
        """As AdStream.close: cancels the call unless it has ended."""
        await self._values.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _check_ad(ad: Ad | None) -> Ad:
    """Returns an ad; raises ValueError when its call was cancelled before."""
    if ad is None:
        raise ValueError("the stream was closed before the ad was there; read it to its end")
    return ad
