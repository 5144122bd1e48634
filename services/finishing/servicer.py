"""Speaks FinishingService: decode, call, encode."""

import json

import numpy as np

from cyclorama.v1 import finishing_pb2, finishing_pb2_grpc, image_pb2
from services.finishing.engine import Engine, FileOptions, FinishingRequest, Lettering
from services.finishing.engines import Settings, open_engine
from services.finishing.finish import FinishedAd, finish_ad
from services.finishing.inspect import check_file, verify_file
from services.finishing.marks import Marks
from services.finishing.rules import RULES
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.thumbnails import build_progress
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from services.runtime.formats import PNG, RAW_CHANNELS
from services.runtime.limits import COMPOSITE_SIDES, KILOBYTE, SIDES, TEXT_EDGE_MARGIN
from services.runtime.observing import record_codec_time
from services.runtime.profiles import PlatformProfile, load_profile
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition


class FinishingServicer(finishing_pb2_grpc.FinishingServiceServicer):
    """Writes ads as files with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def FinishAd(self, request, context):
        stopwatch, order = Stopwatch(), read_request(request, self._images)
        limits = self._images.limits
        for answer in self._engines.stream(
            request.options.engine, lambda engine: finish_ad(engine, order, limits)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview)
                yield finishing_pb2.FinishAdResponse(progress=progress)
            else:
                response = finishing_pb2.FinishAdResponse()
                # As an argument it would be written and read again, which takes long for layers.
                response.result.CopyFrom(result_message(order, answer, stopwatch))
                yield response

    def VerifyFile(self, request, context):
        return verify_file(request, self._images)

    def CheckFile(self, request, context):
        return check_file(request, self._images)

    def ListEngines(self, request, context):
        return finishing_pb2.FinishingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )


def read_request(request: finishing_pb2.FinishAdRequest, images: ImageCodec) -> FinishingRequest:
    """Reads a request, its defaults filled in; raises InvalidImage or InvalidRequest."""
    profile = read_profile(request)
    ad = images.read_rgb(request.ad, "ad")
    check_image_sides(ad, *COMPOSITE_SIDES, "ad")
    lettering = request.lettering if request.HasField("lettering") else None
    return FinishingRequest(
        ad=ad,
        mask=same_size(images.read_gray(request.mask, "mask"), ad, "mask"),
        composite=same_size(images.read_rgb(request.composite, "composite"), ad, "composite"),
        options=file_options(request),
        marks=read_marks(request),
        lettering=read_lettering(lettering, images) if lettering else None,
        layers=[
            (layer.name, images.read(layer.image, f"layers[{at}].image"))
            for at, layer in enumerate(request.layers)
        ],
        profile=profile,
        circumstances=request.circumstances,
    )


def read_profile(request: finishing_pb2.FinishAdRequest) -> PlatformProfile | None:
    """The profile that the file should meet; raises InvalidRequest when none could be checked."""
    name = request.delivery.profile
    if name and request.accept_format in RAW_CHANNELS:
        text = "is RAW, and a profile is about files; ask for PNG or JPEG"
        raise InvalidRequest(Violation("accept_format", text))
    return load_profile(name, "delivery.profile") if name else None


def same_size(pixels: np.ndarray, ad: np.ndarray, field: str) -> np.ndarray:
    """The pixels, when they are of the ad's size."""
    if pixels.shape[:2] != ad.shape[:2]:
        found = f"is {pixels.shape[1]} x {pixels.shape[0]}, the ad {ad.shape[1]} x {ad.shape[0]}"
        raise InvalidImage(field, f"{found}; send equal sizes")
    return pixels


def file_options(request: finishing_pb2.FinishAdRequest) -> FileOptions:
    """How the file is to be written."""
    delivery = request.delivery
    limited = delivery.HasField("max_kilobytes")
    return FileOptions(
        format=request.accept_format or PNG,
        quality=delivery.quality if delivery.HasField("quality") else None,
        max_bytes=delivery.max_kilobytes * KILOBYTE if limited else None,
        layers=delivery.layers,
        layered_file=delivery.layered_file,
    )


def read_marks(request: finishing_pb2.FinishAdRequest) -> Marks:
    """What the file is to say about itself."""
    dpi = {"dpi": request.delivery.dpi} if request.delivery.HasField("dpi") else {}
    return Marks(request.generative, request.record, **dpi)


def read_lettering(message: finishing_pb2.Lettering, images: ImageCodec) -> Lettering:
    """Reads a Lettering message."""
    logo = images.read(message.logo, "lettering.logo") if message.HasField("logo") else None
    if logo is not None and logo.shape[2] == 3:
        logo = np.dstack([logo, np.full(logo.shape[:2], OPAQUE_ALPHA, np.uint8)])
    free = tuple(
        getattr(message, side) if message.HasField(side) else TEXT_EDGE_MARGIN for side in SIDES
    )
    return Lettering(message.headline.strip(), message.call_to_action.strip(), logo, free)


def result_message(
    order: FinishingRequest, answer: EngineResult[Engine, FinishedAd], stopwatch: Stopwatch
) -> finishing_pb2.FinishAdResult:
    """Writes the result of a call."""
    made, file, (height, width) = answer.result, answer.result.file, order.ad.shape[:2]
    return finishing_pb2.FinishAdResult(
        file=image_pb2.Image(data=file.data, format=file.format, width=width, height=height),
        quality=file.quality,
        layers=made.layers,
        layered_file=file.layered_file,
        pixel_lock=json.dumps(dict(made.pixel_lock)),
        quality_report=made.quality_report,
        profile_report=made.profile_report,
        run=stopwatch.report_run(answer, file.parameters, measured={"bytes": len(file.data)}),
    )


STAGE = StageDefinition(
    "finishing",
    RULES,
    finishing_pb2_grpc.add_FinishingServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: FinishingServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
