"""Sets fields of protobuf messages from Python values, with errors in the words of the caller."""

import difflib
import math
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from cyclorama.checks import check_flag, check_text, describe
from cyclorama.formats import FORMATS, find_format
from cyclorama.values import CONVERTERS

# What callers write first for some arguments, whose names are not similar.
OTHER_NAMES = {"width": "size", "height": "size", "text": "headline", "steps": "options"}
# Arguments that callers of other clients expect, and what to call in their place.
OTHER_CALLS = {"stream": "call stream_ad, which yields the events"}
MessageT = TypeVar("MessageT", bound=Message)
# Descriptors have two classes in the stubs of protobuf, which do not match.
Field = Any
FLOATS = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)


class UnknownArgument(TypeError, ValueError):
    """An argument or option does not exist; str() names the nearest that does."""

    def __init__(self, name: str, known: Iterable[str], kind: str = "argument") -> None:
        """Describes the name that does not exist.

        known: those that do. kind: of what the name is, such as "option".
        """
        *parents, last = name.split(".")
        start = "".join(f"{each}." for each in parents)
        names = sorted(known)
        nearest = [OTHER_NAMES[last]] if OTHER_NAMES.get(last) in names else []
        nearest += [each for each in names if last and each.startswith(f"{last}_")]
        nearest += difflib.get_close_matches(last, names, n=1, cutoff=0.6)
        advice = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(names)}"
        advice = OTHER_CALLS.get(name, advice)
        super().__init__(f"{start}{last}: there is no such {kind}; {advice}")


def parse_message(message: Message, document: Mapping[str, Any]) -> None:
    """Sets fields of a message, in place, from a document in proto3 JSON, as of a file.

    Raises ValueError, which names the field, when one does not exist or has another type.
    """
    try:
        ParseDict(dict(document), message)
    except ParseError as error:
        raise ValueError(" ".join(str(error).split())) from None


def build_message(kind: type[MessageT], **fields: Any) -> MessageT:
    """Returns a message with some fields set; see set_message_fields."""
    message = kind()
    set_message_fields(message, fields)
    return message


def set_message_fields(message: Message, fields: Mapping[str, Any], path: str = "") -> None:
    """Sets fields of a message, in place, from nested mappings, lists and values.

    fields: values by field name; those that are None are left out. An enum's value is its name,
    with or without the prefix that all of them share, in any case. Pictures, sizes, colors and
    engines may be written as in the client's keyword arguments. path: of the message, which errors
    start with, such as "compositing".

    Raises UnknownArgument when a field does not exist, and ValueError when a value is invalid.
    """
    for name, value in fields.items():
        label = f"{path}.{name}" if path else str(name)
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise UnknownArgument(label, message.DESCRIPTOR.fields_by_name, "option")
        set_message_field(message, field, value, label)


def set_message_field(message: Message, field: Field, value: Any, label: str) -> None:
    """Sets one field of a message, in place, unless the value is None; see set_message_fields.

    label: the name of the field in errors.
    """
    if value is None:
        return
    if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
        _set_texts(getattr(message, field.name), value, label)
    elif field.is_repeated:
        _set_list(message, field, value, label)
    elif field.message_type:
        _merge_message(getattr(message, field.name), value, label)
    else:
        setattr(message, field.name, _convert_scalar(field, value, label))


