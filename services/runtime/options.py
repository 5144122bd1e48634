"""Fields of messages as keyword arguments."""

import secrets

from google.protobuf.message import Message


def set_fields(message: Message, *, exact: bool = False) -> dict[str, object]:
    """The plain fields that the caller set, by name; nested messages are left out.

    Floats lose the digits that 32-bit storage made up, so 0.7 stays 0.7 in a manifest. `exact`
    keeps them, for values that one stage computes and another one uses.
    """
    return {
        field.name: value if exact or not isinstance(value, float) else float(f"{value:.6g}")
        for field, value in message.ListFields()
        if field.message_type is None
    }


def seed_of(request: Message) -> int:
    """The seed that the caller sent, or one picked at random from the range of the contract."""
    return request.seed if request.HasField("seed") else secrets.randbelow(2**31)
