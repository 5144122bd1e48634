"""Prepares gRPC calls: each function returns an Operation, which Client and AsyncClient run.

Nothing here does network input or output.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, Unpack

from google.protobuf.message import Message

from cyclorama.arguments import (
    AD_PATHS,
    COMPOSITE_PATHS,
    FINISH_PATHS,
    GENERATE_PATHS,
    INPAINT_PATHS,
    SEGMENT_PATHS,
    AdArguments,
    CompositeArguments,
    FinishArguments,
    GenerateArguments,
    InpaintArguments,
    SegmentArguments,
    set_arguments,
)
from cyclorama.checks import check_text
from cyclorama.manifests import ManifestLike, read_manifest_text
from cyclorama.messages import build_message
from cyclorama.pictures import (
    PictureLike,
    UploadedImage,
    image_from_picture,
    name_of_picture,
)
from cyclorama.responses import (
    FileChunk,
    join_ad,
    read_ad_response,
    read_assessment,
    read_background,
    read_composite,
    read_contradictions,
    read_cutout,
    read_engines,
    read_finished,
    read_inpainted,
    read_platforms,
    read_profile_report,
    read_verification,
)
from cyclorama.results import (
    Ad,
    Assessment,
    Background,
    Composite,
    Contradiction,
    Cutout,
    EngineStatus,
    Event,
    Finished,
    Inpainted,
    Platform,
    ProfileReport,
    Verification,
)
from cyclorama.v1 import (
    ads_pb2,
    ads_pb2_grpc,
    background_pb2,
    background_pb2_grpc,
    compositing_pb2,
    compositing_pb2_grpc,
    finishing_pb2,
    finishing_pb2_grpc,
    inpainting_pb2,
    inpainting_pb2_grpc,
    scene_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One gRPC call, prepared but not yet sent.

    stub: the class of the service's generated stub. method: the name of the rpc. read: converts
    each response message into an Event, a part of a file, or the result. streams: whether the rpc
    streams its responses. join: returns the result with the parts of files that came before it.
    """

    stub: type
    method: str
    request: Message
    read: Callable[[Any], T | Event | FileChunk]
    streams: bool = False
    join: Callable[[T, Sequence[FileChunk]], T] | None = None

    @property
    def service(self) -> str:
        """The name of the service, such as "AdService"."""
        return getattr(self.stub, "__name__", "").removesuffix("Stub")


class Runner(Protocol):
    """Protocol of a blocking client, such as Client."""

    def run(self, operation: Operation[T], *, timeout: float | None = None) -> T:
        """Runs an operation and returns its result."""

    def stream(self, operation: Operation[T], *, timeout: float | None = None) -> Iterator[T]:
        """Runs an operation and yields each response message, converted by its `read`."""


class AsyncRunner(Protocol):
    """Protocol of an asyncio client, such as AsyncClient."""

    async def run(self, operation: Operation[T], *, timeout: float | None = None) -> T:
        """As Runner.run: runs an operation and returns its result."""

    def stream(self, operation: Operation[T], *, timeout: float | None = None) -> AsyncIterator[T]:
        """As Runner.stream: runs an operation and yields each response message, converted."""


def prepare_ad(photo: PictureLike, prompt: str, **arguments: Unpack[AdArguments]) -> Operation[Ad]:
    """Prepares, without sending it, the call that makes an ad of a photo and a prompt.

    arguments: size, seed, format and more; see AdArguments.
    """
    request = ads_pb2.CreateAdRequest(
        photo=image_from_picture(photo, "photo"), prompt=check_text(prompt, "prompt", "'on sand'")
    )
    set_arguments(request, arguments, AD_PATHS, AdArguments.__annotations__)
    return prepare_ad_request(request)


def prepare_ad_request(request: ads_pb2.CreateAdRequest) -> Operation[Ad]:
    """Prepares, without sending it, the call that makes the ad which a request describes."""
    return Operation(
        ads_pb2_grpc.AdServiceStub,
        "CreateAd",
        request,
        read_ad_response,
        streams=True,
        join=join_ad,
    )


