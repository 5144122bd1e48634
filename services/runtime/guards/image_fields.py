"""Finds the images in messages, and the types of messages that can contain some."""

from collections.abc import Iterator
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from cyclorama.v1 import image_pb2
from services.runtime.guards.validation import has_child_messages


def find_images(message: Message) -> Iterator[image_pb2.Image]:
    """Yields every Image message within a message, at any depth, in the order of its fields.

    Does not look into maps.
    """
    if isinstance(message, image_pb2.Image):
        yield message
        return
    for field, value in message.ListFields():
        if _leads_to_images(field):
            for part in value if field.is_repeated else [value]:
                yield from find_images(part)


@cache
def has_image_fields(descriptor: Descriptor) -> bool:
    """Whether messages of a type can contain an Image, at any depth."""
    image = image_pb2.Image.DESCRIPTOR.full_name
    seen: set[str] = set()

    def contains_image(kind: Descriptor) -> bool:
        if kind.full_name in seen:
            return False
        seen.add(kind.full_name)
        children = [field.message_type for field in kind.fields if field.message_type]
        return kind.full_name == image or any(map(contains_image, children))

    return contains_image(descriptor)


# Cached, as each call asks for each of its fields, and an answer takes microseconds.
@cache
def _leads_to_images(field: FieldDescriptor) -> bool:
    """Whether images can be in a field, at any depth."""
    return has_child_messages(field) and has_image_fields(field.message_type)
