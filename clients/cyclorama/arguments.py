"""Keyword arguments of the client's calls, and the fields of requests that they set."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from google.protobuf.message import Message

from cyclorama.checks import check_flag, check_text, describe
from cyclorama.messages import UnknownArgument, set_message_field, set_message_fields
from cyclorama.pictures import PictureLike
from cyclorama.stage_options import (
    AdOptions,
    AnchorName,
    BackgroundFields,
    BoxFields,
    ColorLike,
    CompositingFields,
    EdgeName,
    FinishingFields,
    FollowPhotoName,
    FontName,
    InpaintingFields,
    MarginFields,
    PhotoShadowName,
    PointFields,
    SegmentationFields,
    ShadowFields,
    ShadowName,
    SpotFields,
    StageName,
    StanceName,
    TextAnchorName,
    TextLookName,
)
from cyclorama.stages import STAGES
from cyclorama.v1 import image_pb2, jobs_pb2, scene_pb2

StateName = Literal["queued", "running", "succeeded", "partially_succeeded", "failed", "cancelled"]
"""A state of a job."""
SizeLike = str | tuple[int, int]
"""A size in pixels: "1024x768", or (width, height)."""
FormatName = Literal[
    "png", "jpg", "jpeg", "webp", "avif", "tif", "tiff", "raw_rgb", "raw_rgba", "raw_gray"
]


class CutoutArguments(TypedDict, total=False):
    """How the product is cut out of its photo.

    edge: of the cut-out: "normal", "fine" for fur, cloth and blurred outlines, or "mask" to use the
    gray levels of the mask unchanged. box: a box around the product, (x, y, width, height) in
    pixels of the photo. points: (x, y) on the product, or mappings with "outside" for points off
    it. opaque: whether glass stays opaque. photo_shadow: "remove" or "keep" the soft shadow of a
    photo that is already cut out.
    """

    edge: EdgeName
    box: BoxFields | Sequence[int]
    points: Sequence[PointFields | Sequence[float]]
    opaque: bool
    photo_shadow: PhotoShadowName


class SceneArguments(TypedDict, total=False):
    """How the scene is made.

    product: what the product is, such as "perfume bottle". product_height_mm: height of the product
    in millimeters, 1 to 10000; the things in the scene are scaled to it. camera_pitch: downward
    tilt of the camera in degrees, 0 to 90. follow_photo: whether the scene follows the photo's
    camera and light, "exactly", "in_steps" or "never".
    """

    product: str
    product_height_mm: float
    camera_pitch: float
    follow_photo: FollowPhotoName


class PlacementArguments(TypedDict, total=False):
    """Where the product is, and how it is placed.

    anchor: side or corner of the picture at which the product is placed, such as "bottom_left".
    stance: "standing", "floating", "lying" or "hanging". offset_x: shift to the right as a share of
    the picture's width, -1 to 1. offset_y: shift down as a share of the picture's height, -1 to 1.
    margins: strips at the edges that stay free of the product, as shares of the picture's width and
    height, 0 to 0.45: one number for all four, or a mapping by side. rotation: of the product,
    clockwise in degrees, -180 to 180. flip: whether the product is mirrored. width_share: largest
    width of the product as a share of the picture's width, 0.05 to 1. height_share: largest height
    of the product as a share of the picture's height, 0.05 to 1. area_share: area of the product as
    a share of the picture's area, instead of width_share and height_share. spot: exact position and
    size of the product, instead of anchor, offsets, margins and shares: (center_x, center_y,
    width), the middle and the width of its box as shares of the picture's width and height, such as
    (0.5, 0.6, 0.4). tint: how far the product's colors follow those around it, 0 to 0.5. locked:
    whether the product's colors are not tinted at all. shadow: "drop", "cast",
    "contact", "ground" or "none". shadow_opacity: opacity of the shadow, 0 to 1.
    """

    anchor: AnchorName
    stance: StanceName
    offset_x: float
    offset_y: float
    margins: MarginFields | float
    rotation: float
    flip: bool
    width_share: float
    height_share: float
    area_share: float
    spot: SpotFields | Sequence[float]
    tint: float
    locked: bool
    shadow: ShadowName | ShadowFields
    shadow_opacity: float


class InpaintingArguments(TypedDict, total=False):
    """How the scene reacts to the product.

    denoising_strength: how much a diffusion model may change around the product, 0 to 1.
    shadow_strength: of the product's shadows, 0 to 1.5, default 1. reflection_strength: of the
    product's reflections, 0 to 1.5, default 1.
    """

    denoising_strength: float
    shadow_strength: float
    reflection_strength: float


class LetteringArguments(TypedDict, total=False):
    """Text and logo on the ad.

    headline: at most 120 characters; line breaks are kept. call_to_action: text of a button, at
    most 40 characters. logo: a picture, best with transparency. text_anchor: side or corner where
    headline, button and logo are, such as "top_left"; by default in a calm part of the picture.
    text_size: the headline's font size as a share of the picture's shorter side, 0.03 to 0.4.
    text_color: color of the headline, such as "#1d3557". button_color: color of the button, such as
    "#e63946". text_look: font, spacing, alignment and button in one, "modern", "editorial", "light"
    or "poster"; by default one that suits the prompt. font: "inter-bold", "garamond" or another one
    of FontName, in place of the look's. font_file: a TTF, OTF or WOFF2 file of at most 4 MiB, in
    place of `font`. text_margins: strips at the edges that stay free of
    headline, button and logo, by side, as shares of the picture's width and height.
    without_veil: whether nothing is drawn behind text or a logo that lacks contrast.
    """

    headline: str
    call_to_action: str
    logo: PictureLike
    text_anchor: TextAnchorName
    text_size: float
    text_look: TextLookName
    text_color: ColorLike
    button_color: ColorLike
    font: FontName
    font_file: PictureLike
    text_margins: MarginFields
    without_veil: bool


class FileArguments(TypedDict, total=False):
    """The file of the ad.

    profile: the platform whose rules the ad must meet, such as "amazon-main". quality: quality of
    lossy formats, 1 to 100. max_kb: largest size of the file in kilobytes of 1000 bytes. dpi: dots
    per inch. layers: whether the result contains the layers too, as pictures. layered_file: whether
    the result contains the layers as a Photoshop file.
    """

    profile: str
    quality: int
    max_kb: int
    dpi: float
    layers: bool
    layered_file: bool


class PictureArguments(
    CutoutArguments,
    SceneArguments,
    PlacementArguments,
    InpaintingArguments,
    LetteringArguments,
    FileArguments,
    total=False,
):
    """Optional arguments that an ad, a campaign and its overrides have in common.

    negative_prompt: what the scene should not show, at most 2000 characters. seed: 0 to 2147483647;
    equal seeds give equal pictures from equal engines; the default is a random one. format: of the
    file, such as "png" (default) or "jpg". draft: whether to make a draft: the same composition in
    half the width and height, in about a quarter of the time. backdrop: a color or a picture
    instead of a generated scene. engines: names of engines by stage, such as {"segmentation":
    "classic"}. options: all options of the stages, such as {"background": {"diffusion": {"steps":
    20}}}.
    """

    negative_prompt: str
    seed: int
    format: FormatName
    draft: bool
    backdrop: PictureLike | ColorLike
    engines: Mapping[StageName, str]
    options: AdOptions


class AdArguments(PictureArguments, total=False):
    """Optional arguments of Client.create_ad.

    size: "1024x768" or (width, height) in pixels, 50 to 4096 each, default 1024 x 1024. reuse:
    whether the results of stages are cached, and cached results of equal requests are used. mask: a
    picture with the photo's aspect ratio that is light where the product is, for a cut-out
    corrected by hand.
    """

    size: SizeLike
    reuse: bool
    mask: PictureLike


class OverrideArguments(PictureArguments, total=False):
    """Changes for some of the ads of a campaign.

    photo: changes ads of this photo only: the name of its file, the SHA-256 of its bytes, or the
    picture itself, such as a Path. prompt: changes ads with this prompt only. size: changes ads of
    this size only. variant: changes ads with this number of the variant only, counted from 0.
    Without any of the four, all ads are changed.
    """

    photo: PictureLike
    prompt: str
    size: SizeLike
    variant: int


class CampaignArguments(PictureArguments, total=False):
    """Optional arguments of Jobs.submit.

    sizes: one or several, as "1024x768" or (width, height) in pixels, default 1024 x 1024.
    variants: ads per prompt and size that differ by seed, 1 to 16, default 1. overrides: changes
    for some of the ads, such as {"size": "728x90", "headline": "New"} for all ads of a size; see
    OverrideArguments. priority: 0 to 9, default 0; higher priorities run first. request_id: a UUID.
    Submitting it again returns the job that it started, so a submission can be retried safely.
    display_name: name of the job for people. labels: of the job, by name; Jobs.list filters by
    them. ad_timeout: seconds, or a timedelta, after which an unfinished ad fails; the other ads
    continue.
    """

    sizes: SizeLike | Sequence[SizeLike]
    variants: int
    overrides: OverrideArguments | Sequence[OverrideArguments]
    priority: int
    request_id: str
    display_name: str
    labels: Mapping[str, str]
    ad_timeout: float | timedelta


class ListArguments(TypedDict, total=False):
    """Optional arguments of Jobs.list.

    created_from: only jobs submitted at this time or later; a time without a zone is in UTC.
    created_before: only jobs submitted before this time; a time without a zone is in UTC. labels:
    only jobs that have all of these labels. owner: only jobs submitted by this caller; for admins.
    """

    created_from: datetime
    created_before: datetime
    labels: Mapping[str, str]
    owner: str


class SegmentArguments(CutoutArguments, total=False):
    """Optional arguments of Client.segment.

    product: what the product is, such as "wine glass". format: of the cut-out, such as "png".
    engine: the name of the engine. options: all options of the stage.
    """

    product: str
    format: FormatName
    engine: str
    options: SegmentationFields


class GenerateArguments(SceneArguments, total=False):
    """Optional arguments of Client.generate.

    negative_prompt: what the scene should not show. size: "1024x768" or (width, height) in pixels,
    256 to 2048 each. seed: 0 to 2147483647. format: such as "png". draft: whether to render half
    the width and height with fewer samples, which is faster. engine: the name of the engine.
    options: all options of the stage. view: how the photo shows the product, a
    cyclorama.v1.scene_pb2.View such as `reply.view` of a Cutout: the scene follows its camera and
    its light.
    """

    negative_prompt: str
    size: SizeLike
    seed: int
    format: FormatName
    draft: bool
    engine: str
    options: BackgroundFields
    view: scene_pb2.View | None


class CompositeArguments(PlacementArguments, total=False):
    """Optional arguments of Client.composite.

    size: "1024x768" or (width, height) in pixels, by default that of the background. format: such
    as "png". engine: the name of the engine. options: all options of the stage. scene: the
    background's light and ground, a cyclorama.v1.scene_pb2.Scene. cut_sides: sides on which the
    photo's frame cuts the product off, such as "left". view: how the photo shows the product, a
    cyclorama.v1.scene_pb2.View.

    Scene, cut_sides and view are filled in from a Background and a Cutout that this client
    returned.
    """

    size: SizeLike
    format: FormatName
    engine: str
    options: CompositingFields
    scene: scene_pb2.Scene | None
    cut_sides: str | Sequence[image_pb2.Side | str]
    view: scene_pb2.View | None


class InpaintArguments(InpaintingArguments, total=False):
    """Optional arguments of Client.inpaint.

    prompt: what the scene should look like, for engines that repaint it. negative_prompt: what the
    scene should not show. seed: 0 to 2147483647. format: such as "png". engine: the name of the
    engine. options: all options of the stage. scene: the composite's light and ground, a
    cyclorama.v1.scene_pb2.Scene; filled in from a Composite that this client returned.
    """

    prompt: str
    negative_prompt: str
    seed: int
    format: FormatName
    engine: str
    options: InpaintingFields
    scene: scene_pb2.Scene | None


class FinishArguments(LetteringArguments, FileArguments, total=False):
    """Optional arguments of Client.finish.

    format: such as "png" (default) or "jpg". draft: whether the file is that of a draft.
    circumstances: fields of the message Circumstances, what earlier stages know for the quality
    report. generative: whether a generative model made pixels of the picture; the default is read
    from an Inpainted. record: the identifier of the ad's record, written into the file. engine: the
    name of the engine. options: all options of the stage.
    """

    format: FormatName
    draft: bool
    circumstances: Mapping[str, Any]
    generative: bool
    record: str
    engine: str
    options: FinishingFields


OPTIONS_EXAMPLE = '{"compositing": {"tint": 0}}'
# Fields of requests by the arguments that have other names, or are in a message of the request.
FILE_PATHS = {name: f"delivery.{name}" for name in FileArguments.__annotations__}
FILE_PATHS["max_kb"] = "delivery.max_kilobytes"
LETTERING_PATHS = {name: f"lettering.{name}" for name in LetteringArguments.__annotations__}
LETTERING_PATHS |= {
    f"text_{name}": f"lettering.{name}" for name in ("anchor", "size", "color", "look")
}
# Its margins are fields of Lettering itself.
LETTERING_PATHS["text_margins"] = "lettering"
ARRANGEMENT = ("anchor", "stance", "offset_x", "offset_y", "margins", "rotation", "flip", "spot")
PLACEMENT_PATHS = {
    name: f"arrangement.{name}" if name in ARRANGEMENT else name
    for name in PlacementArguments.__annotations__
}
CUTOUT_PATHS = {name: name for name in CutoutArguments.__annotations__}
SCENE_PATHS = {name: name for name in SceneArguments.__annotations__}
INPAINTING_PATHS = {name: name for name in InpaintingArguments.__annotations__}
SHARED = ("negative_prompt", "size", "seed", "draft", "reuse", "mask", "backdrop", "options")
SHARED_PATHS = {name: name for name in SHARED} | {"format": "accept_format", "draft": "quality"}


def _prefix(message: str, paths: Mapping[str, str]) -> dict[str, str]:
    """Returns paths of fields that are within a message of the request."""
    return {name: f"{message}.{path}" for name, path in paths.items()}


AD_PATHS = {
    **SHARED_PATHS,
    **FILE_PATHS,
    **LETTERING_PATHS,
    **_prefix("segmentation", CUTOUT_PATHS),
    **_prefix("background", SCENE_PATHS),
    **_prefix("compositing", PLACEMENT_PATHS),
    **_prefix("inpainting", INPAINTING_PATHS),
    # By stage; see set_arguments.
    "engines": "",
    "options": "",
}
CAMPAIGN_PATHS = AD_PATHS | {
    name: name for name in ("sizes", "variants", "display_name", "labels", "ad_timeout")
}
LIST_PATHS = {name: name for name in ListArguments.__annotations__}
# Overrides also have the fields of the contract by their own names, as campaign files write them.
OVERRIDE_PATHS = {
    field.name: field.name for field in jobs_pb2.Override.DESCRIPTOR.fields
} | AD_PATHS
STAGE_PATHS = {**SHARED_PATHS, "engine": "options.engine"}
SEGMENT_PATHS = {**STAGE_PATHS, **_prefix("options", CUTOUT_PATHS), "product": "options.product"}
GENERATE_PATHS = {**STAGE_PATHS, **_prefix("options", SCENE_PATHS)}
COMPOSITE_PATHS = {**STAGE_PATHS, **_prefix("options", PLACEMENT_PATHS), "cut_sides": "cut_sides"}
INPAINT_PATHS = {**STAGE_PATHS, **_prefix("options", INPAINTING_PATHS)}
FINISH_PATHS = {
    **STAGE_PATHS,
    **FILE_PATHS,
    **LETTERING_PATHS,
    **{name: name for name in ("circumstances", "generative", "record")},
}


def set_arguments(
    request: Message, arguments: Mapping[str, Any], paths: Mapping[str, str], known: Collection[str]
) -> None:
    """Sets the fields of a request, in place, that keyword arguments are for.

    arguments: those that are None are left out. paths: of the fields, by argument; the empty path
    is the request itself. known: the names of the arguments that there are.

    Raises UnknownArgument for an argument that does not exist, ValueError for an invalid value.
    """
    for name in arguments:
        if name not in known:
            raise UnknownArgument(str(name), known)
    # First the options, then what callers set by itself.
    for name in sorted(arguments, key=lambda name: name != "options"):
        value = arguments[name]
        if value is not None:
            if name == "options" and not paths[name]:
                _check_options(value, request)
            _set_argument(request, name, _convert_argument(name, value), paths[name])


def _convert_argument(name: str, value: Any) -> Any:
    """Returns the value of the field that an argument stands for."""
    if name == "draft":
        return "draft" if check_flag(value, name) else "final"
    if name != "engines":
        return value
    if not isinstance(value, Mapping):
        raise ValueError(
            f'engines: is {describe(value)}; name them by stage, such as {{"{STAGES[0]}": "..."}}'
        )
    if unknown := [stage for stage in value if stage not in STAGES]:
        raise UnknownArgument(f"engines.{unknown[0]}", STAGES, "stage")
    for stage, engine in value.items():
        if not isinstance(engine, Mapping):
            check_text(engine, f"engines.{stage}", "'auto'")
    return {stage: {"engine": engine} for stage, engine in value.items()}


def _check_options(options: Any, request: Message) -> None:
    """Raises ValueError for options that are no mapping, or would replace another argument.

    request: has what the arguments without a default set.
    """
    if not isinstance(options, Mapping):
        text = f"options: is {describe(options)}; name them by stage, as in {OPTIONS_EXAMPLE}"
        raise ValueError(text)
    for field, _ in request.ListFields():
        if field.name in options:
            raise ValueError(f"options.{field.name}: is an argument of its own; leave it out here")


def _set_argument(request: Message, name: str, value: Any, path: str) -> None:
    """Sets the field of a request at a path, such as "delivery.quality", to a value.

    name: of the argument, which errors start with.
    """
    if not path:
        return set_message_fields(request, value)
    *messages, field_name = path.split(".")
    message = request
    for each in messages:
        message = getattr(message, each)
        message.SetInParent()
    label = "options" if path == "options" else name
    set_message_field(message, message.DESCRIPTOR.fields_by_name[field_name], value, label)
