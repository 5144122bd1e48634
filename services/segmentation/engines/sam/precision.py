"""Chooses the fastest arithmetic on this machine that keeps the masks."""

from collections.abc import Callable
from functools import cache, partial

import structlog
import torch

from services.segmentation.engines.sam.timing import measure_shortest_seconds

# Sides of the matrices that are multiplied for timing: large enough to take well over the overhead
# of a call on either kind of device.
TIMED_SIDES = {"cpu": 512, "cuda": 4096}
# Speedup from which on bfloat16 is worth its rounding. Larger: float32 on more machines.
MIN_SPEEDUP = 1.5
# The least overlap (IoU) of masks in bfloat16 with those in float32. Larger: float32 for more
# weights; smaller: visibly different edges.
MIN_MASK_IOU = 0.995
# Largest relative error of a product that counts as exact. It lies between the rounding of float32
# (6e-8 per operation) and that of bfloat16 (2e-3).
MAX_FLOAT32_ERROR = 1e-5

log = structlog.get_logger()


def choose_precision(
    requested: str, device: torch.device, measure_mask_iou: Callable[[torch.dtype], float]
) -> torch.dtype:
    """Returns the type to compute in: torch.float32 or torch.bfloat16.

    requested: "float32", "bfloat16", or "auto" for the faster one that keeps the masks.
    measure_mask_iou: measures the overlap (IoU) of masks in a type with those in float32, on the
    loaded weights.
    """
    match requested:
        case "float32":
            return torch.float32
        case "bfloat16":
            return torch.bfloat16
    speedup = measure_bfloat16_speedup(device)
    if speedup < MIN_SPEEDUP:
        return torch.float32
    iou = measure_mask_iou(torch.bfloat16)
    log.info("bfloat16 compared with float32", speedup=round(speedup, 1), iou=round(float(iou), 4))
    return torch.bfloat16 if iou >= MIN_MASK_IOU else torch.float32


@cache
def measure_bfloat16_speedup(device: torch.device) -> float:
    """Returns how many times faster matrix products are in bfloat16 than in float32; timed once.

    CPUs without instructions for bfloat16 are many times slower.
    """
    side, seconds = TIMED_SIDES[device.type], []
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.randn(side, side, device=device).to(dtype)
        seconds.append(measure_shortest_seconds(partial(torch.matmul, x, x), device))
    return seconds[0] / seconds[1]


def enable_fast_float32() -> None:
    """Lets float32 products on the CPU use oneDNN if that is exact; applies to the whole process.

    On CPUs with matrix units the same setting rounds to bfloat16, so it is tested first. On GPUs
    it always rounds, so nothing is changed if there is one.
    """
    if torch.cuda.is_available():
        return
    x = torch.randn(TIMED_SIDES["cpu"], TIMED_SIDES["cpu"])
    exact, before = x @ x, torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    if float((x @ x - exact).abs().max() / exact.abs().max()) > MAX_FLOAT32_ERROR:
        torch.set_float32_matmul_precision(before)
