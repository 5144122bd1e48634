"""Decodes google.rpc.Status, in which servers say which fields of a request are invalid.

The package googleapis-common-protos has its classes; here the two messages that are read are
described once more, so that the client needs protobuf alone.
"""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

# The key of the trailing metadata that contains the status.
STATUS_KEY = "grpc-status-details-bin"
PACKAGE = "cyclorama.error_details"
# Fields by message: name, number, type, and the message that a repeated field contains.
FIELDS: dict[str, list[tuple[str, int, str]]] = {
    "Status": [("code", 1, "int32"), ("message", 2, "string"), ("details", 3, "Detail")],
    # As google.protobuf.Any.
    "Detail": [("type_url", 1, "string"), ("value", 2, "bytes")],
    "BadRequest": [("field_violations", 1, "FieldViolation")],
    "FieldViolation": [("field", 1, "string"), ("description", 2, "string")],
}


def read_field_violations(status: bytes) -> tuple[tuple[str, str], ...]:
    """Returns the invalid fields that a serialized google.rpc.Status names, and what is wrong.

    Empty when it names none, or cannot be read.
    """
    try:
        for detail in _decode("Status", status).details:
            if detail.type_url.endswith("/google.rpc.BadRequest"):
                request = _decode("BadRequest", detail.value)
                return tuple((each.field, each.description) for each in request.field_violations)
    except DecodeError:
        pass
    return ()


def _decode(name: str, data: bytes) -> Any:
    """Parses a message of FIELDS."""
    return _message_classes()[name].FromString(data)


@cache
def _message_classes() -> dict[str, Any]:
    """Builds the classes of the messages, in a pool of their own."""
    file = descriptor_pb2.FileDescriptorProto(
        name="cyclorama/error_details.proto", package=PACKAGE, syntax="proto3"
    )
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            if kind in FIELDS:
                field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
                field.type_name = f".{PACKAGE}.{kind}"
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
            else:
                field.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in FIELDS
    }
