from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DiffusionOptions(_message.Message):
    __slots__ = ("steps", "cfg_scale", "sampler", "scheduler", "model", "override_settings", "drawn_side")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    CFG_SCALE_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SCHEDULER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OVERRIDE_SETTINGS_FIELD_NUMBER: _ClassVar[int]
    DRAWN_SIDE_FIELD_NUMBER: _ClassVar[int]
    steps: int
    cfg_scale: float
    sampler: str
    scheduler: str
    model: str
    override_settings: _struct_pb2.Struct
    drawn_side: int
    def __init__(self, steps: _Optional[int] = ..., cfg_scale: _Optional[float] = ..., sampler: _Optional[str] = ..., scheduler: _Optional[str] = ..., model: _Optional[str] = ..., override_settings: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., drawn_side: _Optional[int] = ...) -> None: ...
