"""Lets help() and notebooks list the keyword arguments that a TypedDict describes."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

MethodT = TypeVar("MethodT", bound=Callable[..., Any])


def list_keywords(method: MethodT) -> MethodT:
    """Returns a method whose signature has each keyword argument in place of `**arguments`.

    method: with `**arguments: Unpack[...]` of a TypedDict, none of which is required.
    """
    signature = inspect.signature(method)
    *parameters, variable = signature.parameters.values()
    (typed_dict,) = get_args(variable.annotation)
    keywords = [
        # The ellipsis stands for what the server does without the argument.
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=..., annotation=hint)
        for name, hint in typed_dict.__annotations__.items()
    ]
    expanded = signature.replace(parameters=[*parameters, *keywords])
    method.__signature__ = expanded  # type: ignore[attr-defined]
    return method
