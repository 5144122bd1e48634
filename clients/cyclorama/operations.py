"""Prepares gRPC calls: each function returns an Operation, which Client and AsyncClient run.

Nothing here does network input or output.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Generic, Protocol, TypedDict, TypeVar, Unpack, cast

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from cyclorama.defaults import MESSAGE_LIMIT
from cyclorama.formats import find_format
from cyclorama.results import (
    Ad,
    Assessment,
    Background,
    Composite,
    Cutout,
    EngineStatus,
    Event,
    Finished,
    Inpainted,
    Measurement,
    Picture,
    ProfileReport,
    Verification,
    picture_fields_from_image,
)
from cyclorama.v1 import (
    ads_pb2,
    ads_pb2_grpc,
    background_pb2,
    background_pb2_grpc,
    compositing_pb2,
    compositing_pb2_grpc,
    engine_pb2,
    finishing_pb2,
    finishing_pb2_grpc,
    image_pb2,
    inpainting_pb2,
    inpainting_pb2_grpc,
    jobs_pb2,
    scene_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)

T = TypeVar("T")
PictureLike = bytes | str | PathLike[str] | Picture


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One gRPC call, prepared but not yet sent.

    stub: the class of the service's generated stub. method: the name of the rpc. read: converts
    each response message into an Event or into the result. streams: whether the rpc streams its
    responses.
    """

    stub: type
    method: str
    request: Message
    read: Callable[[Any], T | Event]
    streams: bool = False


class Runner(Protocol):
    """Protocol of a blocking client, such as Client."""

    def run(self, operation: Operation[T]) -> T:
        """Runs an operation and returns its result."""

    def stream(self, operation: Operation[T]) -> Iterator[T]:
        """Runs an operation and yields each response message, converted by its `read`."""


class AsyncRunner(Protocol):
    """Protocol of an asyncio client, such as AsyncClient."""

    async def run(self, operation: Operation[T]) -> T:
        """As Runner.run: runs an operation and returns its result."""

    def stream(self, operation: Operation[T]) -> AsyncIterator[T]:
        """As Runner.stream: runs an operation and yields each response message, converted."""


class PictureArguments(TypedDict, total=False):
    """Optional arguments of the calls that make a picture.

    negative_prompt: what the scene should not show, at most 2000 characters. size: width and
    height in pixels, for an ad 50 to 4096 each, default 1024 x 1024. seed: 0 to 2147483647; equal
    seeds give equal pictures from equal engines; the default is a random one. format: the
    name of a value of ImageFormat that the stage writes, such as png (default), jpeg or raw_rgb.
    options: fields of the stage's options in the contract, such as {"tint": 0.0, "engine": {"name":
    "auto"}}; for an ad by stage, such as {"compositing": {"tint": 0.0}}, next to backdrop,
    lettering and delivery, such as {"delivery": {"quality": 90}}; pictures in them are {"data":
    bytes}.
    """

    negative_prompt: str
    size: tuple[int, int]
    seed: int
    format: str
    options: Mapping[str, object]


class AdArguments(PictureArguments, total=False):
    """Optional arguments of Client.create_ad.

    draft: whether to make a draft: the composition that the ad with the same arguments has, in half
    the size and a fraction of the time.
    """

    draft: bool


class GenerateArguments(PictureArguments, total=False):
    """Optional arguments of Client.generate.

    view: how the photo shows the product, a cyclorama.v1.scene_pb2.View such as `reply.view` of a
    Cutout: the scene follows its camera and its light.
    """

    view: scene_pb2.View | None


class CompositeArguments(PictureArguments, total=False):
    """Optional arguments of Client.composite.

    scene: the background's light and ground, a cyclorama.v1.scene_pb2.Scene. cut_sides: sides on
    which the photo's frame cuts the product off. view: how the photo shows the product, a
    cyclorama.v1.scene_pb2.View.

    They are filled in from a Background and a Cutout that this client returned.
    """

    scene: scene_pb2.Scene | None
    cut_sides: Sequence[image_pb2.Side]
    view: scene_pb2.View | None


class InpaintArguments(PictureArguments, total=False):
    """Optional arguments of Client.inpaint.

    scene: the composite's light and ground, a cyclorama.v1.scene_pb2.Scene; filled in from a
    Composite that this client returned. prompt: what the scene should look like, for engines that
    repaint it.
    """

    scene: scene_pb2.Scene | None
    prompt: str


