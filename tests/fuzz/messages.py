"""Strategies for messages of any type, with valid, corrupt and random images."""

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from cyclorama.v1 import image_pb2
from services.imaging.images import encode_image
from services.runtime.formats import JPEG, PNG, WEBP

# Levels of nesting and elements of a list. Larger: rarer bugs, and far slower examples.
MAX_DEPTH, MAX_LENGTH = 3, 3
# Flat, so that its files are short: pytest prints failing examples.
PHOTO = np.full((96, 96, 3), 230, np.uint8)
PHOTO[24:72, 32:64] = 40, 90, 160
FILES = [encode_image(PHOTO, fmt).data for fmt in (PNG, JPEG, WEBP)]
RAW = encode_image(PHOTO, image_pb2.IMAGE_FORMAT_RAW_RGB)
# Common injections: escapes, text direction, paths, format strings, markup.
TEXTS = ["", "a table", "\x00", "\x1b[31m", "\u202egpj", "../../etc/passwd", "%s{0}", "<script>"]

NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
}
SMALL = st.sampled_from([-1, 0, 1, 7, 64, 256, 320])


@st.composite
def draw_corrupt_files(draw) -> bytes:
    """Draws an image file that is truncated or has some bytes replaced."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(0, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@st.composite
def draw_images(draw) -> image_pb2.Image:
    """Draws an Image: a valid file, a corrupt one, random bytes, RAW of a wrong size, or a key."""
    kind = draw(st.sampled_from(["valid", "valid", "corrupt", "noise", "raw", "key"]))
    if kind == "raw":
        width, height = draw(SMALL), draw(SMALL)
        return image_pb2.Image(data=RAW.data, format=RAW.format, width=width, height=height)
    if kind == "key":
        return image_pb2.Image(uri=draw(st.sampled_from([*TEXTS, "0" * 64, "http://a/b"])))
    data = {
        "valid": st.sampled_from(FILES),
        "corrupt": draw_corrupt_files(),
        "noise": st.binary(max_size=64),
    }
    return image_pb2.Image(data=draw(data[kind]), format=draw(st.integers(0, 9)))


@st.composite
def draw_messages(draw, kind: Descriptor, depth: int = 0) -> Message:
    """Draws a message of a type with random values in some of its fields."""
    if kind is image_pb2.Image.DESCRIPTOR:
        return draw(draw_images())
    message = GetMessageClass(kind)()
    for field in kind.fields:
        is_image = field.message_type is image_pb2.Image.DESCRIPTOR
        if not draw(st.booleans()) and not (is_image and depth == 0):
            continue
        if field.message_type and (depth >= MAX_DEPTH or field.message_type.GetOptions().map_entry):
            continue
        if field.is_repeated:
            count = draw(st.integers(0, MAX_LENGTH))
            getattr(message, field.name).extend(
                draw(_draw_values(field, depth)) for _ in range(count)
            )
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(_draw_values(field, depth)))
        else:
            setattr(message, field.name, draw(_draw_values(field, depth)))
    return message


@st.composite
def mutate_message(draw, valid: Message) -> Message:
    """Draws a copy of a valid message with up to two fields, at any depth, replaced."""
    message = type(valid)()
    message.CopyFrom(valid)
    for _ in range(draw(st.integers(0, 2))):
        _replace_field(draw, message)
    return message


def _replace_field(draw, message: Message) -> None:
    if isinstance(message, image_pb2.Image):
        message.CopyFrom(draw(draw_images()))
        return
    field = draw(st.sampled_from(list(message.DESCRIPTOR.fields)))
    value = _draw_values(field, MAX_DEPTH - 1)
    if field.is_repeated:
        message.ClearField(field.name)
        if not (field.message_type and field.message_type.GetOptions().map_entry):
            getattr(message, field.name).extend(draw(st.lists(value, max_size=MAX_LENGTH)))
    elif field.message_type:
        _replace_field(draw, getattr(message, field.name))
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, draw(value))


def _draw_values(field: FieldDescriptor, depth: int) -> st.SearchStrategy:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return draw_messages(field.message_type, depth + 1)
        case FieldDescriptor.CPPTYPE_ENUM:
            return st.sampled_from([each.number for each in field.enum_type.values] + [77])
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return st.binary(max_size=64)
        case FieldDescriptor.CPPTYPE_STRING:
            return st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
    numbers = NUMBERS[field.cpp_type]
    integral = field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    return st.one_of(SMALL, numbers) if integral else numbers
