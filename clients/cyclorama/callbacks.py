"""Calls functions of callers that report progress; those of the asyncio client may be async."""

import inspect
from collections.abc import Callable


async def await_callback(callback: Callable[..., object] | None, *values: object) -> None:
    """Calls a callback if there is one, and awaits it if it is async."""
    answer = callback(*values) if callback else None
    if inspect.isawaitable(answer):
        await answer
