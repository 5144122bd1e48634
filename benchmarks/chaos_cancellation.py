"""Measures how long real engines continue after their caller cancelled or a deadline passed."""

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

from benchmarks.chaos_rig import Replica, stop_at_exit
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

PHOTO = Path(__file__).parents[1] / "clients/samples/jar-cluttered.jpg"
SIDE = 4096
END_EVENTS = ("done", "refused", "cancelled", "failed")
FINE_EDGES = segmentation_pb2.SegmentationOptions(edge=segmentation_pb2.EDGE_FINE)


def build_slow_request(stage: str) -> tuple[type, str, Message]:
    """Returns the stub, the method and a request that takes the stage long."""
    match stage:
        case "segmentation":
            request = segmentation_pb2.SegmentProductRequest(
                photo=encode_photo(), options=FINE_EDGES
            )
            return segmentation_pb2_grpc.SegmentationServiceStub, "SegmentProduct", request
        case "background":
            request = background_pb2.GenerateBackgroundRequest(
                prompt="on a marble table", size=image_pb2.Size(width=2048, height=2048)
            )
            return background_pb2_grpc.BackgroundServiceStub, "GenerateBackground", request
        case "compositing":
            request = compositing_pb2.CompositeProductRequest(
                cutout=encode_disc_cutout(), background=encode_photo()
            )
            return compositing_pb2_grpc.CompositingServiceStub, "CompositeProduct", request
        case "inpainting":
            request = inpainting_pb2.InpaintSceneRequest(
                composite=encode_photo(), mask=encode_disc_mask()
            )
            return inpainting_pb2_grpc.InpaintingServiceStub, "InpaintScene", request
    request = finishing_pb2.FinishAdRequest(
        ad=encode_photo(),
        composite=encode_photo(),
        mask=encode_disc_mask(),
        accept_format=image_pb2.IMAGE_FORMAT_AVIF,
    )
    return finishing_pb2_grpc.FinishingServiceStub, "FinishAd", request


def encode_photo() -> image_pb2.Image:
    """Returns a sample photo enlarged to 4096 x 4096, as JPEG."""
    pixels = cv2.resize(cv2.imread(str(PHOTO)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return encode_image(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), JPEG)


def encode_disc_mask() -> image_pb2.Image:
    """Returns the mask of a disc, 4096 x 4096, as PNG."""
    disc = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(disc, (SIDE // 2, SIDE // 2), SIDE // 4, 255, -1)
    return encode_image(disc, PNG)


def encode_disc_cutout() -> image_pb2.Image:
    """Returns a gray disc as cut-out, RGBA 2048 x 2048, as PNG."""
    rgba = np.full((SIDE // 2, SIDE // 2, 4), 120, np.uint8)
    rgba[..., 3] = cv2.circle(rgba[..., 3].copy() * 0, (SIDE // 4,) * 2, SIDE // 4, 255, -1)
    return encode_image(rgba, PNG)


class LoggedStage:
    """A real stage, with its log in a file."""

    def __init__(self, stage: str, folder: str) -> None:
        self._log = Path(folder) / stage
        self.replica = Replica(
            f"services.{stage}", log=self._log, CYCLORAMA_LOG_LEVEL="info"
        ).wait_until_serving()

    def wait_for_end(self, call_id: str) -> tuple[str, float]:
        """Waits for the end of a call: its log event and its time (time.time)."""
        while True:
            for line in self._log.read_text().splitlines():
                entry = json.loads(line)
                if entry.get("call_id") == call_id and entry["event"] in END_EVENTS:
                    return entry["event"], datetime.fromisoformat(entry["timestamp"]).timestamp()
            time.sleep(0.05)


@contextmanager
def run_stage(stage: str) -> Iterator[LoggedStage]:
    """Runs one real stage with all its engines."""
    with tempfile.TemporaryDirectory() as folder:
        running = LoggedStage(stage, folder)
        with stop_at_exit(running.replica):
            yield running


def cancel_call(
    running: LoggedStage, work: tuple[type, str, Message], after: float, *, deadline: bool
) -> float:
    """Cancels a call after some seconds: seconds that the stage continued to work.

    deadline: whether to set a deadline instead of cancelling.
    """
    stub, method, request = work
    call_id = f"cancelled-{time.time_ns()}"
    with grpc.insecure_channel(
        running.replica.address, options=[("grpc.max_send_message_length", 2**26)]
    ) as channel:
        send, metadata = getattr(stub(channel), method), (("cyclorama-call-id", call_id),)
        options = {"metadata": metadata, "timeout": after if deadline else 60}
        streams = isinstance(send, grpc.UnaryStreamMultiCallable)
        call = send(request, **options) if streams else send.future(request, **options)
        time.sleep(after)
        cancelled = time.time()
        call.cancel()
        _, ended = running.wait_for_end(call_id)
    return max(0.0, ended - cancelled)
