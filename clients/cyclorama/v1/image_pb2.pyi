from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImageFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMAGE_FORMAT_UNSPECIFIED: _ClassVar[ImageFormat]
    IMAGE_FORMAT_PNG: _ClassVar[ImageFormat]
    IMAGE_FORMAT_JPEG: _ClassVar[ImageFormat]
    IMAGE_FORMAT_WEBP: _ClassVar[ImageFormat]
    IMAGE_FORMAT_RAW_RGB: _ClassVar[ImageFormat]
    IMAGE_FORMAT_RAW_RGBA: _ClassVar[ImageFormat]
    IMAGE_FORMAT_RAW_GRAY: _ClassVar[ImageFormat]
    IMAGE_FORMAT_AVIF: _ClassVar[ImageFormat]
    IMAGE_FORMAT_TIFF: _ClassVar[ImageFormat]

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_TOP: _ClassVar[Side]
    SIDE_RIGHT: _ClassVar[Side]
    SIDE_BOTTOM: _ClassVar[Side]
    SIDE_LEFT: _ClassVar[Side]
IMAGE_FORMAT_UNSPECIFIED: ImageFormat
IMAGE_FORMAT_PNG: ImageFormat
IMAGE_FORMAT_JPEG: ImageFormat
IMAGE_FORMAT_WEBP: ImageFormat
IMAGE_FORMAT_RAW_RGB: ImageFormat
IMAGE_FORMAT_RAW_RGBA: ImageFormat
IMAGE_FORMAT_RAW_GRAY: ImageFormat
IMAGE_FORMAT_AVIF: ImageFormat
IMAGE_FORMAT_TIFF: ImageFormat
SIDE_UNSPECIFIED: Side
SIDE_TOP: Side
SIDE_RIGHT: Side
SIDE_BOTTOM: Side
SIDE_LEFT: Side
IMAGE_FORMAT_INFO_FIELD_NUMBER: _ClassVar[int]
image_format_info: _descriptor.FieldDescriptor

class ImageFormatInfo(_message.Message):
    __slots__ = ("suffixes", "media_type", "raw_channels", "color", "alpha", "finishing_only", "lossy", "web")
    SUFFIXES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    RAW_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    FINISHING_ONLY_FIELD_NUMBER: _ClassVar[int]
    LOSSY_FIELD_NUMBER: _ClassVar[int]
    WEB_FIELD_NUMBER: _ClassVar[int]
    suffixes: _containers.RepeatedScalarFieldContainer[str]
    media_type: str
    raw_channels: int
    color: bool
    alpha: bool
    finishing_only: bool
    lossy: bool
    web: bool
    def __init__(self, suffixes: _Optional[_Iterable[str]] = ..., media_type: _Optional[str] = ..., raw_channels: _Optional[int] = ..., color: _Optional[bool] = ..., alpha: _Optional[bool] = ..., finishing_only: _Optional[bool] = ..., lossy: _Optional[bool] = ..., web: _Optional[bool] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("data", "uri", "format", "width", "height")
    DATA_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    uri: str
    format: ImageFormat
    width: int
    height: int
    def __init__(self, data: _Optional[bytes] = ..., uri: _Optional[str] = ..., format: _Optional[_Union[ImageFormat, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Box(_message.Message):
    __slots__ = ("x", "y", "width", "height")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    width: int
    height: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Size(_message.Message):
    __slots__ = ("width", "height")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Color(_message.Message):
    __slots__ = ("red", "green", "blue")
    RED_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLUE_FIELD_NUMBER: _ClassVar[int]
    red: int
    green: int
    blue: int
    def __init__(self, red: _Optional[int] = ..., green: _Optional[int] = ..., blue: _Optional[int] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ("name", "image")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    image: Image
    def __init__(self, name: _Optional[str] = ..., image: _Optional[_Union[Image, _Mapping]] = ...) -> None: ...
