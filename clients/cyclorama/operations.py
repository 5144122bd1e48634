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
        """As Runner.run."""

    def stream(self, operation: Operation[T]) -> AsyncIterator[T]:
        """As Runner.stream."""


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


class CompositeArguments(PictureArguments, total=False):
    """Optional arguments of Client.composite.

    scene: the background's light and ground, a cyclorama.v1.scene_pb2.Scene. cut_sides: sides on
    which the photo's frame cuts the product off.

    Both are filled in from a Background and a Cutout that this client returned.
    """

    scene: scene_pb2.Scene | None
    cut_sides: Sequence[image_pb2.Side]


class InpaintArguments(PictureArguments, total=False):
    """Optional arguments of Client.inpaint.

    scene: the background's light and ground, a cyclorama.v1.scene_pb2.Scene. prompt: what the scene
    should look like, for engines that repaint it.
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


def prepare_ad(
    photo: PictureLike, prompt: str, **arguments: Unpack[PictureArguments]
) -> Operation[Ad]:
    """Prepares the call that makes an ad of a photo and a prompt."""
    options = arguments.pop("options", {})
    request = ads_pb2.CreateAdRequest(photo=image_from_picture(photo), prompt=prompt)
    set_message_fields(request, {**_build_request_fields(arguments), **options})
    return Operation(
        ads_pb2_grpc.AdServiceStub, "CreateAd", request, read_ad_response, streams=True
    )


def prepare_verification(picture: PictureLike, manifest: str) -> Operation[Verification]:
    """Prepares the call that compares an ad's file with its manifest, a JSON text."""
    request = ads_pb2.VerifyAdRequest(image=image_from_picture(picture), manifest=manifest)
    return Operation(ads_pb2_grpc.AdServiceStub, "VerifyAd", request, _read_verification)


def prepare_profile_check(picture: PictureLike, profile: str) -> Operation[ProfileReport]:
    """Prepares the call that checks a file against a platform's rules; a path's suffix counts."""
    name = Path(picture).name if isinstance(picture, (str, PathLike)) else ""
    request = ads_pb2.CheckAdRequest(
        image=image_from_picture(picture), profile=profile, file_name=name
    )
    return Operation(
        ads_pb2_grpc.AdServiceStub,
        "CheckAd",
        request,
        lambda reply: _read_profile_report(reply.report),
    )


def prepare_segmentation(
    photo: PictureLike, mask: PictureLike | None = None, **arguments: Unpack[PictureArguments]
) -> Operation[Cutout]:
    """Prepares the call that cuts a product out of a photo; mask: roughly where the product is."""
    request = segmentation_pb2.SegmentProductRequest(photo=image_from_picture(photo))
    if mask is not None:
        request.mask.CopyFrom(image_from_picture(mask))
    set_message_fields(request, _build_request_fields(arguments))
    stub = segmentation_pb2_grpc.SegmentationServiceStub
    return Operation(stub, "SegmentProduct", request, _read_cutout)


def prepare_background(prompt: str, **arguments: Unpack[PictureArguments]) -> Operation[Background]:
    """Prepares the call that makes a background of a prompt."""
    request = background_pb2.GenerateBackgroundRequest(prompt=prompt)
    set_message_fields(request, _build_request_fields(arguments))
    stub = background_pb2_grpc.BackgroundServiceStub
    return Operation(stub, "GenerateBackground", request, _read_background, streams=True)


