from cyclorama.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stance(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANCE_UNSPECIFIED: _ClassVar[Stance]
    STANCE_STANDING: _ClassVar[Stance]
    STANCE_FLOATING: _ClassVar[Stance]
    STANCE_LYING: _ClassVar[Stance]
    STANCE_HANGING: _ClassVar[Stance]
STANCE_UNSPECIFIED: Stance
STANCE_STANDING: Stance
STANCE_FLOATING: Stance
STANCE_LYING: Stance
STANCE_HANGING: Stance

class Scene(_message.Message):
    __slots__ = ("light", "ground_line", "horizon", "gloss", "palette", "camera_pitch", "stance", "recipe", "product_x", "product_height")
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    GROUND_LINE_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    GLOSS_FIELD_NUMBER: _ClassVar[int]
    PALETTE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_PITCH_FIELD_NUMBER: _ClassVar[int]
    STANCE_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_X_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    light: Light
    ground_line: float
    horizon: float
    gloss: float
    palette: _containers.RepeatedCompositeFieldContainer[_image_pb2.Color]
    camera_pitch: float
    stance: Stance
    recipe: SetRecipe
    product_x: float
    product_height: float
    def __init__(self, light: _Optional[_Union[Light, _Mapping]] = ..., ground_line: _Optional[float] = ..., horizon: _Optional[float] = ..., gloss: _Optional[float] = ..., palette: _Optional[_Iterable[_Union[_image_pb2.Color, _Mapping]]] = ..., camera_pitch: _Optional[float] = ..., stance: _Optional[_Union[Stance, str]] = ..., recipe: _Optional[_Union[SetRecipe, _Mapping]] = ..., product_x: _Optional[float] = ..., product_height: _Optional[float] = ...) -> None: ...

class SetRecipe(_message.Message):
    __slots__ = ("renderer", "prompt", "negative_prompt", "size", "seed", "camera_pitch", "product", "product_height_mm", "view", "crop")
    RENDERER_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CAMERA_PITCH_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_HEIGHT_MM_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    renderer: str
    prompt: str
    negative_prompt: str
    size: _image_pb2.Size
    seed: int
    camera_pitch: float
    product: str
    product_height_mm: float
    view: View
    crop: Crop
    def __init__(self, renderer: _Optional[str] = ..., prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., seed: _Optional[int] = ..., camera_pitch: _Optional[float] = ..., product: _Optional[str] = ..., product_height_mm: _Optional[float] = ..., view: _Optional[_Union[View, _Mapping]] = ..., crop: _Optional[_Union[Crop, _Mapping]] = ...) -> None: ...

class Crop(_message.Message):
    __slots__ = ("left", "top", "width", "height")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    width: float
    height: float
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class View(_message.Message):
    __slots__ = ("ground_pitch", "camera_pitch", "pitch_confidence", "stance", "tilt", "focal_length_mm", "light_azimuth", "aspect")
    GROUND_PITCH_FIELD_NUMBER: _ClassVar[int]
    CAMERA_PITCH_FIELD_NUMBER: _ClassVar[int]
    PITCH_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STANCE_FIELD_NUMBER: _ClassVar[int]
    TILT_FIELD_NUMBER: _ClassVar[int]
    FOCAL_LENGTH_MM_FIELD_NUMBER: _ClassVar[int]
    LIGHT_AZIMUTH_FIELD_NUMBER: _ClassVar[int]
    ASPECT_FIELD_NUMBER: _ClassVar[int]
    ground_pitch: float
    camera_pitch: float
    pitch_confidence: float
    stance: Stance
    tilt: float
    focal_length_mm: float
    light_azimuth: float
    aspect: float
    def __init__(self, ground_pitch: _Optional[float] = ..., camera_pitch: _Optional[float] = ..., pitch_confidence: _Optional[float] = ..., stance: _Optional[_Union[Stance, str]] = ..., tilt: _Optional[float] = ..., focal_length_mm: _Optional[float] = ..., light_azimuth: _Optional[float] = ..., aspect: _Optional[float] = ...) -> None: ...

class Light(_message.Message):
    __slots__ = ("azimuth", "elevation", "softness", "color")
    AZIMUTH_FIELD_NUMBER: _ClassVar[int]
    ELEVATION_FIELD_NUMBER: _ClassVar[int]
    SOFTNESS_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    azimuth: float
    elevation: float
    softness: float
    color: _image_pb2.Color
    def __init__(self, azimuth: _Optional[float] = ..., elevation: _Optional[float] = ..., softness: _Optional[float] = ..., color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ...) -> None: ...

class Backdrop(_message.Message):
    __slots__ = ("picture", "color", "scene")
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    picture: _image_pb2.Image
    color: _image_pb2.Color
    scene: Scene
    def __init__(self, picture: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ..., scene: _Optional[_Union[Scene, _Mapping]] = ...) -> None: ...
