from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Edge(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EDGE_UNSPECIFIED: _ClassVar[Edge]
    EDGE_NORMAL: _ClassVar[Edge]
    EDGE_FINE: _ClassVar[Edge]
EDGE_UNSPECIFIED: Edge
EDGE_NORMAL: Edge
EDGE_FINE: Edge

class SegmentationOptions(_message.Message):
    __slots__ = ("engine", "box_share", "max_side", "edge")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    BOX_SHARE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIDE_FIELD_NUMBER: _ClassVar[int]
    EDGE_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    box_share: float
    max_side: int
    edge: Edge
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., box_share: _Optional[float] = ..., max_side: _Optional[int] = ..., edge: _Optional[_Union[Edge, str]] = ...) -> None: ...

class SegmentRequest(_message.Message):
    __slots__ = ("photo", "options", "accept_format")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    photo: _image_pb2.Image
    options: SegmentationOptions
    accept_format: _image_pb2.ImageFormat
    def __init__(self, photo: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., options: _Optional[_Union[SegmentationOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ...) -> None: ...

class SegmentResponse(_message.Message):
    __slots__ = ("cutout", "bounds", "photo_size", "cut_sides", "confidence", "run")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SIZE_FIELD_NUMBER: _ClassVar[int]
    CUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    cutout: _image_pb2.Image
    bounds: _image_pb2.Box
    photo_size: _image_pb2.Size
    cut_sides: _containers.RepeatedScalarFieldContainer[_image_pb2.Side]
    confidence: float
    run: _engine_pb2.EngineRun
    def __init__(self, cutout: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., bounds: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., photo_size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., cut_sides: _Optional[_Iterable[_Union[_image_pb2.Side, str]]] = ..., confidence: _Optional[float] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ...) -> None: ...

class SegmentationServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SegmentationServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
