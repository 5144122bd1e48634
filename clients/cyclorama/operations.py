"""Every call as a value: what to send, where, and how to read the answers. No input or output."""

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
    Finding,
    Finished,
    Inpainted,
    Picture,
    ProfileReport,
    Verification,
    picture_fields,
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
    """One call. `read` turns each answer into an Event to report or into the result."""

    stub: type
    method: str
    request: Message
    read: Callable[[Any], T | Event]
    streams: bool = False


class Runner(Protocol):
    """Runs operations and waits for their answers, as Client does."""

    def run(self, operation: Operation[T]) -> T:
        """Runs an operation, and returns what it reads."""

    def stream(self, operation: Operation[T]) -> Iterator[T]:
        """Runs an operation that answers with many messages; yields what each reads as."""


class AsyncRunner(Protocol):
    """The same for asyncio, as AsyncClient does."""

    async def run(self, operation: Operation[T]) -> T:
        """As Runner.run."""

    def stream(self, operation: Operation[T]) -> AsyncIterator[T]:
        """As Runner.stream."""


class Wishes(TypedDict, total=False):
    """What may be said about a picture beyond its prompt.

    negative_prompt: what the scene should not show, at most 2000 characters. size: width and
    height in pixels, for an ad 50 to 4096 each, default 1024 x 1024. seed: 0 to 2147483647; equal
    seeds give equal pictures from equal engines, and without one each is different. format: the
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


class CompositeWishes(Wishes, total=False):
    """What may be said about a composite.

    scene: what is known of the background's light and ground, cyclorama.v1.scene_pb2.Scene.
    cut_sides: sides on which the photo cut the product off.

    Both are known already of a Background and a Cutout that this client returned.
    """

    scene: scene_pb2.Scene | None
    cut_sides: Sequence[image_pb2.Side]


class InpaintWishes(Wishes, total=False):
    """What may be said about grounding.

    scene: what is known of the background's light and ground. prompt: what the scene should look
    like, for engines that repaint it.
    """

    scene: scene_pb2.Scene | None
    prompt: str


class FinishWishes(TypedDict, total=False):
    """What may be said about a file.

    format: the name of a value of ImageFormat, such as png (default) or jpeg. delivery: fields of
    the message Delivery, such as {"quality": 90}. lettering: fields of the message Lettering, such
    as {"headline": "New"}; a logo in it is {"data": bytes}. circumstances: fields of the message
    Circumstances, what the report on quality should know of the cut-out and the scene. generative:
    whether a generative model made pixels of the picture; default what an Inpainted says of itself.
    record: what the file names as its record. options: fields of FinishingOptions.
    """

    format: str
    delivery: Mapping[str, object]
    lettering: Mapping[str, object]
    circumstances: Mapping[str, object]
    generative: bool
    record: str
    options: Mapping[str, object]


def create_ad(photo: PictureLike, prompt: str, **wishes: Unpack[Wishes]) -> Operation[Ad]:
    """A photo and a prompt become an ad."""
    options = wishes.pop("options", {})
    request = ads_pb2.CreateAdRequest(photo=to_image(photo), prompt=prompt)
    fill(request, {**_plain(wishes), **options})
    return Operation(ads_pb2_grpc.AdServiceStub, "CreateAd", request, read_ad, streams=True)


def verify(picture: PictureLike, manifest: str) -> Operation[Verification]:
    """A file is compared with its manifest, a JSON text."""
    request = ads_pb2.VerifyAdRequest(image=to_image(picture), manifest=manifest)
    return Operation(ads_pb2_grpc.AdServiceStub, "VerifyAd", request, _read_verification)


def check(picture: PictureLike, profile: str) -> Operation[ProfileReport]:
    """A file is held against the rules of a platform; a path's suffix is checked as well."""
    name = Path(picture).name if isinstance(picture, (str, PathLike)) else ""
    request = ads_pb2.CheckAdRequest(image=to_image(picture), profile=profile, file_name=name)
    return Operation(
        ads_pb2_grpc.AdServiceStub, "CheckAd", request, lambda reply: _report(reply.report)
    )


