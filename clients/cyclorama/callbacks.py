"""Functions of callers that report progress; those of the asyncio client may be async."""

import inspect
from collections.abc import Callable


def check_callback(callback: object, name: str, *, may_be_async: bool = False) -> None:
    """Raises TypeError when a callback cannot be called, or is async and would not be awaited.

    callback: None for none. name: of the argument, which errors start with.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"{name}: is {callback!r}; pass a function")
    if not may_be_async and inspect.iscoroutinefunction(callback):
        raise TypeError(f"{name}: is async; call AsyncClient, or pass a plain function")


async def await_callback(callback: Callable[..., object] | None, *values: object) -> None:
    """Calls a callback if there is one, and awaits it if it is async."""
    answer = callback(*values) if callback else None
    if inspect.isawaitable(answer):
        await answer
