"""Validates requests against declarative field rules and reports every invalid field at once."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.runtime.errors import InvalidRequest, Violation
from services.runtime.guards.guarded_call import GuardedCall


@dataclass(frozen=True)
class FieldRule:
    """A rule for one field of a message type.

    find_fault: takes the field's value, of the field's own type, and returns what is wrong with
    it; None if it is valid. required: whether the field must be set. allowed: the bounds in words,
    for the reference page of all limits.
    """

    field: str
    find_fault: Callable[[Any], str | None]
    required: bool = False
    allowed: str = ""


FieldRules = Mapping[type[Message], Sequence[FieldRule]]
"""The rules of message types, which apply wherever a message of that type is nested."""

# Violations in one error. A status travels in HTTP/2 trailers, for which gRPC allows 8 KiB.
MAX_VIOLATIONS = 16


class RequestValidator:
    """Rejects requests that break the rules of their message types."""

    def __init__(self, rules: FieldRules) -> None:
        """Stores the rules by the full name of their message type, such as "cyclorama.v1.Scene".

        rules: by message class.
        """
        self._rules = {
            message.DESCRIPTOR.full_name: field_rules for message, field_rules in rules.items()
        }

    def __call__(self, call: GuardedCall) -> None:
        """Raises InvalidRequest if a call's request breaks rules of fields.

        The error lists the first MAX_VIOLATIONS violations.
        """
        violations = tuple(islice(self._find_violations(call.request, ""), MAX_VIOLATIONS))
        if violations:
            raise InvalidRequest(*violations)

    def _find_violations(self, message: Message, path: str) -> Iterator[Violation]:
        """Yields every violation in a message and in the messages within it.

        path: of the message in the request, empty or ending with a dot, such as "options.".
        """
        for rule in self._rules.get(message.DESCRIPTOR.full_name, ()):
            fault = _apply_rule(rule, message)
            if fault:
                yield Violation(f"{path}{rule.field}", fault)
        for field, value in message.ListFields():
            yield from _find_unknown_enums(field, value, path)
            if has_child_messages(field):
                for child, child_path in _list_children(field, value):
                    yield from self._find_violations(child, f"{path}{child_path}.")


def limit_range(field: str, low: float, high: float) -> FieldRule:
    """Returns a rule that a number must lie between two bounds, both included.

    field: its name in the message.
    """

    def find_fault(value: float) -> str | None:
        is_inside = math.isfinite(value) and low <= value <= high
        return None if is_inside else f"is {value:.10g}; send {low:.10g} to {high:.10g}"

    return FieldRule(field, find_fault, allowed=f"{_format_bound(low)} to {_format_bound(high)}")


def limit_length(field: str, characters: int, *, required: bool = False) -> FieldRule:
    """Returns a rule that a text must not have more than some number of characters.

    field: its name in the message.
    required: whether it must be set and not blank.
    """

    def find_fault(value: str) -> str | None:
        fits = len(value) <= characters
        return None if fits else f"has {len(value)} characters; send at most {characters}"

    return FieldRule(
        field, find_fault, required=required, allowed=f"at most {characters:,} characters"
    )


def limit_name(field: str, characters: int, *, required: bool = False) -> FieldRule:
    """Returns a rule for a name: limit_length, without line breaks and control characters.

    Names are repeated in errors, logs and records. field, required: as of limit_length.
    """
    length = limit_length(field, characters, required=required)

    def find_fault(value: str) -> str | None:
        if not value.isprintable():
            return "has characters that cannot be printed; send a name without them"
        return length.find_fault(value)

    return replace(
        length, find_fault=find_fault, allowed=f"at most {characters:,} printable characters"
    )


def limit_minimum(field: str, low: int, allowed: str) -> FieldRule:
    """Returns a rule that an integer must not be below `low`.

    field: its name in the message.
    allowed: the bound in words, for the documentation.
    """

    def find_fault(value: int) -> str | None:
        return None if value >= low else f"is {value}; send {low} or more"

    return FieldRule(field, find_fault, allowed=allowed)


def limit_count(field: str, most: int) -> FieldRule:
    """Returns a rule that a list must not have more than `most` elements.

    field: its name in the message.
    """

    def find_fault(value: Sequence[object]) -> str | None:
        return None if len(value) <= most else f"contains {len(value)}; send at most {most}"

    return FieldRule(field, find_fault, allowed=f"at most {most:,}")


def require_number(field: str) -> FieldRule:
    """Returns a rule that a number must be set, as its default of 0 would be ambiguous."""
    return FieldRule(field, lambda _: None, required=True, allowed="any number")


def _format_bound(number: float) -> str:
    return f"{number:,}" if number % 1 else f"{int(number):,}"


def _apply_rule(rule: FieldRule, message: Message) -> str | None:
    """Returns what is wrong with the field of a rule in a message, in words; None if nothing is.

    A field that is not set is wrong only if the rule requires it.
    """
    value = getattr(message, rule.field)
    is_blank = isinstance(value, str) and not value.strip()
    if not _is_set(message, rule.field) or (is_blank and rule.required):
        return "is required" if rule.required else None
    return rule.find_fault(value)


def _is_set(message: Message, name: str) -> bool:
    """Whether a field of a message is set.

    For a field whose presence protobuf does not track: whether it differs from its default.

    name: of the field.
    """
    if _has_presence(message.DESCRIPTOR, name):
        return message.HasField(name)
    return bool(getattr(message, name))


@cache
def _has_presence(descriptor: Descriptor, name: str) -> bool:
    """Whether protobuf tracks if a field is set. name: of the field."""
    return descriptor.fields_by_name[name].has_presence


# Cached, as each call asks for each of its fields, and an answer takes microseconds.
@cache
def has_child_messages(field: FieldDescriptor) -> bool:
    """Whether a field contains messages that are checked; those in maps are not."""
    return field.message_type is not None and not field.message_type.GetOptions().map_entry


def _list_children(field: FieldDescriptor, value: Any) -> Iterator[tuple[Message, str]]:
    """Yields the messages in a field, one or several, each with its path: `name` or `name[index]`.

    value: of the field: a message, or a list of them.
    """
    if field.is_repeated:
        yield from ((child, f"{field.name}[{index}]") for index, child in enumerate(value))
    else:
        yield value, field.name


def _find_unknown_enums(field: FieldDescriptor, value: Any, path: str) -> Iterator[Violation]:
    """Yields a violation for each number in an enum field that the enum does not define.

    value: of the field: a number, or a list of them; other fields yield nothing.
    path: of the message in the request, empty or ending with a dot.
    """
    if field.enum_type is None:
        return
    known = field.enum_type.values_by_number
    for number in value if field.is_repeated else [value]:
        if number not in known:
            yield Violation(f"{path}{field.name}", f"{number} is not a {field.enum_type.name}")
