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

class Anchor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANCHOR_UNSPECIFIED: _ClassVar[Anchor]
    ANCHOR_TOP_LEFT: _ClassVar[Anchor]
    ANCHOR_TOP: _ClassVar[Anchor]
    ANCHOR_TOP_RIGHT: _ClassVar[Anchor]
    ANCHOR_LEFT: _ClassVar[Anchor]
    ANCHOR_CENTER: _ClassVar[Anchor]
    ANCHOR_RIGHT: _ClassVar[Anchor]
    ANCHOR_BOTTOM_LEFT: _ClassVar[Anchor]
    ANCHOR_BOTTOM: _ClassVar[Anchor]
    ANCHOR_BOTTOM_RIGHT: _ClassVar[Anchor]

class ShadowKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHADOW_KIND_UNSPECIFIED: _ClassVar[ShadowKind]
    SHADOW_KIND_DROP: _ClassVar[ShadowKind]
    SHADOW_KIND_CAST: _ClassVar[ShadowKind]
    SHADOW_KIND_CONTACT: _ClassVar[ShadowKind]
    SHADOW_KIND_NONE: _ClassVar[ShadowKind]
    SHADOW_KIND_GROUND: _ClassVar[ShadowKind]
ANCHOR_UNSPECIFIED: Anchor
ANCHOR_TOP_LEFT: Anchor
ANCHOR_TOP: Anchor
ANCHOR_TOP_RIGHT: Anchor
ANCHOR_LEFT: Anchor
ANCHOR_CENTER: Anchor
ANCHOR_RIGHT: Anchor
ANCHOR_BOTTOM_LEFT: Anchor
ANCHOR_BOTTOM: Anchor
ANCHOR_BOTTOM_RIGHT: Anchor
SHADOW_KIND_UNSPECIFIED: ShadowKind
SHADOW_KIND_DROP: ShadowKind
SHADOW_KIND_CAST: ShadowKind
SHADOW_KIND_CONTACT: ShadowKind
SHADOW_KIND_NONE: ShadowKind
SHADOW_KIND_GROUND: ShadowKind

class CompositingOptions(_message.Message):
    __slots__ = ("engine", "width_share", "height_share", "tint", "shadow_opacity", "area_share", "arrangement", "shadow", "locked")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_SHARE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_SHARE_FIELD_NUMBER: _ClassVar[int]
    TINT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_OPACITY_FIELD_NUMBER: _ClassVar[int]
    AREA_SHARE_FIELD_NUMBER: _ClassVar[int]
    ARRANGEMENT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    width_share: float
    height_share: float
    tint: float
    shadow_opacity: float
    area_share: float
    arrangement: Arrangement
    shadow: ShadowOptions
    locked: bool
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., width_share: _Optional[float] = ..., height_share: _Optional[float] = ..., tint: _Optional[float] = ..., shadow_opacity: _Optional[float] = ..., area_share: _Optional[float] = ..., arrangement: _Optional[_Union[Arrangement, _Mapping]] = ..., shadow: _Optional[_Union[ShadowOptions, _Mapping]] = ..., locked: _Optional[bool] = ...) -> None: ...

class Arrangement(_message.Message):
    __slots__ = ("anchor", "stance", "offset_x", "offset_y", "margins", "rotation", "flip", "spot")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    STANCE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_X_FIELD_NUMBER: _ClassVar[int]
    OFFSET_Y_FIELD_NUMBER: _ClassVar[int]
    MARGINS_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    FLIP_FIELD_NUMBER: _ClassVar[int]
    SPOT_FIELD_NUMBER: _ClassVar[int]
    anchor: Anchor
    stance: _scene_pb2.Stance
    offset_x: float
    offset_y: float
    margins: Margins
    rotation: float
    flip: bool
    spot: Spot
    def __init__(self, anchor: _Optional[_Union[Anchor, str]] = ..., stance: _Optional[_Union[_scene_pb2.Stance, str]] = ..., offset_x: _Optional[float] = ..., offset_y: _Optional[float] = ..., margins: _Optional[_Union[Margins, _Mapping]] = ..., rotation: _Optional[float] = ..., flip: _Optional[bool] = ..., spot: _Optional[_Union[Spot, _Mapping]] = ...) -> None: ...

class Spot(_message.Message):
    __slots__ = ("center_x", "center_y", "width")
    CENTER_X_FIELD_NUMBER: _ClassVar[int]
    CENTER_Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    center_x: float
    center_y: float
    width: float
    def __init__(self, center_x: _Optional[float] = ..., center_y: _Optional[float] = ..., width: _Optional[float] = ...) -> None: ...

class Margins(_message.Message):
    __slots__ = ("top", "right", "bottom", "left")
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    top: float
    right: float
    bottom: float
    left: float
    def __init__(self, top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ..., left: _Optional[float] = ...) -> None: ...

class ShadowOptions(_message.Message):
    __slots__ = ("kind", "color", "light")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    kind: ShadowKind
    color: _image_pb2.Color
    light: _scene_pb2.Light
    def __init__(self, kind: _Optional[_Union[ShadowKind, str]] = ..., color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ..., light: _Optional[_Union[_scene_pb2.Light, _Mapping]] = ...) -> None: ...

class CompositeProductRequest(_message.Message):
    __slots__ = ("cutout", "background", "scene", "cut_sides", "options", "accept_format", "size", "color", "with_layers", "accept_uri", "view")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    CUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    WITH_LAYERS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_URI_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    cutout: _image_pb2.Image
    background: _image_pb2.Image
    scene: _scene_pb2.Scene
    cut_sides: _containers.RepeatedScalarFieldContainer[_image_pb2.Side]
    options: CompositingOptions
    accept_format: _image_pb2.ImageFormat
    size: _image_pb2.Size
    color: _image_pb2.Color
    with_layers: bool
    accept_uri: bool
    view: _scene_pb2.View
    def __init__(self, cutout: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., background: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., cut_sides: _Optional[_Iterable[_Union[_image_pb2.Side, str]]] = ..., options: _Optional[_Union[CompositingOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ..., with_layers: _Optional[bool] = ..., accept_uri: _Optional[bool] = ..., view: _Optional[_Union[_scene_pb2.View, _Mapping]] = ...) -> None: ...

class CompositeProductResponse(_message.Message):
    __slots__ = ("composite", "mask", "placement", "run", "scene", "layers", "color_shift")
    COMPOSITE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    COLOR_SHIFT_FIELD_NUMBER: _ClassVar[int]
    composite: _image_pb2.Image
    mask: _image_pb2.Image
    placement: Placement
    run: _engine_pb2.EngineRun
    scene: _scene_pb2.Scene
    layers: _containers.RepeatedCompositeFieldContainer[_image_pb2.Layer]
    color_shift: float
    def __init__(self, composite: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., placement: _Optional[_Union[Placement, _Mapping]] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., layers: _Optional[_Iterable[_Union[_image_pb2.Layer, _Mapping]]] = ..., color_shift: _Optional[float] = ...) -> None: ...

class Placement(_message.Message):
    __slots__ = ("box", "scale", "rotation", "flipped", "stands")
    BOX_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    FLIPPED_FIELD_NUMBER: _ClassVar[int]
    STANDS_FIELD_NUMBER: _ClassVar[int]
    box: _image_pb2.Box
    scale: float
    rotation: float
    flipped: bool
    stands: bool
    def __init__(self, box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., scale: _Optional[float] = ..., rotation: _Optional[float] = ..., flipped: _Optional[bool] = ..., stands: _Optional[bool] = ...) -> None: ...

class CompositingServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompositingServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
