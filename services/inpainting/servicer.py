"""Speaks InpaintingService: decode, ask, encode."""

import numpy as np

from cyclorama.v1 import engine_pb2, inpainting_pb2, inpainting_pb2_grpc
from services.inpainting.engine import Engine, Order, Strength
from services.runtime.engines import Engines, Stopwatch
from services.runtime.errors import BadImage, NothingFound
from services.runtime.images import Images, check_sides
from services.runtime.options import given, seed_of
from services.runtime.rules import COMPOSITE_SIDES
from services.runtime.scene import scene_of


class InpaintingServicer(inpainting_pb2_grpc.InpaintingServiceServicer):
    """Grounds products with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images

    def Inpaint(self, request, context):
        stopwatch = Stopwatch()
        engine = self._engines.choose(request.options.engine)
        order = self._order(request)
        for step in engine.inpaint(order):
            if isinstance(step, np.ndarray):
                yield self._result(request, order, step, stopwatch, engine)
            else:
                progress = engine_pb2.Progress(fraction=step)
                yield inpainting_pb2.InpaintResponse(progress=progress)

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
        )

    def _result(self, request, order: Order, pixels: np.ndarray, stopwatch, engine):
        return inpainting_pb2.InpaintResponse(
            result=inpainting_pb2.InpaintResult(
                ad=self._images.write(pixels, request.accept_format),
                seed=order.seed,
                run=stopwatch.run_of(engine, vars(order.strength)),
            )
        )


def check_mask(mask: np.ndarray, composite: np.ndarray) -> None:
    """Raises BadImage when the mask does not fit the composite, NothingFound when it is empty."""
    if mask.shape != composite.shape[:2]:
        sizes = f"{mask.shape[1]} x {mask.shape[0]}, the composite {composite.shape[1]} x"
        raise BadImage("mask", f"is {sizes} {composite.shape[0]}; send equal sizes")
    if not mask.any():
        raise NothingFound("the mask is empty; send the product's alpha as the mask")
