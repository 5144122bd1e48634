from cyclorama.v1 import diffusion_pb2 as _diffusion_pb2
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

class FollowPhoto(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FOLLOW_PHOTO_UNSPECIFIED: _ClassVar[FollowPhoto]
    FOLLOW_PHOTO_EXACTLY: _ClassVar[FollowPhoto]
    FOLLOW_PHOTO_IN_STEPS: _ClassVar[FollowPhoto]
    FOLLOW_PHOTO_NEVER: _ClassVar[FollowPhoto]
FOLLOW_PHOTO_UNSPECIFIED: FollowPhoto
FOLLOW_PHOTO_EXACTLY: FollowPhoto
FOLLOW_PHOTO_IN_STEPS: FollowPhoto
FOLLOW_PHOTO_NEVER: FollowPhoto

class BackgroundOptions(_message.Message):
    __slots__ = ("engine", "camera_pitch", "diffusion", "product", "product_to_negative", "product_height_mm", "follow_photo")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_PITCH_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_TO_NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_HEIGHT_MM_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_PHOTO_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    camera_pitch: float
    diffusion: _diffusion_pb2.DiffusionOptions
    product: str
    product_to_negative: bool
    product_height_mm: float
    follow_photo: FollowPhoto
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., camera_pitch: _Optional[float] = ..., diffusion: _Optional[_Union[_diffusion_pb2.DiffusionOptions, _Mapping]] = ..., product: _Optional[str] = ..., product_to_negative: _Optional[bool] = ..., product_height_mm: _Optional[float] = ..., follow_photo: _Optional[_Union[FollowPhoto, str]] = ...) -> None: ...

class GenerateBackgroundRequest(_message.Message):
    __slots__ = ("prompt", "negative_prompt", "size", "seed", "options", "accept_format", "accept_uri", "view", "quality")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_URI_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    negative_prompt: str
    size: _image_pb2.Size
    seed: int
    options: BackgroundOptions
    accept_format: _image_pb2.ImageFormat
    accept_uri: bool
    view: _scene_pb2.View
    quality: _engine_pb2.Quality
    def __init__(self, prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., seed: _Optional[int] = ..., options: _Optional[_Union[BackgroundOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., accept_uri: _Optional[bool] = ..., view: _Optional[_Union[_scene_pb2.View, _Mapping]] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ...) -> None: ...

class GenerateBackgroundResponse(_message.Message):
    __slots__ = ("progress", "result")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _engine_pb2.Progress
    result: GenerateBackgroundResult
    def __init__(self, progress: _Optional[_Union[_engine_pb2.Progress, _Mapping]] = ..., result: _Optional[_Union[GenerateBackgroundResult, _Mapping]] = ...) -> None: ...

class GenerateBackgroundResult(_message.Message):
    __slots__ = ("background", "scene", "seed", "origin", "run", "shown_prompt")
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    SHOWN_PROMPT_FIELD_NUMBER: _ClassVar[int]
    background: _image_pb2.Image
    scene: _scene_pb2.Scene
    seed: int
    origin: str
    run: _engine_pb2.EngineRun
    shown_prompt: ShownPrompt
    def __init__(self, background: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., seed: _Optional[int] = ..., origin: _Optional[str] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ..., shown_prompt: _Optional[_Union[ShownPrompt, _Mapping]] = ...) -> None: ...

class ShownPrompt(_message.Message):
    __slots__ = ("shown", "left_out", "place", "names_place")
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    NAMES_PLACE_FIELD_NUMBER: _ClassVar[int]
    shown: _containers.RepeatedScalarFieldContainer[str]
    left_out: _containers.RepeatedCompositeFieldContainer[_engine_pb2.LeftOut]
    place: str
    names_place: bool
    def __init__(self, shown: _Optional[_Iterable[str]] = ..., left_out: _Optional[_Iterable[_Union[_engine_pb2.LeftOut, _Mapping]]] = ..., place: _Optional[str] = ..., names_place: _Optional[bool] = ...) -> None: ...

class BackgroundServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BackgroundServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
