"""Checks requests against declarative field rules and names every wrong field at once."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.runtime.errors import InvalidRequest, Violation
from services.runtime.guards.interceptor import Call


@dataclass(frozen=True)
class Rule:
    """What one field must hold: `broken` gives the words for what is wrong, or nothing.

    allowed: its bounds in words, for the page that lists all limits.
    """

    field: str
    broken: Callable[[object], str | None]
    required: bool = False
    allowed: str = ""


# More would not fit into what a status may carry.
MOST_TOLD = 16

Rules = Mapping[type[Message], Sequence[Rule]]


class Validation:
    """A guard that refuses requests which break the rules of their message types."""

    def __init__(self, rules: Rules) -> None:
        self._rules = {message.DESCRIPTOR.full_name: each for message, each in rules.items()}

    @contextmanager
    def __call__(self, call: Call) -> Iterator[None]:
        violations = tuple(islice(self._violations(call.request, ""), MOST_TOLD))
        if violations:
            raise InvalidRequest(*violations)
        yield

    def _violations(self, message: Message, path: str) -> Iterator[Violation]:
        for rule in self._rules.get(message.DESCRIPTOR.full_name, ()):
            text = _broken(rule, message)
            if text:
                yield Violation(f"{path}{rule.field}", text)
        for field, value in message.ListFields():
            yield from _unknown_enums(field, value, path)
            if field.message_type and not field.message_type.GetOptions().map_entry:
                for child, step in _children(field, value):
                    yield from self._violations(child, f"{path}{step}.")


def between(field: str, low: float, high: float) -> Rule:
    """A number that is set must lie within the bounds, both included."""

    def broken(value: float) -> str | None:
        inside = math.isfinite(value) and low <= value <= high
        return None if inside else f"is {value:.10g}; send {low:.10g} to {high:.10g}"

    return Rule(field, broken, allowed=f"{_plain(low)} to {_plain(high)}")


def at_most(field: str, characters: int, *, needed: bool = False) -> Rule:
    """A text must have no more characters than this."""

    def broken(value: str) -> str | None:
        fits = len(value) <= characters
        return None if fits else f"has {len(value)} characters; send at most {characters}"

    return Rule(field, broken, required=needed, allowed=f"at most {characters:,} characters")


def at_least(field: str, low: int, allowed: str) -> Rule:
    """A whole number that is set must not be lower than this; allowed: the bound in words."""

    def broken(value: int) -> str | None:
        return None if value >= low else f"is {value}; send {low} or more"

    return Rule(field, broken, allowed=allowed)


def present(field: str) -> Rule:
    """A number of which 0 is as good a value as any must be set."""
    return Rule(field, lambda _: None, required=True, allowed="any number")


def few(field: str, most: int) -> Rule:
    """A list must have no more elements than this."""

    def broken(value: Sequence) -> str | None:
        return None if len(value) <= most else f"holds {len(value)}; send at most {most}"

    return Rule(field, broken, allowed=f"at most {most:,}")


def _plain(number: float) -> str:
    return f"{number:,}" if number % 1 else f"{int(number):,}"


def _broken(rule: Rule, message: Message) -> str | None:
    value = getattr(message, rule.field)
    blank = isinstance(value, str) and not value.strip()
    if not _is_set(message, rule.field) or (blank and rule.required):
        return "is required" if rule.required else None
    return rule.broken(value)


def _is_set(message: Message, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence:
        return message.HasField(name)
    return bool(getattr(message, name))


def _children(field: FieldDescriptor, value) -> Iterator[tuple[Message, str]]:
    if field.is_repeated:
        yield from ((child, f"{field.name}[{at}]") for at, child in enumerate(value))
    else:
        yield value, field.name


def _unknown_enums(field: FieldDescriptor, value, path: str) -> Iterator[Violation]:
    if field.enum_type is None:
        return
    known = field.enum_type.values_by_number
    for number in value if field.is_repeated else [value]:
        if number not in known:
            yield Violation(f"{path}{field.name}", f"{number} is not a {field.enum_type.name}")
