"""The event loop of servers in processes that have none of their own, such as tests."""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_event_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in the event loop of this process's servers; blocks until it returns.

    One loop for all of them: gRPC passes every event through each loop that knows it.
    """

    async def keep_exit() -> T | SystemExit:
        """Returns a SystemExit in place of raising it, which would end the event loop."""
        try:
            return await coroutine
        except SystemExit as leaving:
            return leaving

    result = asyncio.run_coroutine_threadsafe(keep_exit(), _start_event_loop()).result()
    if isinstance(result, SystemExit):
        raise result
    return result


@cache
def _start_event_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="servers").start()
    return loop
