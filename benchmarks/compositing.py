"""Speed of compositing, and its difference from a float32 reference computation.

python -m benchmarks.compositing [--quick]

Both run alternately on one core, on synthetic images: a product with fine print and soft edges, and
a detailed background. Times are CPU times. Theirs implements the contract step by step in float32
on whole frames.
"""

import argparse
import math
import os
import time

import cv2
import numpy as np

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.compositing.engine import CompositeOptions
from services.compositing.engines.opencv import OpenCVCompositing
from services.compositing.engines.opencv.drop_shadow import compute_drop_offset
from services.imaging.resizing import resize_premultiplied
from services.imaging.scene import Light, Scene

SCENE = Scene(ground_line=0.85, light=Light(300, 45, 0.5))
LOOK = CompositeOptions(height_share=0.8)
REPEATS = 15


def main() -> None:
    """Compares both at 1024 and 2048 px."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1024 px only, fewer repeats")
    quick = parse_arguments(parser).quick
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    rows = [
        row for side in ((1024,) if quick else (1024, 2048)) for row in compare_at_size(side, quick)
    ]
    write_report(
        "compositing", [*rows, measure_aliasing()], quick, ["opencv-python-headless", "numpy"]
    )


def compare_at_size(side: int, quick: bool) -> list[BenchmarkRow]:
    """Returns rows with the time and the largest difference at one size."""
    cutout, background = draw_product(side), draw_background(side)
    engine = OpenCVCompositing()
    spans: list[tuple[float, float]] = []
    for _ in range(5 if quick else REPEATS):
        start = time.thread_time()
        theirs = composite_in_float32(cutout, background)
        middle = time.thread_time()
        ours = engine.composite(cutout, background, SCENE, [], LOOK)
        spans.append((middle - start, time.thread_time() - middle))
    difference = float(
        max(
            np.abs(ours.pixels.astype(int) - theirs[0]).max(),
            np.abs(ours.mask.astype(int) - theirs[1]).max(),
        )
    )
    slow, fast = (1000 * min(span) for span in zip(*spans, strict=True))
    return [
        BenchmarkRow(
            f"compositing of an ad at {side} px", "core ms", slow, fast, 0.1, "ratio", True
        ),
        BenchmarkRow(
            f"furthest apart at {side} px",
            "levels",
            difference,
            difference,
            2,
            lower_is_better=True,
        ),
    ]


def composite_in_float32(
    cutout: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Composites as the contract describes, in float32: uint8 RGB (H, W, 3), uint8 alpha (H, W).

    cutout: uint8 RGBA (h, w, 4). background: uint8 RGB (H, W, 3).
    """
    canvas = background.shape[:2]
    scale = LOOK.width_share * canvas[1] / cutout.shape[1]
    width, height = (round(scale * side) for side in (cutout.shape[1], cutout.shape[0]))
    left, top = (canvas[1] - width) // 2, round(SCENE.ground_line * canvas[0]) - height
    picture = background.astype(np.float32)
    # Resize to 70 % of the width, keeping the aspect ratio.
    product = cutout.astype(np.float32)
    product[..., :3] *= product[..., 3:] / 255
    product = resize_float(product, width, height)
    color, alpha = product[..., :3], product[..., 3:] / 255
    color = color / np.maximum(alpha, 1e-6)
    # Tint.
    around = picture[top : top + height, left : left + width].mean(axis=(0, 1))
    color += tint_midtones(color, around)
    # Soft shadow of the blurred silhouette.
    mask = np.zeros(canvas, np.float32)
    mask[top : top + height, left : left + width] = alpha[..., 0]
    right, down = compute_drop_offset(SCENE, canvas)
    moved = cv2.warpAffine(mask, np.float32([[1, 0, right], [0, 1, down]]), canvas[::-1])
    kernel = 75 * canvas[1] // 1024 | 1
    soft = cv2.GaussianBlur(moved, (kernel, kernel), 0, borderType=cv2.BORDER_CONSTANT)
    picture *= 1 - LOOK.shadow_opacity * soft[..., None]
    # Paste.
    layer = np.zeros_like(picture)
    layer[top : top + height, left : left + width] = color
    picture = layer * mask[..., None] + picture * (1 - mask[..., None])
    return np.rint(picture).astype(np.uint8), np.rint(mask * 255).astype(np.uint8)


def tint_midtones(color: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Returns by how much the tint moves colors, both float32 (h, w, 3); around: float (3,)."""
    luma = (color @ np.float32([0.299, 0.587, 0.114]))[..., None] / 255
    weight = np.square(4 * luma * (1 - luma))
    goal = np.full_like(color, around) * weight + color * (1 - weight)
    return cv2.addWeighted(color, -LOOK.tint, goal, LOOK.tint, 0)


def resize_float(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Reduces float32 (H, W, C) by a factor below 2: low-pass filter, then linear interpolation."""
    reaches = [(picture.shape[1] / width - 1) / 2, (picture.shape[0] / height - 1) / 2]
    kernels = [np.float32([reach, 1, reach]) / (1 + 2 * reach) for reach in reaches]
    smooth = cv2.sepFilter2D(picture, -1, *kernels, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)


def measure_aliasing() -> BenchmarkRow:
    """Measures aliasing: contrast left of rings that are too fine for the reduced size."""
    y, x = np.mgrid[:1024, :1024] / 1024
    rings = 127.5 + 127.5 * np.cos(math.pi * 512 * (x * x + y * y))
    plate = cv2.merge([rings.astype(np.uint8)] * 3 + [np.full((1024, 1024), 255, np.uint8)])
    theirs = cv2.resize(plate, (717, 717), interpolation=cv2.INTER_AREA)
    ours = resize_premultiplied(plate, 717, 717)
    # From 0.8 of the width on, the rings exceed the Nyquist frequency of 717 pixels.
    fine = [float(small[:500, 600:, 0].std()) for small in (theirs, ours)]
    claim = "false patterns of a shrunk cut-out, next to INTER_AREA"
    return BenchmarkRow(claim, "levels", *fine, 1, "ratio", True)


def draw_product(side: int) -> np.ndarray:
    """Draws a product covered with fine print: uint8 RGBA (side, 0.9 side, 4)."""
    height, width = side, side * 9 // 10
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 4), dtype=np.uint8)
    for row in range(height // 8, height, max(12, height // 40)):
        cv2.putText(pixels, "FINE PRINT " * 9, (5, row), 0, side / 2000, (250, 250, 250, 255))
    alpha = np.zeros((height, width), np.uint8)
    center, axes = (width // 2, height // 2), (int(width * 0.495), int(height * 0.495))
    cv2.ellipse(alpha, center, axes, 0, 0, 360, 255, -1)
    cv2.rectangle(alpha, (width // 200, height // 2), (width - width // 200, height), 255, -1)
    pixels[..., 3] = cv2.GaussianBlur(alpha, (7, 7), 0)
    return pixels


def draw_background(side: int) -> np.ndarray:
    """Draws noise over a gradient: uint8 RGB (side, side, 3)."""
    noise = np.random.default_rng(2).integers(0, 256, (side, side, 3), dtype=np.uint8)
    ramp = np.linspace(40, 255, side)[:, None, None] * np.ones((1, side, 3))
    return cv2.addWeighted(noise, 0.3, ramp.astype(np.uint8), 0.7, 0)


if __name__ == "__main__":
    main()