def segment(
    photo: PictureLike, mask: PictureLike | None = None, **wishes: Unpack[Wishes]
) -> Operation[Cutout]:
    """A photo, and perhaps a rough mask of its product, become a cut-out."""
    request = segmentation_pb2.SegmentProductRequest(photo=to_image(photo))
    if mask is not None:
        request.mask.CopyFrom(to_image(mask))
    fill(request, _plain(wishes))
    stub = segmentation_pb2_grpc.SegmentationServiceStub
    return Operation(stub, "SegmentProduct", request, _read_cutout)


def generate(prompt: str, **wishes: Unpack[Wishes]) -> Operation[Background]:
    """A prompt becomes a background."""
    request = background_pb2.GenerateBackgroundRequest(prompt=prompt)
    fill(request, _plain(wishes))
    stub = background_pb2_grpc.BackgroundServiceStub
    return Operation(stub, "GenerateBackground", request, _read_background, streams=True)


def composite(
    cutout: PictureLike,
    background: PictureLike,
    *,
    scene: scene_pb2.Scene | None = None,
    cut_sides: Sequence[image_pb2.Side] = (),
    **wishes: Unpack[Wishes],
) -> Operation[Composite]:
    """A cut-out is set into a background; see CompositeWishes."""
    request = compositing_pb2.CompositeProductRequest(
        cutout=to_image(cutout),
        background=to_image(background),
        scene=scene or _scene_of(background),
        cut_sides=cut_sides or (cutout.reply.cut_sides if isinstance(cutout, Cutout) else ()),
    )
    fill(request, _plain(wishes))
    stub = compositing_pb2_grpc.CompositingServiceStub
    return Operation(stub, "CompositeProduct", request, _read_composite)


def inpaint(
    composite: PictureLike,
    mask: PictureLike | None = None,
    *,
    scene: scene_pb2.Scene | None = None,
    prompt: str = "",
    **wishes: Unpack[Wishes],
) -> Operation[Inpainted]:
    """A composite is grounded; its mask is taken from a Composite that this client returned."""
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = inpainting_pb2.InpaintSceneRequest(
        composite=to_image(composite),
        mask=to_image(mask) if mask is not None else None,
        scene=scene,
        prompt=prompt,
    )
    fill(request, _plain(wishes))
    stub = inpainting_pb2_grpc.InpaintingServiceStub
    return Operation(stub, "InpaintScene", request, _read_inpainted, streams=True)


def finish(
    ad: PictureLike,
    composite: PictureLike,
    mask: PictureLike | None = None,
    **wishes: Unpack[FinishWishes],
) -> Operation[Finished]:
    """A picture becomes a file; its mask is taken from a Composite that this client returned."""
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = finishing_pb2.FinishAdRequest(
        ad=to_image(ad),
        composite=to_image(composite),
        mask=to_image(mask) if mask is not None else None,
        layers=composite.reply.layers if isinstance(composite, Composite) else (),
        generative=isinstance(ad, Inpainted) and ad.reply.run.generative,
    )
    fill(request, _plain(wishes))
    stub = finishing_pb2_grpc.FinishingServiceStub
    return Operation(stub, "FinishAd", request, _read_finished, streams=True)


def list_engines() -> Operation[list[EngineStatus]]:
    """Which engines the stages have."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(ads_pb2_grpc.AdServiceStub, "ListEngines", request, _read_engines)


def gateway_version() -> Operation[str]:
    """Which version the gateway is of; empty when it does not tell."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(
        ads_pb2_grpc.AdServiceStub, "ListEngines", request, lambda reply: str(reply.version)
    )


def to_image(picture: PictureLike) -> image_pb2.Image:
    """Wraps bytes, the file at a path, or a Picture, without decoding anything."""
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


