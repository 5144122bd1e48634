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
    """Returns the type to run the model's encoder in: torch.float32 or torch.bfloat16.

    requested: "float32", "bfloat16", or "auto" for the faster one that keeps the masks.
    device: that the model runs on, CPU or GPU.
    measure_mask_iou: measures the overlap (IoU), 0 to 1, of masks computed in a type with those in
        float32, on the loaded weights.
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
    """Returns how many times faster matrix products are in bfloat16 than in float32.

    The result is below 1 on CPUs without instructions for bfloat16. Timed once per process and
    device.

    device: CPU or GPU to time on.
    """
    side, seconds = TIMED_SIDES[device.type], []
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.randn(side, side, device=device).to(dtype)
        seconds.append(measure_shortest_seconds(partial(torch.matmul, x, x), device))
    float32_seconds, bfloat16_seconds = seconds
    return float32_seconds / bfloat16_seconds


def enable_fast_float32() -> None:
    """Sets torch to compute float32 products on the CPU with oneDNN, if those are exact here.

    The setting is the process's. On CPUs with matrix units the same setting rounds to bfloat16, so
    it is tried on one product and undone if that differs. On GPUs it always rounds, so it is left
    as it is if there is one.
    """
    if torch.cuda.is_available():
        return
    side = TIMED_SIDES["cpu"]
    x = torch.randn(side, side)
    exact, earlier_setting = x @ x, torch.get_float32_matmul_precision()
    # With "medium", torch may use oneDNN.
    torch.set_float32_matmul_precision("medium")
    relative_error = float((x @ x - exact).abs().max() / exact.abs().max())
    if relative_error > MAX_FLOAT32_ERROR:
        torch.set_float32_matmul_precision(earlier_setting)
