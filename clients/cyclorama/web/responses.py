"""Responses of the page: results of gateway calls, whole files, and streams."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from cyclorama.web.archive import split_bytes

T = TypeVar("T")


async def await_for_browser(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Returns the result of a gateway call, which is cancelled when the browser disconnects.

    request: whose body has been read. Raises ClientDisconnect then.
    """

    async def watch() -> None:
        """Returns when the browser has disconnected."""
        while (await request.receive())["type"] != "http.disconnect":
            pass

    call, disconnect = asyncio.ensure_future(work), asyncio.ensure_future(watch())
    try:
        await asyncio.wait((call, disconnect), return_when=asyncio.FIRST_COMPLETED)
        if not call.done():
            raise ClientDisconnect
        return call.result()
    finally:
        call.cancel()
        disconnect.cancel()
        await asyncio.gather(call, disconnect, return_exceptions=True)


def send_bytes(data: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """Returns a response of a whole file, of which little waits for a slow browser at a time."""

    async def write_parts() -> AsyncIterator[memoryview]:
        """Yields the file in parts."""
        for part in split_bytes(data):
            yield part

    headers = {**(headers or {}), "content-length": str(len(data))}
    return StreamingResponse(write_parts(), media_type=media_type, headers=headers)


def stream_json_lines(objects: AsyncGenerator[dict[str, Any], None]) -> Response:
    """Returns a response that streams objects as lines of JSON, each as soon as it is generated.

    objects: a generator, which is closed when the browser disconnects.
    """

    async def write_lines() -> AsyncIterator[str]:
        async with aclosing(objects):
            async for json_object in objects:
                yield json.dumps(json_object) + "\n"

    return StreamingResponse(write_lines(), media_type="application/x-ndjson")


def stream_download(parts: AsyncIterable[memoryview], name: str) -> Response:
    """Returns a response that streams the parts of a zip, which a browser saves under a name."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(parts, media_type="application/zip", headers=headers)
