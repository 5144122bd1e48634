"""Speaks InpaintingService: decode, ask, encode."""

import numpy as np

from cyclorama.v1 import engine_pb2, inpainting_pb2, inpainting_pb2_grpc
from services.diffusion.sampling import wishes_of
from services.imaging.images import Images, check_sides, preview, thumbnail
from services.imaging.scene import scene_of
from services.inpainting.engine import Engine, Order, Picture, Step, Strength
from services.runtime.engines import Engines, Stopwatch
from services.runtime.errors import BadImage, NothingFound
from services.runtime.options import given, seed_of
from services.runtime.rules import COMPOSITE_SIDES


class InpaintingServicer(inpainting_pb2_grpc.InpaintingServiceServicer):
    """Grounds products with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images

    def InpaintScene(self, request, context):
        stopwatch = Stopwatch()
        order = self._order(request)
        done = 0.0
        for at in self._engines.work(request.options.engine, lambda engine: engine.inpaint(order)):
            match at.step:
                case Step():
                    # An engine that takes over begins anew, and progress never falls.
                    done = max(done, at.step.fraction)
                    yield _progress(done, at.step)
                case Picture():
                    result = self._result(request, order, at.step)
                    parameters = {**vars(order.strength), **at.step.parameters}
                    notices = (*at.notices, *at.step.notices)
                    told = at.engine, parameters, notices, at.step.measured
                    seen = thumbnail(at.step.pixels)
                    run = stopwatch.run_of(*told, preview=seen)
                    result.run.CopyFrom(run)
                    yield inpainting_pb2.InpaintSceneResponse(result=result)

    def ListEngines(self, request, context):
        return inpainting_pb2.InpaintingServiceListEnginesResponse(engines=self._engines.statuses())

    def _order(self, request) -> Order:
        composite = self._images.read_rgb(request.composite, "composite")
        check_sides(composite, *COMPOSITE_SIDES, "composite")
        mask = self._images.read_gray(request.mask, "mask")
        check_mask(mask, composite)
        return Order(
            composite=composite,
            mask=mask,
            scene=scene_of(request.scene) if request.HasField("scene") else None,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            seed=seed_of(request),
            strength=Strength(**given(request.options)),
            diffusion=wishes_of(request.options.diffusion),
        )

    def _result(self, request, order: Order, made: Picture) -> inpainting_pb2.InpaintSceneResult:
        ad = self._images.write(made.pixels, request.accept_format)
        return inpainting_pb2.InpaintSceneResult(ad=ad, seed=order.seed)


def _progress(done: float, step: Step) -> inpainting_pb2.InpaintSceneResponse:
    return inpainting_pb2.InpaintSceneResponse(
        progress=engine_pb2.Progress(fraction=done),
        preview=None if step.preview is None else preview(step.preview),
    )


def check_mask(mask: np.ndarray, composite: np.ndarray) -> None:
    """Raises BadImage when the mask does not fit the composite, NothingFound when it is empty."""
    if mask.shape != composite.shape[:2]:
        sizes = f"{mask.shape[1]} x {mask.shape[0]}, the composite {composite.shape[1]} x"
        raise BadImage("mask", f"is {sizes} {composite.shape[0]}; send equal sizes")
    if not mask.any():
        raise NothingFound("the mask is empty; send the product's alpha as the mask")
