import datetime

from cyclorama.v1 import background_pb2 as _background_pb2
from cyclorama.v1 import compositing_pb2 as _compositing_pb2
from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import finishing_pb2 as _finishing_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import inpainting_pb2 as _inpainting_pb2
from cyclorama.v1 import jobs_pb2 as _jobs_pb2
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

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_SEGMENTATION: _ClassVar[Stage]
    STAGE_BACKGROUND: _ClassVar[Stage]
    STAGE_COMPOSITING: _ClassVar[Stage]
    STAGE_INPAINTING: _ClassVar[Stage]
    STAGE_FINISHING: _ClassVar[Stage]
STAGE_UNSPECIFIED: Stage
STAGE_SEGMENTATION: Stage
STAGE_BACKGROUND: Stage
STAGE_COMPOSITING: Stage
STAGE_INPAINTING: Stage
STAGE_FINISHING: Stage

class CreateAdRequest(_message.Message):
    __slots__ = ("photo", "prompt", "negative_prompt", "size", "seed", "accept_format", "segmentation", "background", "compositing", "inpainting", "finishing", "backdrop", "delivery", "lettering", "reuse", "quality", "mask")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    COMPOSITING_FIELD_NUMBER: _ClassVar[int]
    INPAINTING_FIELD_NUMBER: _ClassVar[int]
    FINISHING_FIELD_NUMBER: _ClassVar[int]
    BACKDROP_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    LETTERING_FIELD_NUMBER: _ClassVar[int]
    REUSE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    photo: _image_pb2.Image
    prompt: str
    negative_prompt: str
    size: _image_pb2.Size
    seed: int
    accept_format: _image_pb2.ImageFormat
    segmentation: _segmentation_pb2.SegmentationOptions
    background: _background_pb2.BackgroundOptions
    compositing: _compositing_pb2.CompositingOptions
    inpainting: _inpainting_pb2.InpaintingOptions
    finishing: _finishing_pb2.FinishingOptions
    backdrop: _scene_pb2.Backdrop
    delivery: _finishing_pb2.Delivery
    lettering: _finishing_pb2.Lettering
    reuse: bool
    quality: _engine_pb2.Quality
    mask: _image_pb2.Image
    def __init__(self, photo: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., seed: _Optional[int] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., segmentation: _Optional[_Union[_segmentation_pb2.SegmentationOptions, _Mapping]] = ..., background: _Optional[_Union[_background_pb2.BackgroundOptions, _Mapping]] = ..., compositing: _Optional[_Union[_compositing_pb2.CompositingOptions, _Mapping]] = ..., inpainting: _Optional[_Union[_inpainting_pb2.InpaintingOptions, _Mapping]] = ..., finishing: _Optional[_Union[_finishing_pb2.FinishingOptions, _Mapping]] = ..., backdrop: _Optional[_Union[_scene_pb2.Backdrop, _Mapping]] = ..., delivery: _Optional[_Union[_finishing_pb2.Delivery, _Mapping]] = ..., lettering: _Optional[_Union[_finishing_pb2.Lettering, _Mapping]] = ..., reuse: _Optional[bool] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ...) -> None: ...

class CreateAdResponse(_message.Message):
    __slots__ = ("started", "progress", "finished", "chunk", "ad", "queued")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    AD_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    started: StageStarted
    progress: StageProgress
    finished: StageFinished
    chunk: AdChunk
    ad: Ad
    queued: AdQueued
    def __init__(self, started: _Optional[_Union[StageStarted, _Mapping]] = ..., progress: _Optional[_Union[StageProgress, _Mapping]] = ..., finished: _Optional[_Union[StageFinished, _Mapping]] = ..., chunk: _Optional[_Union[AdChunk, _Mapping]] = ..., ad: _Optional[_Union[Ad, _Mapping]] = ..., queued: _Optional[_Union[AdQueued, _Mapping]] = ...) -> None: ...

class AdQueued(_message.Message):
    __slots__ = ("ads_before",)
    ADS_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ads_before: int
    def __init__(self, ads_before: _Optional[int] = ...) -> None: ...

class AdChunk(_message.Message):
    __slots__ = ("file", "data", "total_bytes")
    FILE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    file: str
    data: bytes
    total_bytes: int
    def __init__(self, file: _Optional[str] = ..., data: _Optional[bytes] = ..., total_bytes: _Optional[int] = ...) -> None: ...

class StageStarted(_message.Message):
    __slots__ = ("stage",)
    STAGE_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ...) -> None: ...

class StageProgress(_message.Message):
    __slots__ = ("stage", "progress")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    progress: _engine_pb2.Progress
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., progress: _Optional[_Union[_engine_pb2.Progress, _Mapping]] = ...) -> None: ...

