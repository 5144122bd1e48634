"""Work in steps: generators that yield after each step, and return a result."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

_Step = TypeVar("_Step")
_Shown = TypeVar("_Shown")
_Result = TypeVar("_Result")


def finish_steps(steps: Generator[object, None, _Result]) -> _Result:
    """Takes all of some steps, and returns what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result


def convert_steps(
    steps: Generator[_Step, None, _Result],
    convert: Callable[[_Step], _Shown],
    enter: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Generator[_Shown, None, _Result]:
    """Takes some steps, yields what each is converted to, and returns what they return.

    enter: returns the context that each step is taken in, which is left before the yield.
    """
    while True:
        try:
            with enter():
                step = next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        yield convert(step)


def take_steps_within(
    enter: Callable[[], AbstractContextManager[None]], steps: Generator[_Step, None, _Result]
) -> Generator[_Step, None, _Result]:
    """Takes each of some steps within a context, and yields it after that has ended.

    Returns what they return.
    """
    return (yield from convert_steps(steps, lambda step: step, enter))
