from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import scene_pb2 as _scene_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CompositingOptions(_message.Message):
    __slots__ = ("engine", "width_share", "height_share", "tint", "shadow_opacity")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_SHARE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_SHARE_FIELD_NUMBER: _ClassVar[int]
    TINT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_OPACITY_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    width_share: float
    height_share: float
    tint: float
    shadow_opacity: float
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., width_share: _Optional[float] = ..., height_share: _Optional[float] = ..., tint: _Optional[float] = ..., shadow_opacity: _Optional[float] = ...) -> None: ...

class CompositeRequest(_message.Message):
    __slots__ = ("cutout", "background", "scene", "cut_sides", "options", "accept_format")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    CUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    cutout: _image_pb2.Image
    background: _image_pb2.Image
    scene: _scene_pb2.Scene
    cut_sides: _containers.RepeatedScalarFieldContainer[_image_pb2.Side]
    options: CompositingOptions
    accept_format: _image_pb2.ImageFormat
    def __init__(self, cutout: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., background: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., cut_sides: _Optional[_Iterable[_Union[_image_pb2.Side, str]]] = ..., options: _Optional[_Union[CompositingOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ...) -> None: ...

class CompositeResponse(_message.Message):
    __slots__ = ("composite", "mask", "placement", "run")
    COMPOSITE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    composite: _image_pb2.Image
    mask: _image_pb2.Image
    placement: Placement
    run: _engine_pb2.EngineRun
    def __init__(self, composite: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., placement: _Optional[_Union[Placement, _Mapping]] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ...) -> None: ...

class Placement(_message.Message):
    __slots__ = ("box", "scale")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    box: _image_pb2.Box
    scale: float
    def __init__(self, box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., scale: _Optional[float] = ...) -> None: ...

class CompositingServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompositingServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