class StageFinished(_message.Message):
    __slots__ = ("stage", "run", "cached")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    run: _engine_pb2.EngineRun
    cached: bool
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ..., cached: _Optional[bool] = ...) -> None: ...

class Ad(_message.Message):
    __slots__ = ("image", "manifest", "layers", "layered_file", "quality_report", "profile_report", "quality")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERED_FILE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_REPORT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    manifest: str
    layers: _containers.RepeatedCompositeFieldContainer[_image_pb2.Layer]
    layered_file: bytes
    quality_report: _finishing_pb2.QualityReport
    profile_report: _finishing_pb2.ProfileReport
    quality: _engine_pb2.Quality
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., manifest: _Optional[str] = ..., layers: _Optional[_Iterable[_Union[_image_pb2.Layer, _Mapping]]] = ..., layered_file: _Optional[bytes] = ..., quality_report: _Optional[_Union[_finishing_pb2.QualityReport, _Mapping]] = ..., profile_report: _Optional[_Union[_finishing_pb2.ProfileReport, _Mapping]] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ...) -> None: ...

class ListProfilesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProfilesResponse(_message.Message):
    __slots__ = ("profiles",)
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[Profile]
    def __init__(self, profiles: _Optional[_Iterable[_Union[Profile, _Mapping]]] = ...) -> None: ...

class Profile(_message.Message):
    __slots__ = ("name", "title", "family", "source", "checked", "sizes", "formats")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    family: str
    source: str
    checked: str
    sizes: _containers.RepeatedCompositeFieldContainer[_image_pb2.Size]
    formats: _containers.RepeatedScalarFieldContainer[_image_pb2.ImageFormat]
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., family: _Optional[str] = ..., source: _Optional[str] = ..., checked: _Optional[str] = ..., sizes: _Optional[_Iterable[_Union[_image_pb2.Size, _Mapping]]] = ..., formats: _Optional[_Iterable[_Union[_image_pb2.ImageFormat, str]]] = ...) -> None: ...

class ValidateOptionsRequest(_message.Message):
    __slots__ = ("delivery", "size", "accept_format", "lettering", "backdrop", "compositing", "inpainting")
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    LETTERING_FIELD_NUMBER: _ClassVar[int]
    BACKDROP_FIELD_NUMBER: _ClassVar[int]
    COMPOSITING_FIELD_NUMBER: _ClassVar[int]
    INPAINTING_FIELD_NUMBER: _ClassVar[int]
    delivery: _finishing_pb2.Delivery
    size: _image_pb2.Size
    accept_format: _image_pb2.ImageFormat
    lettering: _finishing_pb2.Lettering
    backdrop: _scene_pb2.Backdrop
    compositing: _compositing_pb2.CompositingOptions
    inpainting: _inpainting_pb2.InpaintingOptions
    def __init__(self, delivery: _Optional[_Union[_finishing_pb2.Delivery, _Mapping]] = ..., size: _Optional[_Union[_image_pb2.Size, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., lettering: _Optional[_Union[_finishing_pb2.Lettering, _Mapping]] = ..., backdrop: _Optional[_Union[_scene_pb2.Backdrop, _Mapping]] = ..., compositing: _Optional[_Union[_compositing_pb2.CompositingOptions, _Mapping]] = ..., inpainting: _Optional[_Union[_inpainting_pb2.InpaintingOptions, _Mapping]] = ...) -> None: ...

class ValidateOptionsResponse(_message.Message):
    __slots__ = ("contradictions",)
    CONTRADICTIONS_FIELD_NUMBER: _ClassVar[int]
    contradictions: _containers.RepeatedCompositeFieldContainer[Contradiction]
    def __init__(self, contradictions: _Optional[_Iterable[_Union[Contradiction, _Mapping]]] = ...) -> None: ...

class Contradiction(_message.Message):
    __slots__ = ("field", "description", "rejected")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    rejected: bool
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ..., rejected: _Optional[bool] = ...) -> None: ...

class AdServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AdServiceListEnginesResponse(_message.Message):
    __slots__ = ("stages", "version")
    STAGES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[StageEngines]
    version: str
    def __init__(self, stages: _Optional[_Iterable[_Union[StageEngines, _Mapping]]] = ..., version: _Optional[str] = ...) -> None: ...

class StageEngines(_message.Message):
    __slots__ = ("stage", "reachable", "engines")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    REACHABLE_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    reachable: bool
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., reachable: _Optional[bool] = ..., engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...

class SubmitJobRequest(_message.Message):
    __slots__ = ("request_id", "campaign", "priority")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    campaign: _jobs_pb2.Campaign
    priority: int
    def __init__(self, request_id: _Optional[str] = ..., campaign: _Optional[_Union[_jobs_pb2.Campaign, _Mapping]] = ..., priority: _Optional[int] = ...) -> None: ...

class SubmitJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("name", "view")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    name: str
    view: _jobs_pb2.JobView
    def __init__(self, name: _Optional[str] = ..., view: _Optional[_Union[_jobs_pb2.JobView, str]] = ...) -> None: ...

class GetJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states", "created_from", "created_before", "labels", "owner")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    CREATED_FROM_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[_jobs_pb2.JobState]
    created_from: _timestamp_pb2.Timestamp
    created_before: _timestamp_pb2.Timestamp
    labels: _containers.ScalarMap[str, str]
    owner: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[_jobs_pb2.JobState, str]]] = ..., created_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., owner: _Optional[str] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[_jobs_pb2.Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("name", "after_sequence", "with_stages")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    WITH_STAGES_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    with_stages: bool
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ..., with_stages: _Optional[bool] = ...) -> None: ...

