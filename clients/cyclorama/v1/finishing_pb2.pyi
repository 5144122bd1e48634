import datetime

from cyclorama.v1 import background_pb2 as _background_pb2
from cyclorama.v1 import compositing_pb2 as _compositing_pb2
from cyclorama.v1 import engine_pb2 as _engine_pb2
from cyclorama.v1 import image_pb2 as _image_pb2
from cyclorama.v1 import scene_pb2 as _scene_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TextLook(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT_LOOK_UNSPECIFIED: _ClassVar[TextLook]
    TEXT_LOOK_MODERN: _ClassVar[TextLook]
    TEXT_LOOK_EDITORIAL: _ClassVar[TextLook]
    TEXT_LOOK_LIGHT: _ClassVar[TextLook]
    TEXT_LOOK_POSTER: _ClassVar[TextLook]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_PASS: _ClassVar[Verdict]
    VERDICT_WARN: _ClassVar[Verdict]
    VERDICT_FAIL: _ClassVar[Verdict]
    VERDICT_UNKNOWN: _ClassVar[Verdict]

class CredentialsState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIALS_STATE_UNSPECIFIED: _ClassVar[CredentialsState]
    CREDENTIALS_STATE_TRUSTED: _ClassVar[CredentialsState]
    CREDENTIALS_STATE_UNKNOWN_SIGNER: _ClassVar[CredentialsState]
    CREDENTIALS_STATE_INVALID: _ClassVar[CredentialsState]
    CREDENTIALS_STATE_ABSENT: _ClassVar[CredentialsState]
TEXT_LOOK_UNSPECIFIED: TextLook
TEXT_LOOK_MODERN: TextLook
TEXT_LOOK_EDITORIAL: TextLook
TEXT_LOOK_LIGHT: TextLook
TEXT_LOOK_POSTER: TextLook
VERDICT_UNSPECIFIED: Verdict
VERDICT_PASS: Verdict
VERDICT_WARN: Verdict
VERDICT_FAIL: Verdict
VERDICT_UNKNOWN: Verdict
CREDENTIALS_STATE_UNSPECIFIED: CredentialsState
CREDENTIALS_STATE_TRUSTED: CredentialsState
CREDENTIALS_STATE_UNKNOWN_SIGNER: CredentialsState
CREDENTIALS_STATE_INVALID: CredentialsState
CREDENTIALS_STATE_ABSENT: CredentialsState

class FinishingOptions(_message.Message):
    __slots__ = ("engine",)
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: _engine_pb2.EngineChoice
    def __init__(self, engine: _Optional[_Union[_engine_pb2.EngineChoice, _Mapping]] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("quality", "max_kilobytes", "dpi", "layers", "layered_file", "profile")
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MAX_KILOBYTES_FIELD_NUMBER: _ClassVar[int]
    DPI_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERED_FILE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    quality: int
    max_kilobytes: int
    dpi: float
    layers: bool
    layered_file: bool
    profile: str
    def __init__(self, quality: _Optional[int] = ..., max_kilobytes: _Optional[int] = ..., dpi: _Optional[float] = ..., layers: _Optional[bool] = ..., layered_file: _Optional[bool] = ..., profile: _Optional[str] = ...) -> None: ...

class Lettering(_message.Message):
    __slots__ = ("headline", "call_to_action", "logo", "top", "right", "bottom", "left", "anchor", "size", "color", "button_color", "font", "font_file", "without_veil", "look", "earlier_box")
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    CALL_TO_ACTION_FIELD_NUMBER: _ClassVar[int]
    LOGO_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    BUTTON_COLOR_FIELD_NUMBER: _ClassVar[int]
    FONT_FIELD_NUMBER: _ClassVar[int]
    FONT_FILE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_VEIL_FIELD_NUMBER: _ClassVar[int]
    LOOK_FIELD_NUMBER: _ClassVar[int]
    EARLIER_BOX_FIELD_NUMBER: _ClassVar[int]
    headline: str
    call_to_action: str
    logo: _image_pb2.Image
    top: float
    right: float
    bottom: float
    left: float
    anchor: _compositing_pb2.Anchor
    size: float
    color: _image_pb2.Color
    button_color: _image_pb2.Color
    font: str
    font_file: _image_pb2.Image
    without_veil: bool
    look: TextLook
    earlier_box: _image_pb2.Box
    def __init__(self, headline: _Optional[str] = ..., call_to_action: _Optional[str] = ..., logo: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ..., left: _Optional[float] = ..., anchor: _Optional[_Union[_compositing_pb2.Anchor, str]] = ..., size: _Optional[float] = ..., color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ..., button_color: _Optional[_Union[_image_pb2.Color, _Mapping]] = ..., font: _Optional[str] = ..., font_file: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., without_veil: _Optional[bool] = ..., look: _Optional[_Union[TextLook, str]] = ..., earlier_box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ...) -> None: ...

class FinishAdRequest(_message.Message):
    __slots__ = ("ad", "mask", "composite", "layers", "delivery", "accept_format", "generative", "record", "circumstances", "lettering", "options", "accept_uri", "quality", "stages", "photo")
    AD_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    COMPOSITE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    GENERATIVE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    CIRCUMSTANCES_FIELD_NUMBER: _ClassVar[int]
    LETTERING_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_URI_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    ad: _image_pb2.Image
    mask: _image_pb2.Image
    composite: _image_pb2.Image
    layers: _containers.RepeatedCompositeFieldContainer[_image_pb2.Layer]
    delivery: Delivery
    accept_format: _image_pb2.ImageFormat
    generative: bool
    record: str
    circumstances: Circumstances
    lettering: Lettering
    options: FinishingOptions
    accept_uri: bool
    quality: _engine_pb2.Quality
    stages: _containers.RepeatedCompositeFieldContainer[StageRun]
    photo: PhotoRecord
    def __init__(self, ad: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., composite: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., layers: _Optional[_Iterable[_Union[_image_pb2.Layer, _Mapping]]] = ..., delivery: _Optional[_Union[Delivery, _Mapping]] = ..., accept_format: _Optional[_Union[_image_pb2.ImageFormat, str]] = ..., generative: _Optional[bool] = ..., record: _Optional[str] = ..., circumstances: _Optional[_Union[Circumstances, _Mapping]] = ..., lettering: _Optional[_Union[Lettering, _Mapping]] = ..., options: _Optional[_Union[FinishingOptions, _Mapping]] = ..., accept_uri: _Optional[bool] = ..., quality: _Optional[_Union[_engine_pb2.Quality, str]] = ..., stages: _Optional[_Iterable[_Union[StageRun, _Mapping]]] = ..., photo: _Optional[_Union[PhotoRecord, _Mapping]] = ...) -> None: ...

class StageRun(_message.Message):
    __slots__ = ("stage", "engine", "version", "model", "generative")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    GENERATIVE_FIELD_NUMBER: _ClassVar[int]
    stage: str
    engine: str
    version: str
    model: str
    generative: bool
    def __init__(self, stage: _Optional[str] = ..., engine: _Optional[str] = ..., version: _Optional[str] = ..., model: _Optional[str] = ..., generative: _Optional[bool] = ...) -> None: ...

class PhotoRecord(_message.Message):
    __slots__ = ("sha256", "credentials")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    credentials: bytes
    def __init__(self, sha256: _Optional[str] = ..., credentials: _Optional[bytes] = ...) -> None: ...

class FinishAdResponse(_message.Message):
    __slots__ = ("progress", "result")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _engine_pb2.Progress
    result: FinishAdResult
    def __init__(self, progress: _Optional[_Union[_engine_pb2.Progress, _Mapping]] = ..., result: _Optional[_Union[FinishAdResult, _Mapping]] = ...) -> None: ...

class Circumstances(_message.Message):
    __slots__ = ("confidence", "doubt", "cut_sides", "transparent_share", "view", "scene", "placement", "color_shift", "shown_prompt", "has_lettering", "product")
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DOUBT_FIELD_NUMBER: _ClassVar[int]
    CUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    TRANSPARENT_SHARE_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    COLOR_SHIFT_FIELD_NUMBER: _ClassVar[int]
    SHOWN_PROMPT_FIELD_NUMBER: _ClassVar[int]
    HAS_LETTERING_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    doubt: str
    cut_sides: _containers.RepeatedScalarFieldContainer[_image_pb2.Side]
    transparent_share: float
    view: _scene_pb2.View
    scene: _scene_pb2.Scene
    placement: _compositing_pb2.Placement
    color_shift: float
    shown_prompt: _background_pb2.ShownPrompt
    has_lettering: bool
    product: str
    def __init__(self, confidence: _Optional[float] = ..., doubt: _Optional[str] = ..., cut_sides: _Optional[_Iterable[_Union[_image_pb2.Side, str]]] = ..., transparent_share: _Optional[float] = ..., view: _Optional[_Union[_scene_pb2.View, _Mapping]] = ..., scene: _Optional[_Union[_scene_pb2.Scene, _Mapping]] = ..., placement: _Optional[_Union[_compositing_pb2.Placement, _Mapping]] = ..., color_shift: _Optional[float] = ..., shown_prompt: _Optional[_Union[_background_pb2.ShownPrompt, _Mapping]] = ..., has_lettering: _Optional[bool] = ..., product: _Optional[str] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("name", "measured", "limit", "verdict", "note", "value", "unit", "remedy", "cost", "box")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    name: str
    measured: str
    limit: str
    verdict: Verdict
    note: str
    value: float
    unit: str
    remedy: str
    cost: float
    box: _image_pb2.Box
    def __init__(self, name: _Optional[str] = ..., measured: _Optional[str] = ..., limit: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., note: _Optional[str] = ..., value: _Optional[float] = ..., unit: _Optional[str] = ..., remedy: _Optional[str] = ..., cost: _Optional[float] = ..., box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ...) -> None: ...

class ProfileReport(_message.Message):
    __slots__ = ("profile", "source", "checked", "findings", "passed")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    profile: str
    source: str
    checked: str
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    passed: bool
    def __init__(self, profile: _Optional[str] = ..., source: _Optional[str] = ..., checked: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., passed: _Optional[bool] = ...) -> None: ...

class QualityReport(_message.Message):
    __slots__ = ("findings", "score", "reasons", "flaw_probability")
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    FLAW_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    score: float
    reasons: str
    flaw_probability: float
    def __init__(self, findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., score: _Optional[float] = ..., reasons: _Optional[str] = ..., flaw_probability: _Optional[float] = ...) -> None: ...

class FinishAdResult(_message.Message):
    __slots__ = ("file", "quality", "layers", "layered_file", "pixel_lock", "quality_report", "profile_report", "run", "unsigned_sha256")
    FILE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERED_FILE_FIELD_NUMBER: _ClassVar[int]
    PIXEL_LOCK_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_REPORT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    UNSIGNED_SHA256_FIELD_NUMBER: _ClassVar[int]
    file: _image_pb2.Image
    quality: int
    layers: _containers.RepeatedCompositeFieldContainer[_image_pb2.Layer]
    layered_file: bytes
    pixel_lock: str
    quality_report: QualityReport
    profile_report: ProfileReport
    run: _engine_pb2.EngineRun
    unsigned_sha256: str
    def __init__(self, file: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., quality: _Optional[int] = ..., layers: _Optional[_Iterable[_Union[_image_pb2.Layer, _Mapping]]] = ..., layered_file: _Optional[bytes] = ..., pixel_lock: _Optional[str] = ..., quality_report: _Optional[_Union[QualityReport, _Mapping]] = ..., profile_report: _Optional[_Union[ProfileReport, _Mapping]] = ..., run: _Optional[_Union[_engine_pb2.EngineRun, _Mapping]] = ..., unsigned_sha256: _Optional[str] = ...) -> None: ...

class VerifyFileRequest(_message.Message):
    __slots__ = ("image", "pixel_lock")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PIXEL_LOCK_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    pixel_lock: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., pixel_lock: _Optional[str] = ...) -> None: ...

class VerifyFileResponse(_message.Message):
    __slots__ = ("locked", "pixels_unchanged", "verdict", "differing", "source", "record", "credentials")
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    PIXELS_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    locked: bool
    pixels_unchanged: bool
    verdict: str
    differing: _containers.RepeatedCompositeFieldContainer[_image_pb2.Box]
    source: str
    record: str
    credentials: CredentialsReport
    def __init__(self, locked: _Optional[bool] = ..., pixels_unchanged: _Optional[bool] = ..., verdict: _Optional[str] = ..., differing: _Optional[_Iterable[_Union[_image_pb2.Box, _Mapping]]] = ..., source: _Optional[str] = ..., record: _Optional[str] = ..., credentials: _Optional[_Union[CredentialsReport, _Mapping]] = ...) -> None: ...

class CredentialsReport(_message.Message):
    __slots__ = ("state", "verdict", "signer", "issuer", "signed_at", "lock_matches", "source", "problems", "has_trust_list")
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_FIELD_NUMBER: _ClassVar[int]
    LOCK_MATCHES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    HAS_TRUST_LIST_FIELD_NUMBER: _ClassVar[int]
    state: CredentialsState
    verdict: str
    signer: str
    issuer: str
    signed_at: _timestamp_pb2.Timestamp
    lock_matches: bool
    source: str
    problems: _containers.RepeatedScalarFieldContainer[str]
    has_trust_list: bool
    def __init__(self, state: _Optional[_Union[CredentialsState, str]] = ..., verdict: _Optional[str] = ..., signer: _Optional[str] = ..., issuer: _Optional[str] = ..., signed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lock_matches: _Optional[bool] = ..., source: _Optional[str] = ..., problems: _Optional[_Iterable[str]] = ..., has_trust_list: _Optional[bool] = ...) -> None: ...

class CheckFileRequest(_message.Message):
    __slots__ = ("image", "profile", "file_name")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    profile: str
    file_name: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., profile: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...

class CheckFileResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: ProfileReport
    def __init__(self, report: _Optional[_Union[ProfileReport, _Mapping]] = ...) -> None: ...

class AssessFileRequest(_message.Message):
    __slots__ = ("image", "mask", "circumstances", "mask_box", "pixel_lock")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    CIRCUMSTANCES_FIELD_NUMBER: _ClassVar[int]
    MASK_BOX_FIELD_NUMBER: _ClassVar[int]
    PIXEL_LOCK_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    mask: _image_pb2.Image
    circumstances: Circumstances
    mask_box: _image_pb2.Box
    pixel_lock: str
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., mask: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., circumstances: _Optional[_Union[Circumstances, _Mapping]] = ..., mask_box: _Optional[_Union[_image_pb2.Box, _Mapping]] = ..., pixel_lock: _Optional[str] = ...) -> None: ...

class AssessFileResponse(_message.Message):
    __slots__ = ("quality_report",)
    QUALITY_REPORT_FIELD_NUMBER: _ClassVar[int]
    quality_report: QualityReport
    def __init__(self, quality_report: _Optional[_Union[QualityReport, _Mapping]] = ...) -> None: ...

class FinishingServiceListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FinishingServiceListEnginesResponse(_message.Message):
    __slots__ = ("engines",)
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_engine_pb2.EngineStatus]
    def __init__(self, engines: _Optional[_Iterable[_Union[_engine_pb2.EngineStatus, _Mapping]]] = ...) -> None: ...
