"""All four stages in one process that do no work: what is left is everything else.

python -m benchmarks.noop LISTEN SIDE [SECONDS of every call]
"""

import os
import sys
import time

import numpy as np

from cyclorama.v1 import (
    background_pb2,
    background_pb2_grpc,
    compositing_pb2,
    compositing_pb2_grpc,
    engine_pb2,
    finishing_pb2,
    inpainting_pb2,
    inpainting_pb2_grpc,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.runtime.images import encode
from services.runtime.logs import configure
from services.runtime.objects import Objects
from services.runtime.server import Service, run
from services.runtime.settings import ServerSettings

ENGINE = engine_pb2.EngineStatus(name="noop", version="1", ready=True)
RUN = engine_pb2.EngineRun(engine="noop", version="1")


class NoOp(
    segmentation_pb2_grpc.SegmentationServiceServicer,
    background_pb2_grpc.BackgroundServiceServicer,
    compositing_pb2_grpc.CompositingServiceServicer,
    inpainting_pb2_grpc.InpaintingServiceServicer,
):
    """Answers every stage with pictures of one size, in the format asked for, after a pause."""

    def __init__(self, side: int, seconds: float = 0.0) -> None:
        self._seconds = seconds
        noise = np.random.default_rng(0).integers(0, 256, (side, side, 4), np.uint8)
        self._rgba, self._rgb, self._gray = noise, noise[..., :3].copy(), noise[..., 3].copy()

    def Segment(self, request, context):
        time.sleep(self._seconds)
        cutout = encode(self._rgba, request.accept_format)
        return segmentation_pb2.SegmentResponse(cutout=cutout, run=RUN)

    def Generate(self, request, context):
        time.sleep(self._seconds)
        background = encode(self._rgb, request.accept_format)
        result = background_pb2.GenerateResult(background=background, run=RUN)
        yield background_pb2.GenerateResponse(result=result)

    def Composite(self, request, context):
        time.sleep(self._seconds)
        composite = encode(self._rgb, request.accept_format)
        return compositing_pb2.CompositeResponse(
            composite=composite, mask=composite, placement=compositing_pb2.Placement(), run=RUN
        )

    def Finish(self, request, context):
        return finishing_pb2.FinishResponse(file=request.ad, pixel_lock="{}")

    def Inpaint(self, request, context):
        time.sleep(self._seconds)
        result = inpainting_pb2.InpaintResult(ad=request.composite, run=RUN)
        yield inpainting_pb2.InpaintResponse(result=result)

    def ListEngines(self, request, context):
        return segmentation_pb2.SegmentationServiceListEnginesResponse(engines=[ENGINE])


def add(servicer: NoOp, server) -> None:
    """Registers it for all four services; their lists of engines look the same on the wire."""
    for module, name in (
        (segmentation_pb2_grpc, "Segmentation"),
        (background_pb2_grpc, "Background"),
        (compositing_pb2_grpc, "Compositing"),
        (inpainting_pb2_grpc, "Inpainting"),
    ):
        getattr(module, f"add_{name}ServiceServicer_to_server")(servicer, server)


if __name__ == "__main__":
    settings = ServerSettings(listen=sys.argv[1], log_level="warning", at_work=64)
    configure("noop", settings)
    side, *seconds = sys.argv[2:]
    shared = os.environ.get("CYCLORAMA_ARTIFACTS")
    service = Service("cyclorama.v1.NoOp", add, NoOp(int(side), *map(float, seconds)))
    run(service, settings, Objects(shared) if shared else None)