class WatchJobResponse(_message.Message):
    __slots__ = ("sequence", "job", "positions")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    job: _jobs_pb2.Job
    positions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, sequence: _Optional[int] = ..., job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ..., positions: _Optional[_Iterable[int]] = ...) -> None: ...

class WaitJobRequest(_message.Message):
    __slots__ = ("name", "timeout", "view")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    name: str
    timeout: _duration_pb2.Duration
    view: _jobs_pb2.JobView
    def __init__(self, name: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., view: _Optional[_Union[_jobs_pb2.JobView, str]] = ...) -> None: ...

class WaitJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CancelJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class RetryJobRequest(_message.Message):
    __slots__ = ("name", "positions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    positions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., positions: _Optional[_Iterable[int]] = ...) -> None: ...

class RetryJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ...) -> None: ...

class DeleteJobRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteJobResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetArtifactRequest(_message.Message):
    __slots__ = ("name", "offset")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class GetArtifactResponse(_message.Message):
    __slots__ = ("data", "total_bytes")
    DATA_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    total_bytes: int
    def __init__(self, data: _Optional[bytes] = ..., total_bytes: _Optional[int] = ...) -> None: ...

class UploadImageRequest(_message.Message):
    __slots__ = ("image",)
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ...) -> None: ...

class UploadImageResponse(_message.Message):
    __slots__ = ("image",)
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ...) -> None: ...

class VerifyAdRequest(_message.Message):
    __slots__ = ("image", "manifest")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    manifest: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., manifest: _Optional[str] = ...) -> None: ...

class VerifyAdResponse(_message.Message):
    __slots__ = ("locked", "verdict", "file_unchanged", "pixels_unchanged", "differing", "source", "record_matches", "credentials", "authentic")
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FILE_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    PIXELS_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RECORD_MATCHES_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    AUTHENTIC_FIELD_NUMBER: _ClassVar[int]
    locked: bool
    verdict: str
    file_unchanged: bool
    pixels_unchanged: bool
    differing: _containers.RepeatedCompositeFieldContainer[_image_pb2.Box]
    source: str
    record_matches: bool
    credentials: _finishing_pb2.CredentialsReport
    authentic: bool
    def __init__(self, locked: _Optional[bool] = ..., verdict: _Optional[str] = ..., file_unchanged: _Optional[bool] = ..., pixels_unchanged: _Optional[bool] = ..., differing: _Optional[_Iterable[_Union[_image_pb2.Box, _Mapping]]] = ..., source: _Optional[str] = ..., record_matches: _Optional[bool] = ..., credentials: _Optional[_Union[_finishing_pb2.CredentialsReport, _Mapping]] = ..., authentic: _Optional[bool] = ...) -> None: ...

class CheckAdRequest(_message.Message):
    __slots__ = ("image", "profile", "file_name")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    profile: str
    file_name: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., profile: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...

class CheckAdResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: _finishing_pb2.ProfileReport
    def __init__(self, report: _Optional[_Union[_finishing_pb2.ProfileReport, _Mapping]] = ...) -> None: ...

class AssessAdRequest(_message.Message):
    __slots__ = ("image", "manifest")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    manifest: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., manifest: _Optional[str] = ...) -> None: ...

class AssessAdResponse(_message.Message):
    __slots__ = ("quality_report", "product_found")
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FOUND_FIELD_NUMBER: _ClassVar[int]
    quality_report: _finishing_pb2.QualityReport
    product_found: bool
    def __init__(self, quality_report: _Optional[_Union[_finishing_pb2.QualityReport, _Mapping]] = ..., product_found: _Optional[bool] = ...) -> None: ...
