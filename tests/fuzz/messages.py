"""Random messages of any type, whose pictures are real files, spoilt ones and noise."""

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from cyclorama.v1 import image_pb2
from services.imaging.images import encode
from services.runtime.formats import JPEG, PNG, WEBP

DEEP, LONG = 3, 3
# Flat, so that its files are short: what fails is printed.
PHOTO = np.full((96, 96, 3), 230, np.uint8)
PHOTO[24:72, 32:64] = 40, 90, 160
FILES = [encode(PHOTO, fmt).data for fmt in (PNG, JPEG, WEBP)]
RAW = encode(PHOTO, image_pb2.IMAGE_FORMAT_RAW_RGB)
# What has broken programs before: markup, escapes, directions of writing, paths, format strings.
TEXTS = ["", "a table", "\x00", "\x1b[31m", "\u202egpj", "../../etc/passwd", "%s{0}", "<script>"]

I = FieldDescriptor  # noqa: E741
NUMBERS = {
    I.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    I.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    I.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    I.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    I.CPPTYPE_FLOAT: st.floats(width=32),
    I.CPPTYPE_DOUBLE: st.floats(),
    I.CPPTYPE_BOOL: st.booleans(),
}
SMALL = st.sampled_from([-1, 0, 1, 7, 64, 256, 320])


@st.composite
def spoilt(draw) -> bytes:
    """A picture file that was cut short, or some of whose bytes are others."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(0, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@st.composite
def images(draw) -> image_pb2.Image:
    """A picture: sound, spoilt, noise, raw of a wrong size, or a key."""
    kind = draw(st.sampled_from(["sound", "sound", "spoilt", "noise", "raw", "key"]))
    if kind == "raw":
        width, height = draw(SMALL), draw(SMALL)
        return image_pb2.Image(data=RAW.data, format=RAW.format, width=width, height=height)
    if kind == "key":
        return image_pb2.Image(uri=draw(st.sampled_from([*TEXTS, "0" * 64, "http://a/b"])))
    data = {"sound": st.sampled_from(FILES), "spoilt": spoilt(), "noise": st.binary(max_size=64)}
    return image_pb2.Image(data=draw(data[kind]), format=draw(st.integers(0, 9)))


@st.composite
def messages(draw, kind: Descriptor, depth: int = 0) -> Message:
    """A message of a type with some of its fields set to something."""
    if kind is image_pb2.Image.DESCRIPTOR:
        return draw(images())
    message = GetMessageClass(kind)()
    for field in kind.fields:
        picture = field.message_type is image_pb2.Image.DESCRIPTOR
        if not draw(st.booleans()) and not (picture and depth == 0):
            continue
        if field.message_type and (depth >= DEEP or field.message_type.GetOptions().map_entry):
            continue
        if field.is_repeated:
            count = draw(st.integers(0, LONG))
            getattr(message, field.name).extend(draw(_value(field, depth)) for _ in range(count))
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(_value(field, depth)))
        else:
            setattr(message, field.name, draw(_value(field, depth)))
    return message


@st.composite
def mutated(draw, sound: Message) -> Message:
    """A copy of a sound message in which up to two fields, however deep, are something else."""
    message = type(sound)()
    message.CopyFrom(sound)
    for _ in range(draw(st.integers(0, 2))):
        _change(draw, message)
    return message


def _change(draw, message: Message) -> None:
    if isinstance(message, image_pb2.Image):
        message.CopyFrom(draw(images()))
        return
    field = draw(st.sampled_from(list(message.DESCRIPTOR.fields)))
    value = _value(field, DEEP - 1)
    if field.is_repeated:
        message.ClearField(field.name)
        if not (field.message_type and field.message_type.GetOptions().map_entry):
            getattr(message, field.name).extend(draw(st.lists(value, max_size=LONG)))
    elif field.message_type:
        _change(draw, getattr(message, field.name))
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, draw(value))


def _value(field: FieldDescriptor, depth: int) -> st.SearchStrategy:
    match field.cpp_type:
        case I.CPPTYPE_MESSAGE:
            return messages(field.message_type, depth + 1)
        case I.CPPTYPE_ENUM:
            return st.sampled_from([each.number for each in field.enum_type.values] + [77])
        case I.CPPTYPE_STRING if field.type == I.TYPE_BYTES:
            return st.binary(max_size=64)
        case I.CPPTYPE_STRING:
            return st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
    numbers = NUMBERS[field.cpp_type]
    integral = field.cpp_type in (I.CPPTYPE_INT32, I.CPPTYPE_INT64)
    return st.one_of(SMALL, numbers) if integral else numbers
