"""Implements FinishingService: decodes requests, calls an engine, encodes results."""

import json
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import grpc
import numpy as np

from cyclorama.v1 import (
    compositing_pb2,
    engine_pb2,
    finishing_pb2,
    finishing_pb2_grpc,
    image_pb2,
)
from services.finishing.assess import assess_file
from services.finishing.engine import FileOptions, FinishingEngine, FinishingRequest, Lettering
from services.finishing.engines import FinishingSettings, open_engine
from services.finishing.finish import FinishingResult, finish_ad
from services.finishing.inspect import check_file, verify_file
from services.finishing.metadata import FileMetadata
from services.finishing.product_record import create_product_record
from services.finishing.provenance import Provenance
from services.finishing.rules import RULES
from services.finishing.signing import AdSigning, open_signing, open_trust
from services.imaging.box import box_from_message
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.product import find_product_box
from services.imaging.scene import rgb_from_message
from services.imaging.thumbnails import build_progress
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from services.runtime.formats import PNG, RAW_CHANNELS
from services.runtime.limits import COMPOSITE_SIDES, KILOBYTE, TEXT_EDGE_MARGIN
from services.runtime.options import word_from_enum
from services.runtime.profiles import PlatformProfile, load_profile
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition
from services.stage_images import build_image_codec

if TYPE_CHECKING:
    from services.credentials.trust import TrustList


class FinishingServicer(finishing_pb2_grpc.FinishingServiceServicer):
    """Writes ads as files, using the engines of this process, and checks files."""

    def __init__(
        self,
        engines: Engines[FinishingEngine],
        images: ImageCodec,
        signing: AdSigning | None = None,
        trust: "TrustList | None" = None,
    ) -> None:
        """Serves requests with `engines`, best first.

        images: decodes the pictures of requests.
        signing: adds Content Credentials to files; None for none.
        trust: the certificate authorities whose Content Credentials are trusted; None for none.
        """
        self._engines = engines
        self._images = images
        self._signing = signing
        self._trust = trust

    def FinishAd(
        self, request: finishing_pb2.FinishAdRequest, context: grpc.ServicerContext
    ) -> Iterator[finishing_pb2.FinishAdResponse]:
        """Writes an ad as a file; streams progress, then one result with certificate and reports.

        context: not used; gRPC requires it.
        """
        stopwatch, decoded = Stopwatch(), read_finishing_request(request, self._images)
        limits = self._images.limits
        for answer in self._engines.stream(
            request.options.engine,
            lambda engine: finish_ad(engine, decoded, limits, self._signing),
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview)
                yield finishing_pb2.FinishAdResponse(progress=progress)
            else:
                response = finishing_pb2.FinishAdResponse()
                # A message as an argument is serialized and parsed, which takes long for layers.
                response.result.CopyFrom(
                    finishing_result_to_message(decoded, step, answer, stopwatch, self._signing)
                )
                yield response

    def VerifyFile(
        self, request: finishing_pb2.VerifyFileRequest, context: grpc.ServicerContext
    ) -> finishing_pb2.VerifyFileResponse:
        """Compares a file with its certificate: whether the product's pixels are unchanged."""
        anchors = self._trust.anchors if self._trust else ""
        return verify_file(request, self._images, anchors)

    def CheckFile(
        self, request: finishing_pb2.CheckFileRequest, context: grpc.ServicerContext
    ) -> finishing_pb2.CheckFileResponse:
        """Checks a file against the rules of an advertising platform."""
        return check_file(request, self._images)

    def AssessFile(
        self, request: finishing_pb2.AssessFileRequest, context: grpc.ServicerContext
    ) -> finishing_pb2.AssessFileResponse:
        """Measures the quality of a picture file and predicts the mark of a reviewer."""
        return assess_file(request, self._images)

    def ListEngines(
        self,
        request: finishing_pb2.FinishingServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> finishing_pb2.FinishingServiceListEnginesResponse:
        """Lists the finishing engines of this process with their state; the request is empty."""
        return finishing_pb2.FinishingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )


def read_finishing_request(
    request: finishing_pb2.FinishAdRequest, images: ImageCodec
) -> FinishingRequest:
    """Decodes the pictures and options of a request, and fills in defaults.

    Raises InvalidImage for pictures that cannot be decoded, are too small or too large, or differ
    in size; InvalidRequest for a platform's profile that is unknown or cannot be checked.

    images: decodes the request's pictures.
    """
    profile = read_delivery_profile(request)
    ad = images.read_rgb(request.ad, "ad")
    check_image_sides(ad, *COMPOSITE_SIDES, "ad")
    lettering = request.lettering if request.HasField("lettering") else None
    mask = images.read_gray(request.mask, "mask")
    check_same_size(mask, ad, "mask")
    composite = images.read_rgb(request.composite, "composite")
    check_same_size(composite, ad, "composite")
    return FinishingRequest(
        ad=ad,
        mask=mask,
        composite=composite,
        options=read_file_options(request),
        metadata=read_file_metadata(request, mask),
        lettering=read_lettering(lettering, images) if lettering else None,
        layers=[
            (layer.name, images.read(layer.image, f"layers[{index}].image"))
            for index, layer in enumerate(request.layers)
        ],
        profile=profile,
        circumstances=request.circumstances,
        provenance=Provenance(
            tuple(request.stages), request.photo.sha256, request.photo.credentials
        ),
    )


def read_delivery_profile(request: finishing_pb2.FinishAdRequest) -> PlatformProfile | None:
    """Loads the rules of the platform that the request names; None if it names none.

    Raises InvalidRequest for an unknown name, and for RAW pixels, to which no rules apply.
    """
    name = request.delivery.profile
    if name and request.accept_format in RAW_CHANNELS:
        problem = "is RAW, and a profile is about files; ask for PNG or JPEG"
        raise InvalidRequest(Violation("accept_format", problem))
    return load_profile(name, "delivery.profile") if name else None


