"""What it costs to hand a picture to a stage and get one back, in every way that services know.

python -m benchmarks.transport [--quick]

A hop is one call of stage 4 with an engine that does nothing: the caller writes composite and mask,
the stage reads them and writes the ad, the caller reads it. The pictures are a photo with the noise
of a sensor. Theirs is PNG as OpenCV writes it, what most services exchange. Core ms are what caller
and stage had of cores. Then a call without any picture to speak of: theirs without, ours with
validation, mutual TLS and tracing.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import grpc
import numpy as np

from benchmarks.report import Row, report, seconds
from benchmarks.serving import core_seconds, process
from benchmarks.transport_call import empty_calls
from cyclorama.v1 import engine_pb2, image_pb2, inpainting_pb2
from cyclorama.v1.inpainting_pb2_grpc import InpaintingServiceStub
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG, WEBP
from services.runtime.objects import ContentStore
from services.runtime.settings import ImageSettings

PHOTO = Path(__file__).parents[1] / "clients/samples/bottle.jpg"
SIDES, QUICK_SIDES, DEFAULT_SIDE = (512, 1024, 2048, 4096), (512, 1024), 1024
RAW_RGB, RAW_GRAY = image_pb2.IMAGE_FORMAT_RAW_RGB, image_pb2.IMAGE_FORMAT_RAW_GRAY
REFERENCE = "by reference"
FORMATS = {"raw": (RAW_RGB, RAW_GRAY), "PNG": (PNG, PNG), "WebP": (WEBP, PNG)}
WAYS = (*FORMATS, REFERENCE)
# A raw composite of 4096 px and its mask are exactly the default.
MESSAGE_MIB = 128
MIB, NOISE = 2**20, 2.0
UNBOUND = [(f"grpc.max_{way}_message_length", MESSAGE_MIB * MIB) for way in ("send", "receive")]
# Of the default, beside PNG.
GOALS = {"raw": 0.25, REFERENCE: 0.25}


def main() -> None:
    """Measures every way at every size, then calls that carry nothing."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="two sizes, fewer rounds")
    quick = words.parse_args().quick
    rows = []
    with tempfile.TemporaryDirectory() as store:
        settings = {"CYCLORAMA_ENGINES": "noop", "CYCLORAMA_ARTIFACT_STORE": store}
        settings["CYCLORAMA_MAX_MESSAGE_MIB"] = str(MESSAGE_MIB)
        with process("services.inpainting", **settings) as (address, stage):
            hops = Hops(address, store, stage.pid)
            for side in QUICK_SIDES if quick else SIDES:
                rows += hops_at(hops, side, 3 if quick else 15)
    rows += empty_calls(quick)
    report("transport", rows, quick, ["grpcio", "protobuf", "opencv-python-headless", "pillow"])


@dataclass(frozen=True)
class Pictures:
    """What is handed over: uint8 RGB (side, side, 3) and uint8 alpha (side, side)."""

    composite: np.ndarray
    mask: np.ndarray


class Hops:
    """Hands pictures to a stage and takes them back.

    address, pid: of a stage 4 with engine noop. store: the folder that it shares.
    """

    def __init__(self, address: str, store: str, pid: int) -> None:
        self._processes = (os.getpid(), pid)
        self._stub = InpaintingServiceStub(grpc.insecure_channel(address, options=UNBOUND))
        self._objects = ContentStore(store)
        self._images = ImageCodec(ImageSettings(), MESSAGE_MIB)

    def hop(self, pictures: Pictures, way: str) -> int:
        """Goes one way, there and back; returns the bytes of the messages."""
        request = self._request(pictures, way)
        *_, last = self._stub.InpaintScene(request)
        ad = last.result.ad
        if ad.uri:
            ad = image_pb2.Image(data=self._objects.get(ad.uri), format=ad.format)
            ad.width, ad.height = last.result.ad.width, last.result.ad.height
        if self._images.read_rgb(ad, "ad").shape != pictures.composite.shape:
            raise SystemExit(f"{way}: the picture came back in another shape")
        return request.ByteSize() + last.ByteSize()

    def spent(self, pictures: Pictures, way: str) -> tuple[float, float]:
        """Seconds of a hop, and of cores."""
        before = sum(map(core_seconds, self._processes))
        took = seconds(lambda: self.hop(pictures, way))
        return took, sum(map(core_seconds, self._processes)) - before

    def _request(self, pictures: Pictures, way: str) -> inpainting_pb2.InpaintSceneRequest:
        color, gray = FORMATS.get(way, FORMATS["raw"])
        request = inpainting_pb2.InpaintSceneRequest(
            composite=encode_image(pictures.composite, color),
            mask=encode_image(pictures.mask, gray),
            accept_format=color,
            options={"engine": engine_pb2.EngineChoice(name="noop")},
            accept_uri=way == REFERENCE,
        )
        if way == REFERENCE:
            for image in (request.composite, request.mask):
                image.uri = self._objects.put(image.data)
        return request


def hops_at(hops: Hops, side: int, rounds: int) -> Iterator[Row]:
    """Every way at one size, in turns: milliseconds and MiB of a hop."""
    pictures = drawn(side)
    spans: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    weights = {way: hops.hop(pictures, way) / MIB for way in WAYS}
    for _ in range(max(3, rounds * 1024 // max(side, 1024))):
        for way, spent in spans.items():
            spent.append(hops.spent(pictures, way))
    middle = {way: 1000 * np.median(spent, axis=0) for way, spent in spans.items()}
    for way in WAYS:
        claim = f"hop at {side} px, {way}"
        goal = GOALS.get(way) if side == DEFAULT_SIDE else None
        took, cores = zip(middle["PNG"].tolist(), middle[way].tolist(), strict=True)
        yield Row(claim, "ms", *took)
        yield Row(claim, "core ms", *cores, goal, "ratio", True)
        yield Row(claim, "MiB", weights["PNG"], weights[way])


def drawn(side: int) -> Pictures:
    """A sample photo of this size with the noise of a sensor, and a soft round mask."""
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    large = cv2.resize(photo, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, NOISE, large.shape)
    composite = np.clip(np.rint(large + noise), 0, 255).astype(np.uint8)
    far = np.hypot(*(np.indices((side, side)) - side / 2)) / (side / 2)
    return Pictures(composite, np.clip((0.8 - far) * 1000, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
