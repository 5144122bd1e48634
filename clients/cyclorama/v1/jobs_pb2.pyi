import datetime

from cyclorama.v1 import background_pb2 as _background_pb2
from cyclorama.v1 import compositing_pb2 as _compositing_pb2
from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import finishing_pb2 as _finishing_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import inpainting_pb2 as _inpainting_pb2
from cyclorama.v1 import scene_pb2 as _scene_pb2
from cyclorama.v1 import segmentation_pb2 as _segmentation_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_QUEUED: _ClassVar[JobState]
    JOB_STATE_RUNNING: _ClassVar[JobState]
    JOB_STATE_SUCCEEDED: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]
    JOB_STATE_PARTIALLY_SUCCEEDED: _ClassVar[JobState]

class JobView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_VIEW_UNSPECIFIED: _ClassVar[JobView]
    JOB_VIEW_BASIC: _ClassVar[JobView]
    JOB_VIEW_FULL: _ClassVar[JobView]
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_QUEUED: JobState
JOB_STATE_RUNNING: JobState
JOB_STATE_SUCCEEDED: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState
JOB_STATE_PARTIALLY_SUCCEEDED: JobState
JOB_VIEW_UNSPECIFIED: JobView
JOB_VIEW_BASIC: JobView
JOB_VIEW_FULL: JobView

