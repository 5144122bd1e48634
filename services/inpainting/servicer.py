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
from services.runtime.limits import COMPOSITE_SIDES
from services.runtime.observing import record_codec_time
from services.runtime.options import read_set_fields, resolve_seed
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition


class InpaintingServicer(inpainting_pb2_grpc.InpaintingServiceServicer):
    """Inpaints composites, using the engines of this process."""

    def __init__(self, engines: Engines[InpaintingEngine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def InpaintScene(
        self, request: inpainting_pb2.InpaintSceneRequest, context: grpc.ServicerContext
    ) -> Iterator[inpainting_pb2.InpaintSceneResponse]:
        stopwatch, decoded = Stopwatch(), self._read_request(request)
        for answer in self._engines.stream(
            request.options.engine, lambda engine: engine.inpaint(decoded)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview)
                yield inpainting_pb2.InpaintSceneResponse(progress=progress)
            else:
                result = inpainting_pb2.InpaintSceneResult(
                    ad=self._images.write(step.pixels, request.accept_format),
                    seed=decoded.seed,
                    run=report_inpainting_run(decoded, step, answer, stopwatch),
                )
                yield inpainting_pb2.InpaintSceneResponse(result=result)

    def ListEngines(
        self,
        request: inpainting_pb2.InpaintingServiceListEnginesRequest,
        context: grpc.ServicerContext,
    ) -> inpainting_pb2.InpaintingServiceListEnginesResponse:
        return inpainting_pb2.InpaintingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _read_request(self, request: inpainting_pb2.InpaintSceneRequest) -> InpaintingRequest:
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
        )


def inpainting_strength_from_message(
    message: inpainting_pb2.InpaintingOptions,
) -> InpaintingStrength:
    """Reads the strengths of InpaintingOptions; unset fields take their defaults."""
    fields = read_set_fields(message).items()
    return InpaintingStrength(**{name: each for name, each in fields if isinstance(each, float)})


def check_product_mask(mask: np.ndarray, composite: np.ndarray) -> None:
    """Checks a mask, uint8 alpha (h, w), against a composite, uint8 RGB (H, W, 3).

    Raises InvalidImage when their sizes differ, ProductNotFound when the mask is empty.
    """
    if mask.shape != composite.shape[:2]:
        sizes = f"{mask.shape[1]} x {mask.shape[0]}, the composite {composite.shape[1]} x"
        raise InvalidImage("mask", f"is {sizes} {composite.shape[0]}; send equal sizes")
    if not mask.any():
        raise ProductNotFound("the mask is empty; send the product's alpha as the mask")


def report_inpainting_run(
    request: InpaintingRequest,
    result: InpaintingResult,
    answer: EngineResult[InpaintingEngine, EngineProgress | InpaintingResult],
    stopwatch: Stopwatch,
) -> engine_pb2.EngineRun:
    """Reports the engine, parameters, measurements, warnings and time behind a result."""
    return stopwatch.report_run(
        answer,
        {**vars(request.strength), **result.parameters},
        result.warnings,
        result.measured,
        encode_thumbnail(result.pixels),
        result.model,
    )


STAGE = StageDefinition(
    "inpainting",
    RULES,
    inpainting_pb2_grpc.add_InpaintingServiceServicer_to_server,
    InpaintingSettings,
    open_engine,
    lambda engines, settings: InpaintingServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
