"""The event loop of servers: its implementation, and one for processes without, such as tests."""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

# gRPC passes several events per call through the loop, which uvloop does in compiled code. It does
# not run on Windows.
try:
    import uvloop
except ModuleNotFoundError:
    uvloop = None  # type: ignore[assignment]

T = TypeVar("T")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Returns a new event loop: the fastest that runs on this platform."""
    return uvloop.new_event_loop() if uvloop else asyncio.new_event_loop()


def run_as_process(main: Coroutine[Any, Any, T]) -> T:
    """Runs the coroutine of a process in an event loop of its own; blocks until it returns."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


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
    loop = new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="servers").start()
    return loop