def fill(request: Message, fields: Mapping[str, object]) -> None:
    """Sets fields given as proto3 JSON, or as bytes; ValueError says which one is wrong."""
    try:
        ParseDict(_as_json(fields), request)
    except ParseError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _as_json(value: Any) -> Any:
    """A value with all bytes in it as proto3 JSON has them, in base64."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case Mapping():
            return {name: _as_json(each) for name, each in value.items()}
        case list() | tuple():
            return [_as_json(each) for each in value]
    return value


def read_ad(answer: ads_pb2.CreateAdResponse) -> Event | Ad:
    """One answer of CreateAd."""
    match answer.WhichOneof("event"):
        case "ad":
            return _ad(answer.ad)
        case "started":
            return Event(_stage(answer.started.stage), "started")
        case "progress":
            return _progress(_stage(answer.progress.stage), answer.progress.progress)
    return _finished(answer.finished)


def _plain(wishes: Wishes | FinishWishes) -> dict[str, object]:
    """The wishes as fields of a request in proto3 JSON."""
    fields: dict[str, Any] = dict(wishes)
    if "size" in fields:
        fields["size"] = dict(zip(("width", "height"), fields["size"], strict=True))
    if "format" in fields:
        fields["accept_format"] = find_format(str(fields.pop("format"))).enum_name
    return fields


def _scene_of(background: PictureLike) -> scene_pb2.Scene | None:
    if isinstance(background, Background) and background.reply.HasField("scene"):
        return background.reply.scene
    return None


def _read_verification(reply: ads_pb2.VerifyAdResponse) -> Verification:
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


def _ad(made: ads_pb2.Ad) -> Ad:
    layers = {layer.name: Picture(**picture_fields(layer.image)) for layer in made.layers}
    return Ad(
        **picture_fields(made.image),
        manifest_json=made.manifest,
        layers=layers,
        layered_file=made.layered_file,
        score=made.quality_report.score,
        reasons=made.quality_report.reasons,
        findings=_findings(made.quality_report.findings),
        profile=_report(made.profile_report) if made.HasField("profile_report") else None,
    )


def _report(told: finishing_pb2.ProfileReport) -> ProfileReport:
    return ProfileReport(
        told.profile, told.source, told.checked, _findings(told.findings), told.passed
    )


def _findings(told: Iterable[finishing_pb2.Finding]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each.name, each.measured, each.limit, _verdict(each.verdict), each.note)
        for each in told
    )


def _verdict(number: int) -> str:
    return finishing_pb2.Verdict.Name(number).removeprefix("VERDICT_").lower()


def _read_cutout(reply: segmentation_pb2.SegmentProductResponse) -> Cutout:
    return Cutout(**picture_fields(reply.cutout), reply=reply)


def _read_background(answer: background_pb2.GenerateBackgroundResponse) -> Event | Background:
    if answer.WhichOneof("event") == "result":
        return Background(**picture_fields(answer.result.background), reply=answer.result)
    return _progress("background", answer.progress)


def _read_composite(reply: compositing_pb2.CompositeProductResponse) -> Composite:
    mask = Picture(**picture_fields(reply.mask))
    return Composite(**picture_fields(reply.composite), mask=mask, reply=reply)


def _read_inpainted(answer: inpainting_pb2.InpaintSceneResponse) -> Event | Inpainted:
    if answer.WhichOneof("event") == "result":
        return Inpainted(**picture_fields(answer.result.ad), reply=answer.result)
    return _progress("inpainting", answer.progress)


def _read_finished(answer: finishing_pb2.FinishAdResponse) -> Event | Finished:
    if answer.WhichOneof("event") == "result":
        return Finished(**picture_fields(answer.result.file), reply=answer.result)
    return _progress("finishing", answer.progress)


def _read_engines(reply: ads_pb2.AdServiceListEnginesResponse) -> list[EngineStatus]:
    return [
        _status(_stage(listed.stage), each)
        for listed in reply.stages
        for each in listed.engines or [_UNREACHABLE]
    ]


def _status(stage: str, engine: engine_pb2.EngineStatus) -> EngineStatus:
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


def _progress(stage: str, progress: engine_pb2.Progress) -> Event:
    return Event(stage, "progress", progress.fraction, progress.preview.data)


def _finished(told: ads_pb2.StageFinished) -> Event:
    run = told.run
    return Event(
        _stage(told.stage),
        "finished",
        fraction=1.0,
        preview=run.preview.data,
        engine=run.engine,
        seconds=run.elapsed.ToMilliseconds() / 1000,
        # A type checker takes the message Warning for the built-in exception.
        warnings=tuple(cast(Any, warning).message for warning in run.warnings),
        cached=told.cached,
    )


def _stage(number: int) -> str:
    return ads_pb2.Stage.Name(number).removeprefix("STAGE_").lower()