def prepare_upload(picture: PictureLike) -> Operation[UploadedImage]:
    """Prepares, without sending it, the call that has the gateway keep a picture."""
    request = ads_pb2.UploadImageRequest(image=image_from_picture(picture))
    # Of the picture itself, nothing but its name is kept.
    name = name_of_picture(picture)
    return Operation(
        ads_pb2_grpc.AdServiceStub,
        "UploadImage",
        request,
        lambda reply: UploadedImage(reply.image, name),
    )


def prepare_verification(
    picture: PictureLike, manifest: ManifestLike | None = None
) -> Operation[Verification]:
    """Prepares, without sending it, the call that compares an ad's file with its manifest.

    manifest: as read_manifest_text takes it.
    """
    request = ads_pb2.VerifyAdRequest(
        image=image_from_picture(picture), manifest=read_manifest_text(picture, manifest)
    )
    return Operation(ads_pb2_grpc.AdServiceStub, "VerifyAd", request, read_verification)


def prepare_profile_check(picture: PictureLike, profile: str) -> Operation[ProfileReport]:
    """Prepares, without sending it, the call that checks a file against a platform's rules.

    picture: if it is a path, its suffix is checked too. profile: the name of the platform's rules,
    such as "amazon-main".
    """
    request = ads_pb2.CheckAdRequest(
        image=image_from_picture(picture),
        profile=check_text(profile, "profile", "'amazon-main'"),
        file_name=name_of_picture(picture),
    )
    return Operation(
        ads_pb2_grpc.AdServiceStub,
        "CheckAd",
        request,
        lambda reply: read_profile_report(reply.report),
    )


def prepare_assessment(
    picture: PictureLike, manifest: ManifestLike | None = None
) -> Operation[Assessment]:
    """Prepares, without sending it, the call that assesses a picture as a reviewer would.

    manifest: as read_manifest_text takes it; None lets the gateway find the product.
    """
    text = None if manifest is None else read_manifest_text(picture, manifest)
    request = ads_pb2.AssessAdRequest(image=image_from_picture(picture), manifest=text)
    return Operation(ads_pb2_grpc.AdServiceStub, "AssessAd", request, read_assessment)


def prepare_segmentation(
    photo: PictureLike, mask: PictureLike | None = None, **arguments: Unpack[SegmentArguments]
) -> Operation[Cutout]:
    """Prepares, without sending it, the call that cuts a product out of a photo.

    mask: a picture that is light roughly where the product is; None lets the stage find it.
    arguments: format, options and more; see SegmentArguments.
    """
    request = segmentation_pb2.SegmentProductRequest(photo=image_from_picture(photo, "photo"))
    if mask is not None:
        request.mask.CopyFrom(image_from_picture(mask, "mask"))
    set_arguments(request, arguments, SEGMENT_PATHS, SegmentArguments.__annotations__)
    stub = segmentation_pb2_grpc.SegmentationServiceStub
    return Operation(stub, "SegmentProduct", request, read_cutout)


def prepare_background(
    prompt: str, *, view: scene_pb2.View | None = None, **arguments: Any
) -> Operation[Background]:
    """Prepares, without sending it, the call that makes a background, a scene without the product.

    prompt: what the scene should look like. view: how the photo shows the product, which the scene
    follows. arguments: see GenerateArguments.
    """
    text = check_text(prompt, "prompt", "'on sand'")
    request = build_message(background_pb2.GenerateBackgroundRequest, prompt=text, view=view)
    set_arguments(request, arguments, GENERATE_PATHS, GenerateArguments.__annotations__)
    stub = background_pb2_grpc.BackgroundServiceStub
    return Operation(stub, "GenerateBackground", request, read_background, streams=True)


def prepare_composite(
    cutout: PictureLike,
    background: PictureLike,
    *,
    scene: scene_pb2.Scene | None = None,
    view: scene_pb2.View | None = None,
    **arguments: Any,
) -> Operation[Composite]:
    """Prepares, without sending it, the call that places a cut-out product in a background.

    scene: the background's light and ground; by default that of a Background which this client
    returned. view: how the photo shows the product. By default this and the sides on which the
    photo's frame cuts the product off are those of a Cutout which this client returned. arguments:
    see CompositeArguments.
    """
    segmented = cutout.reply if isinstance(cutout, Cutout) else None
    request = build_message(
        compositing_pb2.CompositeProductRequest,
        cutout=image_from_picture(cutout, "cutout"),
        background=image_from_picture(background, "background"),
        scene=scene or _find_scene(background),
        cut_sides=segmented.cut_sides if segmented else (),
        view=view or (segmented.view if segmented and segmented.HasField("view") else None),
    )
    if not arguments.get("cut_sides"):
        arguments.pop("cut_sides", None)
    set_arguments(request, arguments, COMPOSITE_PATHS, CompositeArguments.__annotations__)
    stub = compositing_pb2_grpc.CompositingServiceStub
    return Operation(stub, "CompositeProduct", request, read_composite)


