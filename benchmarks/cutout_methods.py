"""Ways to cut a product out of a photo: the service's engines, GrabCut, and a network alone."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import grpc
import numpy as np

from benchmarks.serving import ROOT, read_core_seconds
from cyclorama import Client, CycloramaError
from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.segmentation.cards import load_card
from services.segmentation.models import DEFAULT_NETWORK, ModelSettings
from services.segmentation.network import SegmentationNetwork

# Theirs: side of the centered box, iterations, and longest side of the reduced photo in pixels.
BOX = 0.95
GRABCUT_ITERATIONS = 5
SMALL_SIDE = 320
# Alpha from which on a pixel belongs to the product.
PRODUCT_ALPHA = 128


@dataclass(frozen=True)
class EvalPhoto:
    """A photo with its true mask.

    number: its place in the folder. kind: such as "product". setting: such as "studio".
    data: the file. pixels: uint8 RGB (H, W, 3). truth: bool (H, W).
    """

    number: int
    name: str
    kind: str
    setting: str
    data: bytes
    pixels: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class CutoutRun:
    """The result of a method for a photo.

    mask: bool (H, W). core_seconds: CPU time. peak_mib: the largest resident memory of the service,
    NaN for methods without one.
    confidence: 0 to 1. flagged: whether the result has the warning LOW_CONFIDENCE, or is an error.
    """

    mask: np.ndarray
    core_seconds: float
    peak_mib: float = float("nan")
    confidence: float = 1.0
    flagged: bool = False


CutMethod = Callable[[EvalPhoto], CutoutRun]


class ServiceMethods:
    """Methods that call a running segmentation service."""

    def __init__(self, address: str, pid: int) -> None:
        """Connects to a service; pid: its process, whose CPU time and memory are read."""
        self._client, self._address, self._pid = Client(address), address, pid

    def list_engines(self) -> list[str]:
        """Returns the names of the engines that are ready, best first."""
        with grpc.insecure_channel(self._address) as channel:
            stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
            request = segmentation_pb2.SegmentationServiceListEnginesRequest()
            return [engine.name for engine in stub.ListEngines(request).engines if engine.ready]

    def cut(
        self, photo: EvalPhoto, engine: str, mask: np.ndarray | None = None, edge: str = ""
    ) -> CutoutRun:
        """Cuts a photo with an engine; no product found counts as an empty mask.

        mask: a rough mask for the request, bool (H, W). edge: the name of an Edge.
        """
        options = {"engine": {"name": engine}} | ({"edge": edge} if edge else {})
        rough = None if mask is None else encode_png(mask.astype(np.uint8) * 255)
        found, confidence, flagged = np.zeros_like(photo.truth), 0.0, True
        _reset_peak_memory(self._pid)
        start = read_core_seconds(self._pid)
        with suppress(CycloramaError):
            cutout = self._client.segment(photo.data, rough, options=options)
            confidence = cutout.reply.confidence
            flagged = any(w.reason == "LOW_CONFIDENCE" for w in cutout.reply.run.warnings)
            found = _place_cutout(cutout.data, cutout.reply.bounds, photo.truth.shape)
        seconds = read_core_seconds(self._pid) - start
        return CutoutRun(found, seconds, _read_peak_mib(self._pid), confidence, flagged)


def cut_with_grabcut(photo: EvalPhoto) -> CutoutRun:
    """Runs GrabCut from a centered box of 95 % of each side."""
    start = time.process_time()
    mask = _run_grabcut(photo.pixels)
    return CutoutRun(mask > 0, time.process_time() - start)


def cut_with_small_grabcut(photo: EvalPhoto) -> CutoutRun:
    """Runs GrabCut at 320 px and enlarges the mask."""
    start = time.process_time()
    scale = min(1.0, SMALL_SIDE / max(photo.truth.shape))
    small = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(_run_grabcut(small), photo.truth.shape[::-1])
    return CutoutRun(mask >= PRODUCT_ALPHA, time.process_time() - start)


def open_network_method() -> CutMethod:
    """Opens the default network, to run it once per photo."""
    folder = ROOT / ModelSettings().models
    card = load_card(DEFAULT_NETWORK, folder)
    network = SegmentationNetwork(card, folder / card.file, threads=1)
    return partial(cut_with_network, network=network)


def cut_with_network(photo: EvalPhoto, network: SegmentationNetwork) -> CutoutRun:
    """Runs a network once and enlarges its output, as rembg does."""
    start = time.process_time()
    probability = network.estimate_probability(photo.pixels)
    mask = cv2.resize(probability, photo.truth.shape[::-1]) > 0.5
    return CutoutRun(mask, time.process_time() - start)


def encode_png(image: np.ndarray) -> bytes:
    """Encodes uint8 BGR (H, W, 3) or gray (H, W) as PNG."""
    return cv2.imencode(".png", image)[1].tobytes()


def _run_grabcut(pixels: np.ndarray) -> np.ndarray:
    """Returns GrabCut's mask from a centered box, uint8 (H, W), 0 or 255."""
    height, width = pixels.shape[:2]
    left, top = round(width * (1 - BOX) / 2), round(height * (1 - BOX) / 2)
    labels = np.zeros((height, width), np.uint8)
    box = (left, top, width - 2 * left, height - 2 * top)
    photo = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    cv2.grabCut(photo, labels, box, None, None, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    return (labels & 1) * 255


def _place_cutout(data: bytes, bounds: image_pb2.Box, size: tuple[int, ...]) -> np.ndarray:
    """Returns where a cut-out, an RGBA file, is product in its photo: bool (H, W)."""
    alpha = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
    placed = np.zeros(size, np.uint8)
    placed[bounds.y : bounds.y + bounds.height, bounds.x : bounds.x + bounds.width] = cv2.resize(
        alpha, (bounds.width, bounds.height)
    )
    return placed >= PRODUCT_ALPHA


def _reset_peak_memory(pid: int) -> None:
    """Resets the peak of a process's resident memory, see proc(5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _read_peak_mib(pid: int) -> float:
    """Returns the largest resident memory of a process since the last reset, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
