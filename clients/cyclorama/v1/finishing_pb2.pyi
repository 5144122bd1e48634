from cyclorama.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Delivery(_message.Message):
    __slots__ = ("quality", "max_kilobytes", "dpi", "layers", "layered_file")
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MAX_KILOBYTES_FIELD_NUMBER: _ClassVar[int]
    DPI_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERED_FILE_FIELD_NUMBER: _ClassVar[int]
    quality: int
    max_kilobytes: int
    dpi: float
    layers: bool
    layered_file: bool
    def __init__(self, quality: _Optional[int] = ..., max_kilobytes: _Optional[int] = ..., dpi: _Optional[float] = ..., layers: _Optional[bool] = ..., layered_file: _Optional[bool] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ("name", "image")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    image: _image_pb2.Image
    def __init__(self, name: _Optional[str] = ..., image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ...) -> None: ...

class FinishRequest(_message.Message):
    __slots__ = ("ad", "mask", "composite", "layers", "delivery", "accept_format", "generative", "record")
    AD_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    COMPOSITE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    GENERATIVE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    ad: _image_pb2.Image
    mask: _image_pb2.Image
    composite: _image_pb2.Image
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    delivery: Delivery
    accept_format: _image_pb2.ImageFormat
    generative: bool
    record: str
    def __init__(self, ad: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., composite: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ..., delivery: _Optional[_Union[Delivery, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., generative: _Optional[bool] = ..., record: _Optional[str] = ...) -> None: ...

class FinishResponse(_message.Message):
    __slots__ = ("file", "quality", "layers", "layered_file", "pixel_lock")
    FILE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERED_FILE_FIELD_NUMBER: _ClassVar[int]
    PIXEL_LOCK_FIELD_NUMBER: _ClassVar[int]
    file: _image_pb2.Image
    quality: int
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    layered_file: bytes
    pixel_lock: str
    def __init__(self, file: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., quality: _Optional[int] = ..., layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ..., layered_file: _Optional[bytes] = ..., pixel_lock: _Optional[str] = ...) -> None: ...

class VerifyRequest(_message.Message):
    __slots__ = ("image", "pixel_lock")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PIXEL_LOCK_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    pixel_lock: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., pixel_lock: _Optional[str] = ...) -> None: ...

class VerifyResponse(_message.Message):
    __slots__ = ("locked", "pixels_unchanged", "verdict", "differing", "source", "record")
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    PIXELS_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    locked: bool
    pixels_unchanged: bool
    verdict: str
    differing: _containers.RepeatedCompositeFieldContainer[_image_pb2.Box]
    source: str
    record: str
    def __init__(self, locked: _Optional[bool] = ..., pixels_unchanged: _Optional[bool] = ..., verdict: _Optional[str] = ..., differing: _Optional[_Iterable[_Union[_image_pb2.Box, _Mapping]]] = ..., source: _Optional[str] = ..., record: _Optional[str] = ...) -> None: ...