def prepare_inpainting(
    composite: PictureLike,
    mask: PictureLike | None = None,
    *,
    scene: scene_pb2.Scene | None = None,
    prompt: str = "",
    **arguments: Any,
) -> Operation[Inpainted]:
    """Prepares, without sending it, the call that adds light, shadow and reflection to a composite.

    mask: the product's alpha. scene: the composite's light and ground. None stands for those of a
    Composite which this client returned. prompt: what the scene should look like, for engines that
    repaint it. arguments: see InpaintArguments.
    """
    if mask is None and isinstance(composite, Composite):
        mask = composite.mask
    request = build_message(
        inpainting_pb2.InpaintSceneRequest,
        composite=image_from_picture(composite, "composite"),
        mask=image_from_picture(mask, "mask") if mask is not None else None,
        scene=scene or _find_scene(composite),
        prompt=prompt,
    )
    set_arguments(request, arguments, INPAINT_PATHS, InpaintArguments.__annotations__)
    stub = inpainting_pb2_grpc.InpaintingServiceStub
    return Operation(stub, "InpaintScene", request, read_inpainted, streams=True)


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
        ad=image_from_picture(ad, "ad"),
        composite=image_from_picture(composite, "composite"),
        mask=image_from_picture(mask, "mask") if mask is not None else None,
        layers=composite.reply.layers if isinstance(composite, Composite) else (),
        generative=isinstance(ad, Inpainted) and ad.reply.run.generative,
    )
    set_arguments(request, arguments, FINISH_PATHS, FinishArguments.__annotations__)
    stub = finishing_pb2_grpc.FinishingServiceStub
    return Operation(stub, "FinishAd", request, read_finished, streams=True)


def prepare_engine_list() -> Operation[list[EngineStatus]]:
    """Prepares, without sending it, the call that lists the engines of all stages."""
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(ads_pb2_grpc.AdServiceStub, "ListEngines", request, read_engines)


def prepare_platform_list() -> Operation[list[Platform]]:
    """Prepares, without sending it, the call that lists the platforms that ads can be made for."""
    stub, request = ads_pb2_grpc.AdServiceStub, ads_pb2.ListProfilesRequest()
    return Operation(stub, "ListProfiles", request, read_platforms)


def prepare_validation(**arguments: Unpack[AdArguments]) -> Operation[list[Contradiction]]:
    """Prepares, without sending it, the call that checks options of an ad without making it.

    arguments: see AdArguments.
    """
    ad, request = ads_pb2.CreateAdRequest(), ads_pb2.ValidateOptionsRequest()
    set_arguments(ad, arguments, AD_PATHS, AdArguments.__annotations__)
    for field, value in ad.ListFields():
        if field.name in request.DESCRIPTOR.fields_by_name:
            if field.message_type:
                getattr(request, field.name).CopyFrom(value)
            else:
                setattr(request, field.name, value)
    return Operation(ads_pb2_grpc.AdServiceStub, "ValidateOptions", request, read_contradictions)


def prepare_version_query() -> Operation[str]:
    """Prepares, without sending it, the call that reads the gateway's version as text.

    The version is empty when the gateway does not report one.
    """
    # The list of engines also states the version.
    request = ads_pb2.AdServiceListEnginesRequest()
    return Operation(
        ads_pb2_grpc.AdServiceStub, "ListEngines", request, lambda reply: str(reply.version)
    )


def _find_scene(picture: PictureLike) -> scene_pb2.Scene | None:
    """Returns the scene (light, ground, camera) of a Background or Composite; else None."""
    if isinstance(picture, Background | Composite) and picture.reply.HasField("scene"):
        return picture.reply.scene
    return None