class FinishArguments(TypedDict, total=False):
    """Optional arguments of Client.finish.

    format: the name of a value of ImageFormat, such as png (default) or jpeg. delivery: fields of
    the message Delivery, such as {"quality": 90}. lettering: fields of the message Lettering, such
    as {"headline": "New"}; a logo in it is {"data": bytes}. circumstances: fields of the message
    Circumstances, facts about the cut-out and the scene for the quality report. generative: whether
    a generative model made pixels of the picture; the default is read from an Inpainted. record:
    the identifier of the ad's record, written into the file. options: fields of FinishingOptions.
    """

    format: str
    delivery: Mapping[str, object]
    lettering: Mapping[str, object]
    circumstances: Mapping[str, object]
    generative: bool
    record: str
    options: Mapping[str, object]


def prepare_ad(photo: PictureLike, prompt: str, **arguments: Unpack[AdArguments]) -> Operation[Ad]:
    """Prepares, without sending it, the call that makes an ad of a photo and a prompt.

    arguments: size, seed, format and more; see AdArguments.
    """
    # An ad's options are fields of the request itself, one for each stage.
    options = arguments.pop("options", {})
    request = ads_pb2.CreateAdRequest(photo=image_from_picture(photo), prompt=prompt)
    set_message_fields(request, {**_build_request_fields(arguments), **options})
    return Operation(
        ads_pb2_grpc.AdServiceStub, "CreateAd", request, read_ad_response, streams=True
    )


def prepare_verification(picture: PictureLike, manifest: str) -> Operation[Verification]:
    """Prepares, without sending it, the call that compares an ad's file with its manifest, JSON."""
    request = ads_pb2.VerifyAdRequest(image=image_from_picture(picture), manifest=manifest)
    return Operation(ads_pb2_grpc.AdServiceStub, "VerifyAd", request, _read_verification)


def prepare_profile_check(picture: PictureLike, profile: str) -> Operation[ProfileReport]:
    """Prepares, without sending it, the call that checks a file against a platform's rules.

    picture: if it is a path, its suffix is checked too. profile: the name of the platform's rules,
    such as "amazon-main".
    """
    file_name = Path(picture).name if isinstance(picture, (str, PathLike)) else ""
    request = ads_pb2.CheckAdRequest(
        image=image_from_picture(picture), profile=profile, file_name=file_name
    )
    return Operation(
        ads_pb2_grpc.AdServiceStub,
        "CheckAd",
        request,
        lambda reply: _read_profile_report(reply.report),
    )


def prepare_assessment(picture: PictureLike, manifest: str | None = None) -> Operation[Assessment]:
    """Prepares, without sending it, the call that assesses a picture as a reviewer would.

    manifest: the JSON text that was delivered with an ad; None lets the gateway find the product.
    """
    request = ads_pb2.AssessAdRequest(image=image_from_picture(picture), manifest=manifest)
    return Operation(ads_pb2_grpc.AdServiceStub, "AssessAd", request, _read_assessment)


def prepare_segmentation(
    photo: PictureLike, mask: PictureLike | None = None, **arguments: Unpack[PictureArguments]
) -> Operation[Cutout]:
    """Prepares, without sending it, the call that cuts a product out of a photo.

    mask: a picture that is light roughly where the product is; None lets the stage find it.
    arguments: format, options and more; see PictureArguments.
    """
    request = segmentation_pb2.SegmentProductRequest(photo=image_from_picture(photo))
    if mask is not None:
        request.mask.CopyFrom(image_from_picture(mask))
    set_message_fields(request, _build_request_fields(arguments))
    stub = segmentation_pb2_grpc.SegmentationServiceStub
    return Operation(stub, "SegmentProduct", request, _read_cutout)


def prepare_background(
    prompt: str, *, view: scene_pb2.View | None = None, **arguments: Unpack[PictureArguments]
) -> Operation[Background]:
    """Prepares, without sending it, the call that makes a background, a scene without the product.

    prompt: what the scene should look like. view: how the photo shows the product, which the scene
    follows. arguments: see PictureArguments.
    """
    request = background_pb2.GenerateBackgroundRequest(prompt=prompt, view=view)
    set_message_fields(request, _build_request_fields(arguments))
    stub = background_pb2_grpc.BackgroundServiceStub
    return Operation(stub, "GenerateBackground", request, _read_background, streams=True)


