"""Reads fields of messages into keyword arguments."""

import secrets
from typing import Any, Protocol

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from services.runtime.limits import MAX_SEED


class SeededRequest(Protocol):
    """A request with an optional seed."""

    seed: int

    # The stubs allow only the names of each message's own fields, which no protocol can share.
    def HasField(self, field_name: Any, /) -> bool:  # noqa: N802
        """Whether a field is set."""
        ...


def read_set_fields(message: Message, *, exact: bool = False) -> dict[str, Any]:
    """Returns the fields that are set in a message, by name; nested messages are left out.

    Rounds floats to the six digits that 32 bits can store, so that 0.7 stays 0.7 in a manifest.

    message: any message; its fields decide the types of the values.
    exact: keeps all digits instead, for values that one stage computes and another uses.
    """
    return {
        field.name: value if exact or not isinstance(value, float) else float(f"{value:.6g}")
        for field, value in message.ListFields()
        if field.message_type is None
    }


def word_from_enum(enum: EnumDescriptor, value: int) -> str:
    """Returns an enum value as a word: "top_left" for ANCHOR_TOP_LEFT, empty for unspecified.

    value: its number.
    """
    if not value:
        return ""
    # Value 0 is named after the enum, as ANCHOR_UNSPECIFIED is, and so shows the prefix of all.
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return enum.values_by_number[value].name.removeprefix(prefix).lower()


def resolve_seed(request: SeededRequest) -> int:
    """Returns the seed that the caller sent, or a random one of 0 to MAX_SEED."""
    return request.seed if request.HasField("seed") else secrets.randbelow(MAX_SEED + 1)
