from cyclorama.v1 import diffusion_pb2 as _diffusion_pb2
from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import scene_pb2 as _scene_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InpaintingOptions(_message.Message):
    __slots__ = ("engine", "denoising_strength", "shadow_strength", "reflection_strength", "diffusion")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DENOISING_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    SHADOW_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    REFLECTION_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    denoising_strength: float
    shadow_strength: float
    reflection_strength: float
    diffusion: _diffusion_pb2.DiffusionOptions
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ..., denoising_strength: _Optional[float] = ..., shadow_strength: _Optional[float] = ..., reflection_strength: _Optional[float] = ..., diffusion: _Optional[_Union[_diffusion_pb2.DiffusionOptions, _Mapping]] = ...) -> None: ...

class InpaintSceneRequest(_message.Message):
    __slots__ = ("composite", "mask", "scene", "prompt", "negative_prompt", "seed", "options", "accept_format", "accept_uri")
    COMPOSITE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_URI_FIELD_NUMBER: _ClassVar[int]
    composite: _image_pb2.Image
    mask: _image_pb2.Image
    scene: _scene_pb2.Scene
    prompt: str
    negative_prompt: str
    seed: int
    options: InpaintingOptions
    accept_format: _image_pb2.ImageFormat
    accept_uri: bool
    def __init__(self, composite: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., seed: _Optional[int] = ..., options: _Optional[_Union[InpaintingOptions, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., accept_uri: _Optional[bool] = ...) -> None: ...

class InpaintSceneResponse(_message.Message):
    __slots__ = ("progress", "result")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _engine_pb2.Progress
    result: InpaintSceneResult
    def __init__(self, progress: _Optional[_Union[_engine_pb2.Progress, _Mapping]] = ..., result: _Optional[_Union[InpaintSceneResult, _Mapping]] = ...) -> None: ...

class InpaintSceneResult(_message.Message):
    __slots__ = ("ad", "seed", "run")
    AD_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    ad: _image_pb2.Image
    seed: int
    run: _engine_pb2.EngineRun
    def __init__(self, ad: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., seed: _Optional[int] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ...) -> None: ...

class InpaintingServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InpaintingServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
