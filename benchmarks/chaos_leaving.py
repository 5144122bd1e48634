"""How long the real engines go on when nobody waits any more: callers that leave, and deadlines."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import cv2
import grpc
import numpy as np
from google.protobuf.message import Message

from benchmarks.chaos_rig import Replica, ending
from cyclorama.v1 import (
    background_pb2,
    background_pb2_grpc,
    compositing_pb2,
    compositing_pb2_grpc,
    finishing_pb2,
    finishing_pb2_grpc,
    image_pb2,
    inpainting_pb2,
    inpainting_pb2_grpc,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.imaging.images import encode_image
from services.runtime.formats import JPEG, PNG

SAMPLE = Path(__file__).parents[1] / "clients/samples/jar-cluttered.jpg"
LARGE = 4096
ENDED = ("done", "refused", "cancelled", "failed")
FINE = segmentation_pb2.SegmentationOptions(edge=segmentation_pb2.EDGE_FINE)


def work_of(stage: str) -> tuple[type, str, Message]:
    """The stub, the method and a request that keeps the stage at work for long."""
    match stage:
        case "segmentation":
            request = segmentation_pb2.SegmentProductRequest(photo=photo(), options=FINE)
            return segmentation_pb2_grpc.SegmentationServiceStub, "SegmentProduct", request
        case "background":
            request = background_pb2.GenerateBackgroundRequest(
                prompt="on a marble table", size=image_pb2.Size(width=2048, height=2048)
            )
            return background_pb2_grpc.BackgroundServiceStub, "GenerateBackground", request
        case "compositing":
            request = compositing_pb2.CompositeProductRequest(cutout=cutout(), background=photo())
            return compositing_pb2_grpc.CompositingServiceStub, "CompositeProduct", request
        case "inpainting":
            request = inpainting_pb2.InpaintSceneRequest(composite=photo(), mask=mask())
            return inpainting_pb2_grpc.InpaintingServiceStub, "InpaintScene", request
    request = finishing_pb2.FinishAdRequest(
        ad=photo(), composite=photo(), mask=mask(), accept_format=image_pb2.IMAGE_FORMAT_AVIF
    )
    return finishing_pb2_grpc.FinishingServiceStub, "FinishAd", request


def photo() -> image_pb2.Image:
    """A sample, enlarged."""
    pixels = cv2.resize(cv2.imread(str(SAMPLE)), (LARGE, LARGE), interpolation=cv2.INTER_CUBIC)
    return encode_image(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), JPEG)


def mask() -> image_pb2.Image:
    """A disc."""
    disc = np.zeros((LARGE, LARGE), np.uint8)
    cv2.circle(disc, (LARGE // 2, LARGE // 2), LARGE // 4, 255, -1)
    return encode_image(disc, PNG)


def cutout() -> image_pb2.Image:
    """The same disc, in colour."""
    rgba = np.full((LARGE // 2, LARGE // 2, 4), 120, np.uint8)
    rgba[..., 3] = cv2.circle(rgba[..., 3].copy() * 0, (LARGE // 4,) * 2, LARGE // 4, 255, -1)
    return encode_image(rgba, PNG)


class Stage:
    """A real stage whose log is read."""

    def __init__(self, stage: str, folder: str) -> None:
        self._log = Path(folder) / stage
        self.replica = Replica(
            f"services.{stage}", log=self._log, CYCLORAMA_LOG_LEVEL="info"
        ).ready()

    def end_of(self, call_id: str) -> tuple[str, float]:
        """How and when (time.time) the work of a call ended; waits for it."""
        while True:
            for line in self._log.read_text().splitlines():
                told = json.loads(line)
                if told.get("call_id") == call_id and told["event"] in ENDED:
                    return told["event"], datetime.fromisoformat(told["timestamp"]).timestamp()
            time.sleep(0.05)


@contextmanager
def stage_at_work(stage: str) -> Iterator[Stage]:
    """Starts one real stage."""
    with tempfile.TemporaryDirectory() as folder:
        running = Stage(stage, folder)
        with ending(running.replica):
            yield running


def leave(
    running: Stage, work: tuple[type, str, Message], after: float, *, deadline: bool
) -> float:
    """Seconds that the stage went on after its caller had left, or after the deadline."""
    stub, method, request = work
    call_id = f"leaving-{time.time_ns()}"
    with grpc.insecure_channel(
        running.replica.address, options=[("grpc.max_send_message_length", 2**26)]
    ) as channel:
        send, metadata = getattr(stub(channel), method), (("cyclorama-call-id", call_id),)
        how = {"metadata": metadata, "timeout": after if deadline else 60}
        streams = isinstance(send, grpc.UnaryStreamMultiCallable)
        call = send(request, **how) if streams else send.future(request, **how)
        time.sleep(after)
        left = time.time()
        call.cancel()
        _, ended = running.end_of(call_id)
    return max(0.0, ended - left)