def check_same_size(pixels: np.ndarray, ad: np.ndarray, field: str) -> None:
    """Raises InvalidImage when a picture is not of the ad's size.

    pixels: uint8 (h, w) or (h, w, 3).
    ad: uint8 RGB (H, W, 3).
    field: the request's field with the picture, which the error names.
    """
    (height, width), (ad_height, ad_width) = pixels.shape[:2], ad.shape[:2]
    if (height, width) != (ad_height, ad_width):
        problem = f"is {width} x {height}, the ad {ad_width} x {ad_height}"
        raise InvalidImage(field, f"{problem}; send equal sizes")


def read_file_options(request: finishing_pb2.FinishAdRequest) -> FileOptions:
    """Reads how to write the file: format (default PNG), quality, size limit, what else to return.

    An unset quality or size limit becomes None.
    """
    delivery = request.delivery
    has_limit = delivery.HasField("max_kilobytes")
    return FileOptions(
        format=request.accept_format or PNG,
        quality=delivery.quality if delivery.HasField("quality") else None,
        max_bytes=delivery.max_kilobytes * KILOBYTE if has_limit else None,
        layers=delivery.layers,
        layered_file=delivery.layered_file,
    )


def read_file_metadata(request: finishing_pb2.FinishAdRequest, mask: np.ndarray) -> FileMetadata:
    """Reads the metadata to write into the file: source, record, dots per inch and the product's.

    mask: uint8 alpha (H, W) of the product in the ad.
    """
    delivery = request.delivery
    dpi = delivery.dpi if delivery.HasField("dpi") else FileMetadata.dpi
    size = (mask.shape[1], mask.shape[0])
    product = create_product_record(request.circumstances, find_product_box(mask), size)
    draft = request.quality == engine_pb2.QUALITY_DRAFT
    return FileMetadata(request.generative, request.record, dpi, product, draft)


def read_lettering(message: finishing_pb2.Lettering, images: ImageCodec) -> Lettering:
    """Decodes the text and logo to set on an ad; raises InvalidImage for an invalid logo.

    An opaque logo gets an alpha channel; unset margins take their default. Letters and their
    accents are composed (NFC), as fonts have them.
    """
    logo = images.read(message.logo, "lettering.logo") if message.HasField("logo") else None
    if logo is not None and logo.shape[2] == 3:
        logo = np.dstack([logo, np.full(logo.shape[:2], OPAQUE_ALPHA, np.uint8)])
    margins = (
        message.top if message.HasField("top") else TEXT_EDGE_MARGIN,
        message.right if message.HasField("right") else TEXT_EDGE_MARGIN,
        message.bottom if message.HasField("bottom") else TEXT_EDGE_MARGIN,
        message.left if message.HasField("left") else TEXT_EDGE_MARGIN,
    )
    return Lettering(
        compose_text(message.headline),
        compose_text(message.call_to_action),
        logo,
        margins,
        anchor=word_from_enum(compositing_pb2.Anchor.DESCRIPTOR, message.anchor),
        size=message.size if message.HasField("size") else None,
        color=rgb_from_message(message.color) if message.HasField("color") else None,
        button_color=rgb_from_message(message.button_color)
        if message.HasField("button_color")
        else None,
        font=message.font,
        font_file=message.font_file.data,
        without_veil=message.without_veil,
        look=word_from_enum(finishing_pb2.TextLook.DESCRIPTOR, message.look),
        earlier_box=box_from_message(message.earlier_box)
        if message.HasField("earlier_box")
        else None,
    )


def compose_text(text: str) -> str:
    """Returns a text of lettering without spaces around it, and with composed accents (NFC)."""
    return unicodedata.normalize("NFC", text.strip())


def finishing_result_to_message(
    request: FinishingRequest,
    result: FinishingResult,
    answer: EngineResult[FinishingEngine, EngineProgress | FinishingResult],
    stopwatch: Stopwatch,
    signing: AdSigning | None = None,
) -> finishing_pb2.FinishAdResult:
    """Returns the message with an ad's file, certificate, reports and layers.

    answer: what the engine that ran reports besides the result.
    stopwatch: started with the call, for the time that it took.
    signing: who signed the file, if it is signed.
    """
    file, (height, width) = result.file, request.ad.shape[:2]
    parameters = dict(file.parameters)
    if signing and result.unsigned_sha256:
        parameters["credentials"] = signing.describe()
    message = finishing_pb2.FinishAdResult(
        file=image_pb2.Image(format=file.format, width=width, height=height),
        quality=file.quality,
        layers=result.layers,
        layered_file=file.layered_file,
        pixel_lock=json.dumps(dict(result.pixel_lock)),
        quality_report=result.quality_report,
        profile_report=result.profile_report,
        run=stopwatch.report_run(
            answer,
            parameters,
            [*file.warnings, *result.warnings],
            measured={"bytes": len(file.data)},
            preview=result.preview,
        ),
        unsigned_sha256=result.unsigned_sha256,
    )
    # In an argument they would be serialized and parsed.
    message.file.data = file.data
    return message


def _create_servicer(
    engines: Engines[FinishingEngine], settings: FinishingSettings
) -> FinishingServicer:
    """Creates the servicer for opened engines; exits if settings of signing are invalid."""
    return FinishingServicer(
        engines,
        build_image_codec(settings),
        open_signing(settings),
        open_trust(settings),
    )


STAGE = StageDefinition(
    "finishing",
    RULES,
    finishing_pb2_grpc.add_FinishingServiceServicer_to_server,
    FinishingSettings,
    open_engine,
    _create_servicer,
)
