"""Implements InpaintingService: decodes requests, calls an engine, encodes results."""

from collections.abc import Iterator

import grpc
import numpy as np

from cyclorama.v1 import engine_pb2, inpainting_pb2, inpainting_pb2_grpc
from services.diffusion.settings import read_diffusion_options
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.scene import scene_from_message
from services.imaging.thumbnails import build_progress, encode_thumbnail
from services.inpainting.engine import (
    InpaintingEngine,
    InpaintingRequest,
    InpaintingResult,
    InpaintingStrength,
)
from services.inpainting.engines import InpaintingSettings, open_engine
from services.inpainting.rules import RULES
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.errors import InvalidImage, ProductNotFound
from services.runtime.guards.cancellation import get_remaining_seconds
from services.runtime.limits import COMPOSITE_SIDES
from services.runtime.options import read_set_fields, resolve_seed
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition
from services.stage_images import build_image_codec


class InpaintingServicer(inpainting_pb2_grpc.InpaintingServiceServicer):
    """Inpaints composites, using the engines of this process."""

    def __init__(self, engines: Engines[InpaintingEngine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def InpaintScene(
        self, request: inpainting_pb2.InpaintSceneRequest, context: grpc.ServicerContext
    ) -> Iterator[inpainting_pb2.InpaintSceneResponse]:
        """Lets a composite's surroundings react to the product; streams progress, then the ad.

        context: not used; gRPC requires it.
        """
        stopwatch, decoded = Stopwatch(), self._read_request(request)
        for answer in self._engines.stream(
            request.options.engine, lambda engine: engine.inpaint(decoded)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview, step.queue_position)
                yield inpainting_pb2.InpaintSceneResponse(progress=progress)
            else:
                encoded = self._images.write(step.pixels, request.accept_format)
                result = inpainting_pb2.InpaintSceneResult(
                    seed=decoded.seed,
                    run=report_inpainting_run(decoded, step, answer, stopwatch),
                )
                response = inpainting_pb2.InpaintSceneResponse(result=result)
                # An image as an argument would be serialized and parsed.
                response.result.ad.CopyFrom(encoded)
                yield response

    def ListEngines(
        self,
        request: inpainting_pb2.InpaintingServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> inpainting_pb2.InpaintingServiceListEnginesResponse:
        """Lists the inpainting engines of this process with their state; the request is empty."""
        return inpainting_pb2.InpaintingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _read_request(self, request: inpainting_pb2.InpaintSceneRequest) -> InpaintingRequest:
        """Decodes the pictures and options of a request, and fills in defaults.

        Raises InvalidImage for pictures that cannot be decoded, are too small or too large, or
        differ in size; ProductNotFound for an empty mask.
        """
        composite = self._images.read_rgb(request.composite, "composite")
        check_image_sides(composite, *COMPOSITE_SIDES, "composite")
        mask = self._images.read_gray(request.mask, "mask")
        check_product_mask(mask, composite)
        return InpaintingRequest(
            composite=composite,
            mask=mask,
            scene=scene_from_message(request.scene) if request.HasField("scene") else None,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            seed=resolve_seed(request),
            strength=inpainting_strength_from_message(request.options),
            diffusion=read_diffusion_options(request.options.diffusion),
            seconds_left=get_remaining_seconds(),
        )


def inpainting_strength_from_message(
    message: inpainting_pb2.InpaintingOptions,
) -> InpaintingStrength:
    """Reads how much an engine may change; unset fields take their defaults."""
    fields = read_set_fields(message).items()
    # The strengths are the floating-point fields of the message, under the same names.
    strengths = {name: value for name, value in fields if isinstance(value, float)}
    return InpaintingStrength(**strengths)


def check_product_mask(mask: np.ndarray, composite: np.ndarray) -> None:
    """Raises InvalidImage if mask and composite differ in size, ProductNotFound for an empty mask.

    mask: uint8 alpha (h, w) of the product.
    composite: uint8 RGB (H, W, 3).
    """
    (mask_height, mask_width), (height, width) = mask.shape, composite.shape[:2]
    if (mask_height, mask_width) != (height, width):
        problem = f"is {mask_width} x {mask_height}, the composite {width} x {height}"
        raise InvalidImage("mask", f"{problem}; send equal sizes")
    if not mask.any():
        raise ProductNotFound("the mask is empty; send the product's alpha as the mask")


def report_inpainting_run(
    request: InpaintingRequest,
    result: InpaintingResult,
    answer: EngineResult[InpaintingEngine, EngineProgress | InpaintingResult],
    stopwatch: Stopwatch,
) -> engine_pb2.EngineRun:
    """Returns the message on how a result was made: engine, parameters, measurements, time.

    answer: what the engine that ran reports besides the result.
    stopwatch: started with the call, for the time that it took.
    """
    parameters = {**vars(request.strength), **result.parameters}
    preview = encode_thumbnail(result.pixels)
    return stopwatch.report_run(
        answer, parameters, result.warnings, result.measured, preview, result.model
    )


STAGE = StageDefinition(
    "inpainting",
    RULES,
    inpainting_pb2_grpc.add_InpaintingServiceServicer_to_server,
    InpaintingSettings,
    open_engine,
    lambda engines, settings: InpaintingServicer(
        engines,
        build_image_codec(settings),
    ),
)
