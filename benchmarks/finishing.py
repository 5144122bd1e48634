"""Core time of finishing an ad, and of the PNG encoder in it.

python -m benchmarks.finishing [--quick]

Both run alternately on one core, on an ad of the gallery's size drawn here: smooth light, grain, a
product with print. Theirs is what a script would call, OpenCV's encoder or Pillow's with its
defaults; it neither certifies nor measures anything.
"""

import argparse
import io
import os
import time
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.v1 import finishing_pb2
from services.finishing.engines.pillow import PillowFinishing
from services.finishing.finish import report_ad_quality
from services.finishing.servicer import FinishingServicer, read_finishing_request
from services.imaging.images import ImageCodec, encode_image
from services.imaging.png import encode_png
from services.runtime.engines import Engines
from services.runtime.formats import RAW_GRAY, RAW_RGB
from services.runtime.settings import ImageSettings

SIDE = 1024
# Core milliseconds of finishing without the quality report.
FINISHING_MS = 45
# Of our PNG encoder next to OpenCV's: core time and size of the file.
PNG_TIME, PNG_SIZE = 0.4, 1.05
REPEATS = 15
VERSIONS = ["isal", "opencv-python-headless", "pillow", "numpy"]


def main() -> None:
    """Compares finishing with Pillow's encoder alone, and our PNG encoder with OpenCV's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    quick = parse_arguments(parser).quick
    repeats = 5 if quick else REPEATS
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    ad, mask = draw_ad()
    write_report(
        "finishing",
        [measure_finishing(ad, mask, repeats), *compare_encoders(ad, repeats)],
        quick,
        VERSIONS,
    )


def measure_finishing(ad: np.ndarray, mask: np.ndarray, repeats: int) -> BenchmarkRow:
    """Measures FinishAd without its quality report, from decoding to the encoded response.

    ad: uint8 RGB (h, w, 3). mask: uint8 alpha (h, w) of the product.
    """
    images = ImageCodec(ImageSettings())
    engines = Engines([PillowFinishing.name], lambda _name: PillowFinishing())
    servicer = FinishingServicer(engines, images)
    picture = encode_image(ad, RAW_RGB)
    message = finishing_pb2.FinishAdRequest(
        ad=picture, composite=picture, mask=encode_image(mask, RAW_GRAY)
    )
    request = read_finishing_request(message, images)
    theirs, whole, report = measure_core_ms(
        repeats,
        lambda: encode_with_pillow(ad),
        lambda: list(servicer.FinishAd(message, None)),
        lambda: report_ad_quality(request, differing=0, ad=ad),
    )
    claim = f"finishing at {SIDE} px, without report"
    return BenchmarkRow(
        claim, "core ms", theirs, whole - report, FINISHING_MS, lower_is_better=True
    )


def compare_encoders(ad: np.ndarray, repeats: int) -> tuple[BenchmarkRow, BenchmarkRow]:
    """Compares core time and size of the file with OpenCV's; ad: uint8 RGB (h, w, 3)."""
    theirs, ours = measure_core_ms(repeats, lambda: encode_with_opencv(ad), lambda: encode_png(ad))
    sizes = [len(encode(ad)) / 1000 for encode in (encode_with_opencv, encode_png)]
    return (
        BenchmarkRow(f"PNG at {SIDE} px", "core ms", theirs, ours, PNG_TIME, "ratio", True),
        BenchmarkRow("its size", "kB", *sizes, PNG_SIZE, "ratio", True),
    )


def measure_core_ms(repeats: int, *works: Callable[[], object]) -> list[float]:
    """Returns the least core milliseconds that each work takes; they take turns.

    Of the whole process, as finishing works in a thread of its own.
    """
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, spans in zip(works, spent, strict=True):
            start = time.process_time()
            work()
            spans.append(1000 * (time.process_time() - start))
    return [min(spans) for spans in spent]


def encode_with_opencv(ad: np.ndarray) -> bytes:
    """Encodes uint8 RGB (h, w, 3) as PNG with OpenCV's defaults, its fastest."""
    return cv2.imencode(".png", cv2.cvtColor(ad, cv2.COLOR_RGB2BGR))[1].tobytes()


def encode_with_pillow(ad: np.ndarray) -> bytes:
    """Encodes uint8 RGB (h, w, 3) as PNG with Pillow's defaults."""
    out = io.BytesIO()
    Image.fromarray(ad).save(out, "PNG")
    return out.getvalue()


def draw_ad() -> tuple[np.ndarray, np.ndarray]:
    """Draws an ad, uint8 RGB (SIDE, SIDE, 3), and its product's alpha, uint8 (SIDE, SIDE)."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    light = 120 + 90 * np.exp(-4 * ((x - 0.3) ** 2 + (y - 0.4) ** 2)) - 60 * (y > 0.6) * (y - 0.6)
    grain = np.random.default_rng(1).normal(0, 1.5, (SIDE, SIDE))
    ground = (light + grain)[..., None] * np.float32([1, 0.92, 0.8])
    pixels = np.clip(ground, 0, 255).astype(np.uint8)
    cv2.rectangle(pixels, (330, 260), (700, 820), (196, 120, 80), cv2.FILLED, cv2.LINE_AA)
    for row in range(320, 800, 40):
        cv2.putText(pixels, "fine print " * 2, (345, row), 0, 0.9, (250, 240, 230), 2, cv2.LINE_AA)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (330, 260), (700, 820), 255, cv2.FILLED, cv2.LINE_AA)
    return pixels, cv2.GaussianBlur(mask, (5, 5), 0)


if __name__ == "__main__":
    main()