def _set_texts(texts: Any, value: Any, label: str) -> None:
    """Replaces the entries of a map, which are texts by name."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{label}: is {describe(value)}; give a mapping of texts")
    for name, text in value.items():
        check_text(name, label)
        check_text(text, f"{label}.{name}")
    texts.clear()
    texts.update(value)


def _set_list(message: Message, field: Field, value: Any, label: str) -> None:
    """Replaces the elements of a repeated field; one element stands for a list of it."""
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        is_text = field.cpp_type == FieldDescriptor.CPPTYPE_STRING
        advice = "a text, or a list of texts" if is_text else "a list"
        raise ValueError(f"{label}: is {describe(value)}; give {advice}")
    message.ClearField(field.name)
    elements = getattr(message, field.name)
    for index, item in enumerate([value] if _is_element(field, value) else value):
        if field.message_type:
            _merge_message(elements.add(), item, f"{label}[{index}]")
        else:
            elements.append(_convert_scalar(field, item, f"{label}[{index}]"))


def _is_element(field: Field, value: Any) -> bool:
    """Returns whether a value is one element, such as a size, in place of a list of them."""
    if isinstance(value, str | Mapping | Message):
        return True
    is_series = bool(value) and isinstance(value, list | tuple)
    # Sizes and points are numbers in a row.
    converts = field.message_type and field.message_type.name in CONVERTERS
    return is_series and converts and all(isinstance(each, int | float) for each in value)


def _merge_message(message: Message, value: Any, label: str) -> None:
    """Sets fields of a message that a value stands for; its other fields stay."""
    # Present even if all of its fields have their defaults.
    message.SetInParent()
    if isinstance(value, Message) and value.DESCRIPTOR is message.DESCRIPTOR:
        message.CopyFrom(value)
        return
    convert = CONVERTERS.get(message.DESCRIPTOR.name)
    if convert and not isinstance(value, Mapping):
        converted = convert(value, label)
        if isinstance(converted, Message):
            return message.CopyFrom(converted)
        if len(converted) == 1:
            # The value of its only field, which callers do not name.
            ((name, only),) = converted.items()
            return set_message_field(message, message.DESCRIPTOR.fields_by_name[name], only, label)
        value = converted
    if not isinstance(value, Mapping):
        known = ", ".join(_option_names(message.DESCRIPTOR))
        raise ValueError(f"{label}: is {describe(value)}; give a mapping with some of {known}")
    if isinstance(message, Struct):
        return _set_struct(message, value, label)
    set_message_fields(message, value, label)


def _set_struct(struct: Struct, value: Mapping[Any, Any], label: str) -> None:
    """Sets a message of any JSON; raises ValueError for a value that JSON does not have."""
    try:
        struct.update(dict(value))
    except (TypeError, ValueError):
        known = "texts, numbers, True, False, None, lists and mappings"
        raise ValueError(f"{label}: is {describe(value)}; give a mapping with {known}") from None


def _option_names(message: Any) -> list[str]:
    return [field.name for field in message.fields]


def _convert_scalar(field: Field, value: Any, label: str) -> Any:
    """Returns a value as the type of a field; raises ValueError when it has another one."""
    kind = field.cpp_type
    if field.enum_type:
        return _find_enum_number(field.enum_type, value, label)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return check_flag(value, label)
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return _convert_bytes(value, label)
        return check_text(value, label)
    number = _convert_number(value, label)
    return number if kind in FLOATS else _convert_integer(field, value, label)


def _convert_bytes(value: Any, label: str) -> bytes:
    """Returns bytes, which may be written in base64; else raises ValueError."""
    try:
        if isinstance(value, str):
            return b64decode(value, validate=True)
        return bytes(memoryview(value))
    except (TypeError, ValueError):
        raise ValueError(f"{label}: is {describe(value)}; give bytes") from None


def _convert_number(value: Any, label: str) -> float:
    """Returns a finite number; else raises ValueError."""
    number = math.nan
    if not isinstance(value, bool | str | bytes | bytearray):
        with suppress(TypeError, ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{label}: is {describe(value)}; give a number")
    return number


def _convert_integer(field: Field, value: Any, label: str) -> int:
    """Returns a whole number within the bits of a field; else raises ValueError."""
    if value != int(value):
        raise ValueError(f"{label}: is {value!r}; give a whole number")
    bits = 31 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 63
    if not -(2**bits) <= value < 2**bits:
        raise ValueError(f"{label}: {value} is out of range")
    return int(value)


def _find_enum_number(enum: Any, value: Any, label: str) -> int:
    """Returns the number of an enum's value by its name; raises ValueError when there is none."""
    if isinstance(value, int) and not isinstance(value, bool) and value in enum.values_by_number:
        return value
    if enum.name == "ImageFormat" and isinstance(value, str):
        return int(enum.values_by_name[_find_format_name(value, label)].number)
    # The first value is unspecified: its name is the prefix of all, and UNSPECIFIED.
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    name = str(value).upper().replace("-", "_").replace(" ", "_").removeprefix(prefix)
    found = enum.values_by_name.get(prefix + name)
    if found is None:
        names = ", ".join(each.name.removeprefix(prefix).lower() for each in enum.values[1:])
        raise ValueError(f"{label}: is {describe(value)}; give one of {names}")
    return int(found.number)


def _find_format_name(value: str, label: str) -> str:
    """Returns the name of the ImageFormat value that a caller names, such as "jpg"."""
    if value.upper().startswith("IMAGE_FORMAT_"):
        value = value.upper().removeprefix("IMAGE_FORMAT_")
    try:
        return find_format(value).enum_name
    except ValueError:
        raise ValueError(f"{label}: is {value!r}; give one of {', '.join(FORMATS)}") from None
