import datetime

from cyclorama.v1 import image_pb2 as _image_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_UNSPECIFIED: _ClassVar[Quality]
    QUALITY_FINAL: _ClassVar[Quality]
    QUALITY_DRAFT: _ClassVar[Quality]

class ReplacementCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLACEMENT_CAUSE_UNSPECIFIED: _ClassVar[ReplacementCause]
    REPLACEMENT_CAUSE_NOT_READY: _ClassVar[ReplacementCause]
    REPLACEMENT_CAUSE_FAILED: _ClassVar[ReplacementCause]
    REPLACEMENT_CAUSE_UNSUITABLE: _ClassVar[ReplacementCause]
QUALITY_UNSPECIFIED: Quality
QUALITY_FINAL: Quality
QUALITY_DRAFT: Quality
REPLACEMENT_CAUSE_UNSPECIFIED: ReplacementCause
REPLACEMENT_CAUSE_NOT_READY: ReplacementCause
REPLACEMENT_CAUSE_FAILED: ReplacementCause
REPLACEMENT_CAUSE_UNSUITABLE: ReplacementCause

class EngineChoice(_message.Message):
    __slots__ = ("name", "allow_fallback")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_FALLBACK_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_fallback: bool
    def __init__(self, name: _Optional[str] = ..., allow_fallback: _Optional[bool] = ...) -> None: ...

class EngineStatus(_message.Message):
    __slots__ = ("name", "version", "ready", "reason", "generative", "follows_camera", "casts_shadows", "model", "by_name_only", "settings_hash", "configured", "suits_drafts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    GENERATIVE_FIELD_NUMBER: _ClassVar[int]
    FOLLOWS_CAMERA_FIELD_NUMBER: _ClassVar[int]
    CASTS_SHADOWS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    BY_NAME_ONLY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_HASH_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_FIELD_NUMBER: _ClassVar[int]
    SUITS_DRAFTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    ready: bool
    reason: str
    generative: bool
    follows_camera: bool
    casts_shadows: bool
    model: str
    by_name_only: bool
    settings_hash: str
    configured: bool
    suits_drafts: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., ready: _Optional[bool] = ..., reason: _Optional[str] = ..., generative: _Optional[bool] = ..., follows_camera: _Optional[bool] = ..., casts_shadows: _Optional[bool] = ..., model: _Optional[str] = ..., by_name_only: _Optional[bool] = ..., settings_hash: _Optional[str] = ..., configured: _Optional[bool] = ..., suits_drafts: _Optional[bool] = ...) -> None: ...

class EngineRun(_message.Message):
    __slots__ = ("engine", "version", "parameters", "elapsed", "warnings", "measured", "preview", "generative", "model", "replaced", "settings_hash")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    GENERATIVE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_HASH_FIELD_NUMBER: _ClassVar[int]
    engine: str
    version: str
    parameters: _struct_pb2.Struct
    elapsed: _duration_pb2.Duration
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    measured: _struct_pb2.Struct
    preview: _image_pb2.Image
    generative: bool
    model: str
    replaced: _containers.RepeatedCompositeFieldContainer[ReplacedEngine]
    settings_hash: str
    def __init__(self, engine: _Optional[str] = ..., version: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., measured: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., preview: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., generative: _Optional[bool] = ..., model: _Optional[str] = ..., replaced: _Optional[_Iterable[_Union[ReplacedEngine, _Mapping]]] = ..., settings_hash: _Optional[str] = ...) -> None: ...

class ReplacedEngine(_message.Message):
    __slots__ = ("engine", "cause")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    cause: ReplacementCause
    def __init__(self, engine: _Optional[str] = ..., cause: _Optional[_Union[ReplacementCause, str]] = ...) -> None: ...

class Warning(_message.Message):
    __slots__ = ("reason", "message", "box", "left_out")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    box: _image_pb2.Box
    left_out: _containers.RepeatedCompositeFieldContainer[LeftOut]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., left_out: _Optional[_Iterable[_Union[LeftOut, _Mapping]]] = ...) -> None: ...

class LeftOut(_message.Message):
    __slots__ = ("words", "nearest")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    words: str
    nearest: str
    def __init__(self, words: _Optional[str] = ..., nearest: _Optional[str] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("fraction", "preview", "queue_position")
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    preview: _image_pb2.Image
    queue_position: int
    def __init__(self, fraction: _Optional[float] = ..., preview: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., queue_position: _Optional[int] = ...) -> None: ...
