from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import scene_pb2 as _scene_pb2
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
    EDGE_MASK: _ClassVar[Edge]

class PhotoShadow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PHOTO_SHADOW_UNSPECIFIED: _ClassVar[PhotoShadow]
    PHOTO_SHADOW_REMOVE: _ClassVar[PhotoShadow]
    PHOTO_SHADOW_KEEP: _ClassVar[PhotoShadow]
EDGE_UNSPECIFIED: Edge
EDGE_NORMAL: Edge
EDGE_FINE: Edge
EDGE_MASK: Edge
PHOTO_SHADOW_UNSPECIFIED: PhotoShadow
PHOTO_SHADOW_REMOVE: PhotoShadow
PHOTO_SHADOW_KEEP: PhotoShadow

class SegmentationOptions(_message.Message):
    __slots__ = ("engine", "box_share", "max_side", "edge", "box", "points", "photo_shadow", "opaque", "product", "view")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    BOX_SHARE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIDE_FIELD_NUMBER: _ClassVar[int]
    EDGE_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SHADOW_FIELD_NUMBER: _ClassVar[int]
    OPAQUE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    box_share: float
    max_side: int
    edge: Edge
    box: _image_pb2.Box
    points: _containers.RepeatedCompositeFieldContainer[Point]
    photo_shadow: PhotoShadow
    opaque: bool
    product: str
    view: _scene_pb2.View
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., box_share: _Optional[float] = ..., max_side: _Optional[int] = ..., edge: _Optional[_Union[Edge, str]] = ..., box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., photo_shadow: _Optional[_Union[PhotoShadow, str]] = ..., opaque: _Optional[bool] = ..., product: _Optional[str] = ..., view: _Optional[_Union[_scene_pb2.View, _Mapping]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y", "outside")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    outside: bool
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., outside: _Optional[bool] = ...) -> None: ...

class SegmentProductRequest(_message.Message):
    __slots__ = ("photo", "options", "accept_format", "mask", "accept_uri")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_URI_FIELD_NUMBER: _ClassVar[int]
    photo: _image_pb2.Image
    options: SegmentationOptions
    accept_format: _image_pb2.ImageFormat
    mask: _image_pb2.Image
    accept_uri: bool
    def __init__(self, photo: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., options: _Optional[_Union[SegmentationOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., accept_uri: _Optional[bool] = ...) -> None: ...

class SegmentProductResponse(_message.Message):
    __slots__ = ("cutout", "bounds", "photo_size", "cut_sides", "confidence", "run", "candidates", "view", "transparent_share", "photo_credentials")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SIZE_FIELD_NUMBER: _ClassVar[int]
    CUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TRANSPARENT_SHARE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    cutout: _image_pb2.Image
    bounds: _image_pb2.Box
    photo_size: _image_pb2.Size
    cut_sides: _containers.RepeatedScalarFieldContainer[_image_pb2.Side]
    confidence: float
    run: _engine_pb2.EngineRun
    candidates: _containers.RepeatedCompositeFieldContainer[MaskCandidate]
    view: _scene_pb2.View
    transparent_share: float
    photo_credentials: bytes
    def __init__(self, cutout: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., bounds: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., photo_size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., cut_sides: _Optional[_Iterable[_Union[_image_pb2.Side, str]]] = ..., confidence: _Optional[float] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ..., candidates: _Optional[_Iterable[_Union[MaskCandidate, _Mapping]]] = ..., view: _Optional[_Union[_scene_pb2.View, _Mapping]] = ..., transparent_share: _Optional[float] = ..., photo_credentials: _Optional[bytes] = ...) -> None: ...

class MaskCandidate(_message.Message):
    __slots__ = ("score", "predicted_iou", "stability", "area", "border", "center", "separation", "agreement", "complement", "refined")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_IOU_FIELD_NUMBER: _ClassVar[int]
    STABILITY_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    BORDER_FIELD_NUMBER: _ClassVar[int]
    CENTER_FIELD_NUMBER: _ClassVar[int]
    SEPARATION_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    COMPLEMENT_FIELD_NUMBER: _ClassVar[int]
    REFINED_FIELD_NUMBER: _ClassVar[int]
    score: float
    predicted_iou: float
    stability: float
    area: float
    border: float
    center: float
    separation: float
    agreement: float
    complement: bool
    refined: bool
    def __init__(self, score: _Optional[float] = ..., predicted_iou: _Optional[float] = ..., stability: _Optional[float] = ..., area: _Optional[float] = ..., border: _Optional[float] = ..., center: _Optional[float] = ..., separation: _Optional[float] = ..., agreement: _Optional[float] = ..., complement: _Optional[bool] = ..., refined: _Optional[bool] = ...) -> None: ...

class SegmentationServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SegmentationServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