def prepare_composite(
    cutout: PictureLike,
    background: PictureLike,
    *,
    scene: scene_pb2.Scene | None = None,
    cut_sides: Sequence[image_pb2.Side] = (),
    view: scene_pb2.View | None = None,
    **arguments: Unpack[PictureArguments],
) -> Operation[Composite]:
    """Prepares, without sending it, the call that places a cut-out product in a background.

    scene: the background's light and ground; by default that of a Background which this client
    returned. cut_sides: sides on which the photo's frame cuts the product off. view: how the photo
    shows the product. By default both are those of a Cutout which this client returned. arguments:
    see PictureArguments.
    """
    segmented = cutout.reply if isinstance(cutout, Cutout) else None
    request = compositing_pb2.CompositeProductRequest(
        cutout=image_from_picture(cutout),
        background=image_from_picture(background),
        scene=scene or _find_scene(background),
        cut_sides=cut_sides or (segmented.cut_sides if segmented else ()),
        view=view or (segmented.view if segmented and segmented.HasField("view") else None),
    )
    set_message_fields(request, _build_request_fields(arguments))
    stub = compositing_pb2_grpc.CompositingServiceStub
    return Operation(stub, "CompositeProduct", request, _read_composite)


def prepare_inpainting(
    composite: PictureLike,
    mask: PictureLike | None = None,
    *,
    scene: scene_pb2.Scene | None = None,
    prompt: str = "",
    **arguments: Unpack[PictureArguments],
) -> Operation[Inpainted]:
    """Prepares, without sending it, the call that adds light, shadow and reflection to a composite.

    mask: the product's alpha. scene: the composite's light and ground. None stands for those of a
    Composite which this client returned. prompt: what the scene should look like, for engines that
    repaint it. arguments: see PictureArguments.
    """
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = inpainting_pb2.InpaintSceneRequest(
        composite=image_from_picture(composite),
        mask=image_from_picture(mask) if mask is not None else None,
        scene=scene or _find_scene(composite),
        prompt=prompt,
    )
    set_message_fields(request, _build_request_fields(arguments))
    stub = inpainting_pb2_grpc.InpaintingServiceStub
    return Operation(stub, "InpaintScene", request, _read_inpainted, streams=True)


def prepare_finishing(
    ad: PictureLike,
    composite: PictureLike,
    mask: PictureLike | None = None,
    **arguments: Unpack[FinishArguments],
) -> Operation[Finished]:
    """Prepares, without sending it, the call that encodes an ad as its final file and checks it.

    ad: the finished picture. composite: the picture of the compositing stage. mask: the product's
    alpha; None for that of a Composite which this client returned. arguments: see FinishArguments.

    Results of this client also say which layers there are, and whether a generative model was used.
    """
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = finishing_pb2.FinishAdRequest(
        ad=image_from_picture(ad),
        composite=image_from_picture(composite),
        mask=image_from_picture(mask) if mask is not None else None,
        layers=composite.reply.layers if isinstance(composite, Composite) else (),
        generative=isinstance(ad, Inpainted) and ad.reply.run.generative,
    )
    set_message_fields(request, _build_request_fields(arguments))
    stub = finishing_pb2_grpc.FinishingServiceStub
    return Operation(stub, "FinishAd", request, _read_finished, streams=True)


def prepare_engine_list() -> Operation[list[EngineStatus]]:
    """Prepares, without sending it, the call that lists the engines of all stages."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(ads_pb2_grpc.AdServiceStub, "ListEngines", request, _read_engines)


def prepare_version_query() -> Operation[str]:
    """Prepares, without sending it, the call that reads the gateway's version as text.

    The version is empty when the gateway does not report one.
    """
    # The list of engines also states the version.
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(
        ads_pb2_grpc.AdServiceStub, "ListEngines", request, lambda reply: str(reply.version)
    )


def image_from_picture(picture: PictureLike) -> image_pb2.Image:
    """Returns an Image message of the bytes of a picture file, of a path, or of a Picture.

    The picture is not decoded. Raises ValueError when a file is larger than a message may be.
    """
    match picture:
        case Picture():
            return image_pb2.Image(
                data=picture.data,
                format=find_format(picture.format).enum_name,
                width=picture.width,
                height=picture.height,
            )
        case bytes():
            return image_pb2.Image(data=picture)
    with Path(picture).open("rb") as file:
        # One byte more than allowed shows that there is more, without reading all of it.
        data = file.read(MESSAGE_LIMIT + 1)
    if len(data) > MESSAGE_LIMIT:
        raise ValueError(f"{picture}: has more than {MESSAGE_LIMIT >> 20} MiB; send a smaller file")
    return image_pb2.Image(data=data)


def set_message_fields(request: Message, fields: Mapping[str, object]) -> None:
    """Sets fields of a protobuf message, in place, from nested mappings, lists and values.

    fields: values by field name, as in proto3 JSON, except that bytes may stand for themselves.

    Raises ValueError, which names the field, when one does not exist or has another type.
    """
    try:
        ParseDict(_json_from_value(fields), request)
    except ParseError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _json_from_value(value: Any) -> Any:
    """Returns a value with all bytes nested in it encoded as base64, as proto3 JSON requires."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case Mapping():
            return {name: _json_from_value(item) for name, item in value.items()}
        case list() | tuple():
            return [_json_from_value(item) for item in value]
    return value