class Campaign(_message.Message):
    __slots__ = ("photos", "prompts", "negative_prompt", "sizes", "variants", "seed", "accept_format", "segmentation", "background", "compositing", "inpainting", "delivery", "lettering", "backdrop", "overrides", "finishing", "quality", "ad_timeout", "display_name", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PHOTOS_FIELD_NUMBER: _ClassVar[int]
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    VARIANTS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    COMPOSITING_FIELD_NUMBER: _ClassVar[int]
    INPAINTING_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    LETTERING_FIELD_NUMBER: _ClassVar[int]
    BACKDROP_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    FINISHING_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    AD_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    photos: _containers.RepeatedCompositeFieldContainer[Photo]
    prompts: _containers.RepeatedScalarFieldContainer[str]
    negative_prompt: str
    sizes: _containers.RepeatedCompositeFieldContainer[_image_pb2.Size]
    variants: int
    seed: int
    accept_format: _image_pb2.ImageFormat
    segmentation: _segmentation_pb2.SegmentationOptions
    background: _background_pb2.BackgroundOptions
    compositing: _compositing_pb2.CompositingOptions
    inpainting: _inpainting_pb2.InpaintingOptions
    delivery: _finishing_pb2.Delivery
    lettering: _finishing_pb2.Lettering
    backdrop: _scene_pb2.Backdrop
    overrides: _containers.RepeatedCompositeFieldContainer[Override]
    finishing: _finishing_pb2.FinishingOptions
    quality: _engine_pb2.Quality
    ad_timeout: _duration_pb2.Duration
    display_name: str
    labels: _containers.ScalarMap[str, str]
    def __init__(self, photos: _Optional[_Iterable[_Union[Photo, _Mapping]]] = ..., prompts: _Optional[_Iterable[str]] = ..., negative_prompt: _Optional[str] = ..., sizes: _Optional[_Iterable[_Union[_image_pb2.Size, _Mapping]]] = ..., variants: _Optional[int] = ..., seed: _Optional[int] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., segmentation: _Optional[_Union[_segmentation_pb2.SegmentationOptions, _Mapping]] = ..., background: _Optional[_Union[_background_pb2.BackgroundOptions, _Mapping]] = ..., compositing: _Optional[_Union[_compositing_pb2.CompositingOptions, _Mapping]] = ..., inpainting: _Optional[_Union[_inpainting_pb2.InpaintingOptions, _Mapping]] = ..., delivery: _Optional[_Union[_finishing_pb2.Delivery, _Mapping]] = ..., lettering: _Optional[_Union[_finishing_pb2.Lettering, _Mapping]] = ..., backdrop: _Optional[_Union[_scene_pb2.Backdrop, _Mapping]] = ..., overrides: _Optional[_Iterable[_Union[Override, _Mapping]]] = ..., finishing: _Optional[_Union[_finishing_pb2.FinishingOptions, _Mapping]] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ..., ad_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., display_name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Photo(_message.Message):
    __slots__ = ("image", "name")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    name: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class Override(_message.Message):
    __slots__ = ("photo", "prompt", "size", "variant", "negative_prompt", "seed", "accept_format", "segmentation", "background", "compositing", "inpainting", "delivery", "lettering", "backdrop", "finishing", "quality")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    COMPOSITING_FIELD_NUMBER: _ClassVar[int]
    INPAINTING_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    LETTERING_FIELD_NUMBER: _ClassVar[int]
    BACKDROP_FIELD_NUMBER: _ClassVar[int]
    FINISHING_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    photo: str
    prompt: str
    size: _image_pb2.Size
    variant: int
    negative_prompt: str
    seed: int
    accept_format: _image_pb2.ImageFormat
    segmentation: _segmentation_pb2.SegmentationOptions
    background: _background_pb2.BackgroundOptions
    compositing: _compositing_pb2.CompositingOptions
    inpainting: _inpainting_pb2.InpaintingOptions
    delivery: _finishing_pb2.Delivery
    lettering: _finishing_pb2.Lettering
    backdrop: _scene_pb2.Backdrop
    finishing: _finishing_pb2.FinishingOptions
    quality: _engine_pb2.Quality
    def __init__(self, photo: _Optional[str] = ..., prompt: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., variant: _Optional[int] = ..., negative_prompt: _Optional[str] = ..., seed: _Optional[int] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., segmentation: _Optional[_Union[_segmentation_pb2.SegmentationOptions, _Mapping]] = ..., background: _Optional[_Union[_background_pb2.BackgroundOptions, _Mapping]] = ..., compositing: _Optional[_Union[_compositing_pb2.CompositingOptions, _Mapping]] = ..., inpainting: _Optional[_Union[_inpainting_pb2.InpaintingOptions, _Mapping]] = ..., delivery: _Optional[_Union[_finishing_pb2.Delivery, _Mapping]] = ..., lettering: _Optional[_Union[_finishing_pb2.Lettering, _Mapping]] = ..., backdrop: _Optional[_Union[_scene_pb2.Backdrop, _Mapping]] = ..., finishing: _Optional[_Union[_finishing_pb2.FinishingOptions, _Mapping]] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("name", "state", "create_time", "update_time", "ads", "stages", "counts", "owner", "display_name", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ADS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: JobState
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    ads: _containers.RepeatedCompositeFieldContainer[JobAd]
    stages: _containers.RepeatedCompositeFieldContainer[StageCount]
    counts: AdCounts
    owner: str
    display_name: str
    labels: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ads: _Optional[_Iterable[_Union[JobAd, _Mapping]]] = ..., stages: _Optional[_Iterable[_Union[StageCount, _Mapping]]] = ..., counts: _Optional[_Union[AdCounts, _Mapping]] = ..., owner: _Optional[str] = ..., display_name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class AdCounts(_message.Message):
    __slots__ = ("total", "waiting", "succeeded", "failed", "cancelled")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    total: int
    waiting: int
    succeeded: int
    failed: int
    cancelled: int
    def __init__(self, total: _Optional[int] = ..., waiting: _Optional[int] = ..., succeeded: _Optional[int] = ..., failed: _Optional[int] = ..., cancelled: _Optional[int] = ...) -> None: ...

class StageCount(_message.Message):
    __slots__ = ("stage", "computed", "cached")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    stage: str
    computed: int
    cached: int
    def __init__(self, stage: _Optional[str] = ..., computed: _Optional[int] = ..., cached: _Optional[int] = ...) -> None: ...

class JobAd(_message.Message):
    __slots__ = ("prompt", "size", "seed", "state", "artifact", "error", "manifest", "photo", "photo_name", "warnings", "quality_report", "profile_report", "preview", "engines", "quality", "stage", "stage_fraction", "attempt", "retry_reason")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    PHOTO_NAME_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_REPORT_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FRACTION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    RETRY_REASON_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    size: _image_pb2.Size
    seed: int
    state: JobState
    artifact: str
    error: AdError
    manifest: str
    photo: str
    photo_name: str
    warnings: _containers.RepeatedCompositeFieldContainer[_engine_pb2.Warning]
    quality_report: _finishing_pb2.QualityReport
    profile_report: _finishing_pb2.ProfileReport
    preview: str
    engines: _containers.RepeatedCompositeFieldContainer[StageEngine]
    quality: _engine_pb2.Quality
    stage: str
    stage_fraction: float
    attempt: int
    retry_reason: str
    def __init__(self, prompt: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., seed: _Optional[int] = ..., state: _Optional[_Union[JobState, str]] = ..., artifact: _Optional[str] = ..., error: _Optional[_Union[AdError, _Mapping]] = ..., manifest: _Optional[str] = ..., photo: _Optional[str] = ..., photo_name: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_engine_pb2.Warning, _Mapping]]] = ..., quality_report: _Optional[_Union[_finishing_pb2.QualityReport, _Mapping]] = ..., profile_report: _Optional[_Union[_finishing_pb2.ProfileReport, _Mapping]] = ..., preview: _Optional[str] = ..., engines: _Optional[_Iterable[_Union[StageEngine, _Mapping]]] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ..., stage: _Optional[str] = ..., stage_fraction: _Optional[float] = ..., attempt: _Optional[int] = ..., retry_reason: _Optional[str] = ...) -> None: ...

class AdError(_message.Message):
    __slots__ = ("code", "reason", "message", "stage")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    stage: str
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., stage: _Optional[str] = ...) -> None: ...

class StageEngine(_message.Message):
    __slots__ = ("stage", "engine", "model")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    stage: str
    engine: str
    model: str
    def __init__(self, stage: _Optional[str] = ..., engine: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...
