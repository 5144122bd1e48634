"""Speaks InpaintingService: decode, call, encode."""

import numpy as np

from cyclorama.v1 import inpainting_pb2, inpainting_pb2_grpc
from services.diffusion.settings import read_diffusion_options
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.scene import scene_from_message
from services.imaging.thumbnails import build_progress, encode_thumbnail
from services.inpainting.engine import Engine, Order, Picture, Strength
from services.inpainting.engines import Settings, open_engine
from services.inpainting.rules import RULES
from services.runtime.engines import EngineProgress, EngineResult, Engines
from services.runtime.errors import InvalidImage, ProductNotFound
from services.runtime.limits import COMPOSITE_SIDES
from services.runtime.observing import record_codec_time
from services.runtime.options import read_set_fields, resolve_seed
from services.runtime.runs import Stopwatch
from services.runtime.stage import StageDefinition


class InpaintingServicer(inpainting_pb2_grpc.InpaintingServiceServicer):
    """Grounds products with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: ImageCodec) -> None:
        self._engines = engines
        self._images = images

    def InpaintScene(self, request, context):
        stopwatch, order = Stopwatch(), self._order(request)
        for answer in self._engines.stream(
            request.options.engine, lambda engine: engine.inpaint(order)
        ):
            step = answer.result
            if isinstance(step, EngineProgress):
                progress = build_progress(step.fraction, step.preview)
                yield inpainting_pb2.InpaintSceneResponse(progress=progress)
            else:
                result = self._result(request, order, answer, stopwatch)
                yield inpainting_pb2.InpaintSceneResponse(result=result)

    def ListEngines(self, request, context):
        return inpainting_pb2.InpaintingServiceListEnginesResponse(
            engines=self._engines.list_statuses()
        )

    def _order(self, request) -> Order:
        composite = self._images.read_rgb(request.composite, "composite")
        check_image_sides(composite, *COMPOSITE_SIDES, "composite")
        mask = self._images.read_gray(request.mask, "mask")
        check_mask(mask, composite)
        return Order(
            composite=composite,
            mask=mask,
            scene=scene_from_message(request.scene) if request.HasField("scene") else None,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            seed=resolve_seed(request),
            strength=Strength(**read_set_fields(request.options)),
            diffusion=read_diffusion_options(request.options.diffusion),
        )

    def _result(
        self, request, order: Order, answer: EngineResult[Engine, Picture], stopwatch: Stopwatch
    ) -> inpainting_pb2.InpaintSceneResult:
        made = answer.result
        return inpainting_pb2.InpaintSceneResult(
            ad=self._images.write(made.pixels, request.accept_format),
            seed=order.seed,
            run=stopwatch.report_run(
                answer,
                {**vars(order.strength), **made.parameters},
                made.warnings,
                made.measured,
                encode_thumbnail(made.pixels),
                made.model,
            ),
        )


def check_mask(mask: np.ndarray, composite: np.ndarray) -> None:
    """Raises InvalidImage when the mask does not fit the composite, ProductNotFound when empty."""
    if mask.shape != composite.shape[:2]:
        sizes = f"{mask.shape[1]} x {mask.shape[0]}, the composite {composite.shape[1]} x"
        raise InvalidImage("mask", f"is {sizes} {composite.shape[0]}; send equal sizes")
    if not mask.any():
        raise ProductNotFound("the mask is empty; send the product's alpha as the mask")


STAGE = StageDefinition(
    "inpainting",
    RULES,
    inpainting_pb2_grpc.add_InpaintingServiceServicer_to_server,
    Settings,
    open_engine,
    lambda engines, settings: InpaintingServicer(
        engines, ImageCodec(settings, settings.max_message_mib, record_codec_time)
    ),
)