def read_ad_response(response: ads_pb2.CreateAdResponse) -> Event | Ad:
    """Converts one message of the CreateAd stream into an Event of a stage, or into the Ad."""
    match response.WhichOneof("event"):
        case "ad":
            return _read_ad(response.ad)
        case "started":
            return Event(_read_stage(response.started.stage), "started")
        case "progress":
            return _read_progress(_read_stage(response.progress.stage), response.progress.progress)
    return _read_stage_end(response.finished)


def _build_request_fields(arguments: PictureArguments | FinishArguments) -> dict[str, object]:
    """Returns keyword arguments of a client's method as fields of a request in proto3 JSON.

    size becomes a mapping of width and height, format becomes accept_format with the enum's name,
    draft becomes quality.
    """
    fields: dict[str, Any] = dict(arguments)
    if "size" in fields:
        fields["size"] = dict(zip(("width", "height"), fields["size"], strict=True))
    if "format" in fields:
        fields["accept_format"] = find_format(str(fields.pop("format"))).enum_name
    if "draft" in fields:
        fields["quality"] = name_quality(fields.pop("draft"))
    return fields


def name_quality(draft: bool) -> str:
    """Returns the name of the value of Quality for a draft, or for an ad to publish."""
    return engine_pb2.Quality.Name(engine_pb2.QUALITY_DRAFT if draft else engine_pb2.QUALITY_FINAL)


def _find_scene(picture: PictureLike) -> scene_pb2.Scene | None:
    """Returns the scene (light, ground, camera) of a Background or Composite; else None."""
    if isinstance(picture, Background | Composite) and picture.reply.HasField("scene"):
        return picture.reply.scene
    return None


def _read_verification(reply: ads_pb2.VerifyAdResponse) -> Verification:
    """Converts the response of VerifyAd, which compares an ad's file with its manifest."""
    boxes = tuple((box.x, box.y, box.width, box.height) for box in reply.differing)
    return Verification(
        locked=reply.locked,
        verdict=reply.verdict,
        file_unchanged=reply.file_unchanged,
        pixels_unchanged=reply.pixels_unchanged,
        differing=boxes,
        source=reply.source,
        record_matches=reply.record_matches,
    )


def _read_assessment(reply: ads_pb2.AssessAdResponse) -> Assessment:
    """Converts the response of AssessAd, which has a picture's quality report."""
    report = reply.quality_report
    return Assessment(
        score=round(report.score, 1),
        flaw_probability=report.flaw_probability,
        reasons=report.reasons,
        measurements=_read_measurements(report.findings),
        product_found=reply.product_found,
    )


def _read_ad(message: ads_pb2.Ad) -> Ad:
    """Converts an Ad message, with its layers and reports, into an Ad."""
    layers = {
        layer.name: Picture(**picture_fields_from_image(layer.image)) for layer in message.layers
    }
    return Ad(
        **picture_fields_from_image(message.image),
        manifest_json=message.manifest,
        layers=layers,
        layered_file=message.layered_file,
        **report_fields_from_message(message),
    )


def report_fields_from_message(message: ads_pb2.Ad | jobs_pb2.JobAd) -> dict[str, Any]:
    """Returns the reports on an ad, and whether it is a draft, as arguments of Ad and JobAd."""
    quality, has_profile = message.quality_report, message.HasField("profile_report")
    return {
        "score": round(quality.score, 1),
        "flaw_probability": quality.flaw_probability,
        "reasons": quality.reasons,
        "measurements": _read_measurements(quality.findings),
        "profile": _read_profile_report(message.profile_report) if has_profile else None,
        "draft": message.quality == engine_pb2.QUALITY_DRAFT,
    }


def _read_profile_report(message: finishing_pb2.ProfileReport) -> ProfileReport:
    """Converts a ProfileReport message, which says whether a file meets a platform's rules."""
    return ProfileReport(
        profile=message.profile,
        source=message.source,
        checked=message.checked,
        measurements=_read_measurements(message.findings),
        passed=message.passed,
    )