def prepare_composite(
    cutout: PictureLike,
    background: PictureLike,
    *,
    scene: scene_pb2.Scene | None = None,
    cut_sides: Sequence[image_pb2.Side] = (),
    **arguments: Unpack[PictureArguments],
) -> Operation[Composite]:
    """Prepares the call that composites a cut-out into a background; see CompositeArguments."""
    request = compositing_pb2.CompositeProductRequest(
        cutout=image_from_picture(cutout),
        background=image_from_picture(background),
        scene=scene or _find_scene(background),
        cut_sides=cut_sides or (cutout.reply.cut_sides if isinstance(cutout, Cutout) else ()),
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
    """Prepares the call that grounds a composite; the default mask is the Composite's own."""
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = inpainting_pb2.InpaintSceneRequest(
        composite=image_from_picture(composite),
        mask=image_from_picture(mask) if mask is not None else None,
        scene=scene,
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
    """Prepares the call that writes the final file; the default mask is the Composite's own."""
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
    """Prepares the call that lists the engines of all stages."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(ads_pb2_grpc.AdServiceStub, "ListEngines", request, _read_engines)


def prepare_version_query() -> Operation[str]:
    """Prepares the call that reads the gateway's version, empty when it does not report one."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(
        ads_pb2_grpc.AdServiceStub, "ListEngines", request, lambda reply: str(reply.version)
    )


def image_from_picture(picture: PictureLike) -> image_pb2.Image:
    """Wraps bytes, the file at a path, or a Picture in an Image message, without decoding it.

    Raises ValueError when a file is larger than a message may be.
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
        data = file.read(MESSAGE_LIMIT + 1)
    if len(data) > MESSAGE_LIMIT:
        raise ValueError(f"{picture}: has more than {MESSAGE_LIMIT >> 20} MiB; send a smaller file")
    return image_pb2.Image(data=data)


def set_message_fields(request: Message, fields: Mapping[str, object]) -> None:
    """Sets fields of a message from proto3 JSON, which may contain bytes.

    Raises ValueError, which names the field, when one does not exist or has another type.
    """
    try:
        ParseDict(_json_from_value(fields), request)
    except ParseError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _json_from_value(value: Any) -> Any:
    """Returns a value with all bytes in it encoded as base64, as proto3 JSON requires."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case Mapping():
            return {name: _json_from_value(each) for name, each in value.items()}
        case list() | tuple():
            return [_json_from_value(each) for each in value]
    return value


def read_ad_response(response: ads_pb2.CreateAdResponse) -> Event | Ad:
    """Converts one response of CreateAd into an event or the ad."""
    match response.WhichOneof("event"):
        case "ad":
            return _read_ad(response.ad)
        case "started":
            return Event(_read_stage(response.started.stage), "started")
        case "progress":
            return _read_progress(_read_stage(response.progress.stage), response.progress.progress)
    return _read_stage_end(response.finished)


def _build_request_fields(arguments: PictureArguments | FinishArguments) -> dict[str, object]:
    """Returns arguments as fields of a request in proto3 JSON."""
    fields: dict[str, Any] = dict(arguments)
    if "size" in fields:
        fields["size"] = dict(zip(("width", "height"), fields["size"], strict=True))
    if "format" in fields:
        fields["accept_format"] = find_format(str(fields.pop("format"))).enum_name
    return fields


def _find_scene(background: PictureLike) -> scene_pb2.Scene | None:
    """Returns the scene of a Background that this client returned, if it has one."""
    if isinstance(background, Background) and background.reply.HasField("scene"):
        return background.reply.scene
    return None


def _read_verification(reply: ads_pb2.VerifyAdResponse) -> Verification:
    """Converts the response of VerifyAd."""
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


def _read_ad(message: ads_pb2.Ad) -> Ad:
    """Converts an Ad message with its layers and reports."""
    layers = {
        layer.name: Picture(**picture_fields_from_image(layer.image)) for layer in message.layers
    }
    return Ad(
        **picture_fields_from_image(message.image),
        manifest_json=message.manifest,
        layers=layers,
        layered_file=message.layered_file,
        score=message.quality_report.score,
        reasons=message.quality_report.reasons,
        measurements=_read_measurements(message.quality_report.findings),
        profile=_read_profile_report(message.profile_report)
        if message.HasField("profile_report")
        else None,
    )


def _read_profile_report(message: finishing_pb2.ProfileReport) -> ProfileReport:
    """Converts a ProfileReport message."""
    return ProfileReport(
        message.profile,
        message.source,
        message.checked,
        _read_measurements(message.findings),
        message.passed,
    )


def _read_measurements(messages: Iterable[finishing_pb2.Finding]) -> tuple[Measurement, ...]:
    """Converts Finding messages into measurements."""
    return tuple(
        Measurement(each.name, each.measured, each.limit, _read_verdict(each.verdict), each.note)
        for each in messages
    )


def _read_verdict(number: int) -> str:
    """Returns the name of a Verdict value, such as "pass"."""
    return finishing_pb2.Verdict.Name(number).removeprefix("VERDICT_").lower()


def _read_cutout(reply: segmentation_pb2.SegmentProductResponse) -> Cutout:
    """Converts the response of SegmentProduct."""
    return Cutout(**picture_fields_from_image(reply.cutout), reply=reply)


def _read_background(response: background_pb2.GenerateBackgroundResponse) -> Event | Background:
    """Converts a response of GenerateBackground into an event or the background."""
    if response.WhichOneof("event") == "result":
        return Background(
            **picture_fields_from_image(response.result.background), reply=response.result
        )
    return _read_progress("background", response.progress)


def _read_composite(reply: compositing_pb2.CompositeProductResponse) -> Composite:
    """Converts the response of CompositeProduct."""
    mask = Picture(**picture_fields_from_image(reply.mask))
    return Composite(**picture_fields_from_image(reply.composite), mask=mask, reply=reply)


def _read_inpainted(response: inpainting_pb2.InpaintSceneResponse) -> Event | Inpainted:
    """Converts a response of InpaintScene into an event or the grounded picture."""
    if response.WhichOneof("event") == "result":
        return Inpainted(**picture_fields_from_image(response.result.ad), reply=response.result)
    return _read_progress("inpainting", response.progress)


def _read_finished(response: finishing_pb2.FinishAdResponse) -> Event | Finished:
    """Converts a response of FinishAd into an event or the final file."""
    if response.WhichOneof("event") == "result":
        return Finished(**picture_fields_from_image(response.result.file), reply=response.result)
    return _read_progress("finishing", response.progress)


def _read_engines(reply: ads_pb2.AdServiceListEnginesResponse) -> list[EngineStatus]:
    """Converts the response of ListEngines; a stage that does not answer has one entry."""
    return [
        _read_engine_status(_read_stage(listed.stage), each)
        for listed in reply.stages
        for each in listed.engines or [_UNREACHABLE]
    ]


def _read_engine_status(stage: str, engine: engine_pb2.EngineStatus) -> EngineStatus:
    """Converts an EngineStatus message of a stage."""
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
    )


_UNREACHABLE = engine_pb2.EngineStatus(name="-", reason="the stage does not answer; start it")


def _read_progress(stage: str, progress: engine_pb2.Progress) -> Event:
    """Converts the progress of a stage into an event."""
    return Event(stage, "progress", progress.fraction, progress.preview.data)


def _read_stage_end(message: ads_pb2.StageFinished) -> Event:
    """Converts the end of a stage into an event, with its engine and warnings."""
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
    """Returns the name of a Stage value, such as "background"."""
    return ads_pb2.Stage.Name(number).removeprefix("STAGE_").lower()
