"""Cost of sending images to a stage and back, in every supported format.

python -m benchmarks.transport [--quick]

A hop is one call of the inpainting stage with a noop engine: the caller encodes composite and mask,
the stage decodes them and encodes the ad, the caller decodes it. The images are a photo with sensor
noise. Theirs is PNG as written by OpenCV. Core ms are the CPU time of caller and stage. Calls
without images are measured too: theirs is plain gRPC without TLS, ours has mutual TLS, validation
and tracing; what mutual TLS alone costs is in rows of its own, and what it costs together with an
event loop and a thread for each call, without any guard: the lower limit of ours.
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

from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import read_core_seconds, start_process
from benchmarks.transport_call import measure_empty_calls
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
# Enough for a raw composite of 4096 px and its mask.
MESSAGE_MIB = 128
MIB, NOISE = 2**20, 2.0
UNLIMITED = [(f"grpc.max_{way}_message_length", MESSAGE_MIB * MIB) for way in ("send", "receive")]
# Core time of the default formats, relative to PNG.
GOALS = {"raw": 0.25, REFERENCE: 0.25}


def main() -> None:
    """Measures every format at every size, then calls without images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes, fewer rounds")
    quick = parse_arguments(parser).quick
    rows = []
    with tempfile.TemporaryDirectory() as store:
        settings = {"CYCLORAMA_ENGINES": "noop", "CYCLORAMA_ARTIFACT_STORE": store}
        settings["CYCLORAMA_MAX_MESSAGE_MIB"] = str(MESSAGE_MIB)
        with start_process("services.inpainting", **settings) as (address, stage):
            hops = HopRunner(address, store, stage.pid)
            for side in QUICK_SIDES if quick else SIDES:
                rows += measure_size(hops, side, 3 if quick else 15)
    rows += measure_empty_calls(quick)
    write_report(
        "transport", rows, quick, ["grpcio", "protobuf", "opencv-python-headless", "pillow"]
    )


@dataclass(frozen=True)
class HopImages:
    """Images of a hop: composite, uint8 RGB (side, side, 3), and mask, uint8 (side, side)."""

    composite: np.ndarray
    mask: np.ndarray


class HopRunner:
    """Sends images to a stage and receives them.

    address, pid: of an inpainting stage with noop engine. store: its artifact store, a folder.
    """

    def __init__(self, address: str, store: str, pid: int) -> None:
        self._processes = (os.getpid(), pid)
        self._stub = InpaintingServiceStub(grpc.insecure_channel(address, options=UNLIMITED))
        self._objects = ContentStore(store)
        self._images = ImageCodec(ImageSettings(), MESSAGE_MIB)

    def run_hop(self, images: HopImages, way: str) -> int:
        """Runs one hop; returns the bytes of request and response."""
        request = self._request(images, way)
        *_, last = self._stub.InpaintScene(request)
        ad = last.result.ad
        if ad.uri:
            ad = image_pb2.Image(data=self._objects.get(ad.uri), format=ad.format)
            ad.width, ad.height = last.result.ad.width, last.result.ad.height
        if self._images.read_rgb(ad, "ad").shape != images.composite.shape:
            raise SystemExit(f"{way}: the picture came back in another shape")
        return request.ByteSize() + last.ByteSize()

    def measure_hop(self, images: HopImages, way: str) -> tuple[float, float]:
        """Returns seconds and core seconds of a hop."""
        before = sum(map(read_core_seconds, self._processes))
        duration = measure_seconds(lambda: self.run_hop(images, way))
        return duration, sum(map(read_core_seconds, self._processes)) - before

    def _request(self, images: HopImages, way: str) -> inpainting_pb2.InpaintSceneRequest:
        color, gray = FORMATS.get(way, FORMATS["raw"])
        request = inpainting_pb2.InpaintSceneRequest(
            composite=encode_image(images.composite, color),
            mask=encode_image(images.mask, gray),
            accept_format=color,
            options={"engine": engine_pb2.EngineChoice(name="noop")},
            accept_uri=way == REFERENCE,
        )
        if way == REFERENCE:
            for image in (request.composite, request.mask):
                image.uri = self._objects.put(image.data)
        return request


def measure_size(hops: HopRunner, side: int, rounds: int) -> Iterator[BenchmarkRow]:
    """Measures every format at one size, alternately: milliseconds and MiB of a hop."""
    images = create_images(side)
    spans: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    mebibytes = {way: hops.run_hop(images, way) / MIB for way in WAYS}
    for _ in range(max(3, rounds * 1024 // max(side, 1024))):
        for way, spent in spans.items():
            spent.append(hops.measure_hop(images, way))
    medians = {way: 1000 * np.median(spent, axis=0) for way, spent in spans.items()}
    for way in WAYS:
        claim = f"images to a stage and back at {side} px, {way}"
        goal = GOALS.get(way) if side == DEFAULT_SIDE else None
        wall, cores = zip(medians["PNG"].tolist(), medians[way].tolist(), strict=True)
        yield BenchmarkRow(claim, "ms", *wall)
        yield BenchmarkRow(claim, "core ms", *cores, goal, "ratio", True)
        yield BenchmarkRow(claim, "MiB", mebibytes["PNG"], mebibytes[way])


def create_images(side: int) -> HopImages:
    """Returns a sample photo with sensor noise, and a soft round mask."""
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    large = cv2.resize(photo, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, NOISE, large.shape)
    composite = np.clip(np.rint(large + noise), 0, 255).astype(np.uint8)
    far = np.hypot(*(np.indices((side, side)) - side / 2)) / (side / 2)
    return HopImages(composite, np.clip((0.8 - far) * 1000, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