def _read_measurements(messages: Iterable[finishing_pb2.Finding]) -> tuple[Measurement, ...]:
    """Converts Finding messages, one per measured property of an ad, into measurements."""
    return tuple(
        Measurement(
            name=message.name,
            measured=message.measured,
            limit=message.limit,
            verdict=_read_verdict(message.verdict),
            note=message.note,
            value=message.value if message.HasField("value") else None,
            unit=message.unit,
            remedy=message.remedy,
            cost=message.cost,
        )
        for message in messages
    )


def _read_verdict(number: int) -> str:
    """Returns the name of a Verdict value, such as "pass"."""
    return finishing_pb2.Verdict.Name(number).removeprefix("VERDICT_").lower()


def _read_cutout(reply: segmentation_pb2.SegmentProductResponse) -> Cutout:
    """Converts the response of SegmentProduct into a Cutout."""
    return Cutout(**picture_fields_from_image(reply.cutout), reply=reply)


def _read_background(response: background_pb2.GenerateBackgroundResponse) -> Event | Background:
    """Converts one message of the GenerateBackground stream into an Event or the Background."""
    if response.WhichOneof("event") == "result":
        return Background(
            **picture_fields_from_image(response.result.background), reply=response.result
        )
    return _read_progress("background", response.progress)


def _read_composite(reply: compositing_pb2.CompositeProductResponse) -> Composite:
    """Converts the response of CompositeProduct into a Composite with the product's mask."""
    mask = Picture(**picture_fields_from_image(reply.mask))
    return Composite(**picture_fields_from_image(reply.composite), mask=mask, reply=reply)


def _read_inpainted(response: inpainting_pb2.InpaintSceneResponse) -> Event | Inpainted:
    """Converts one message of the InpaintScene stream into an Event or the grounded picture."""
    if response.WhichOneof("event") == "result":
        return Inpainted(**picture_fields_from_image(response.result.ad), reply=response.result)
    return _read_progress("inpainting", response.progress)


def _read_finished(response: finishing_pb2.FinishAdResponse) -> Event | Finished:
    """Converts one message of the FinishAd stream into an Event or the final file."""
    if response.WhichOneof("event") == "result":
        return Finished(**picture_fields_from_image(response.result.file), reply=response.result)
    return _read_progress("finishing", response.progress)


def _read_engines(reply: ads_pb2.AdServiceListEnginesResponse) -> list[EngineStatus]:
    """Converts the response of ListEngines into the statuses of the engines of all stages.

    A stage that does not answer lists no engines; one entry named "-" says so.
    """
    return [
        _read_engine_status(_read_stage(stage_engines.stage), engine)
        for stage_engines in reply.stages
        for engine in stage_engines.engines or [_UNREACHABLE]
    ]


def _read_engine_status(stage: str, engine: engine_pb2.EngineStatus) -> EngineStatus:
    """Converts an EngineStatus message; stage: the name of the engine's stage."""
    return EngineStatus(
        stage,
        name=engine.name,
        version=engine.version,
        ready=engine.ready,
        reason=engine.reason,
        generative=engine.generative,
        follows_camera=engine.follows_camera,
        casts_shadows=engine.casts_shadows,
        model=engine.model,
        suits_drafts=engine.suits_drafts,
    )


_UNREACHABLE = engine_pb2.EngineStatus(name="-", reason="the stage does not answer (yet); start it")


def _read_progress(stage: str, progress: engine_pb2.Progress) -> Event:
    """Converts the Progress message of a named stage into an event."""
    position = progress.queue_position if progress.HasField("queue_position") else None
    return Event(
        stage,
        "progress",
        fraction=progress.fraction,
        preview=progress.preview.data,
        queue_position=position,
    )


def _read_stage_end(message: ads_pb2.StageFinished) -> Event:
    """Converts the message that an ad's stage has finished into an event, with its warnings."""
    run = message.run
    return Event(
        _read_stage(message.stage),
        "finished",
        fraction=1.0,
        preview=run.preview.data,
        engine=run.engine,
        seconds=run.elapsed.ToMilliseconds() / 1000,
        # Type checkers mistake the message Warning for the built-in exception.
        warnings=tuple(cast(Any, warning).message for warning in run.warnings),
        cached=message.cached,
    )


def _read_stage(number: int) -> str:
    """Returns the name of a Stage value, such as "background" for STAGE_BACKGROUND."""
    return ads_pb2.Stage.Name(number).removeprefix("STAGE_").lower()
