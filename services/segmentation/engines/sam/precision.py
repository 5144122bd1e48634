"""Chooses the arithmetic that is fastest here and still gives the same masks."""

from collections.abc import Callable
from functools import cache

import structlog
import torch

from services.segmentation.engines.sam.timing import seconds

# Products of matrices of this side take a while on either kind of device.
SIDES = {"cpu": 512, "cuda": 4096}
# A type that is hardly faster is not worth its rounding.
LEAST_GAIN = 1.5
# How far masks in the faster type must overlap with those in float32.
LEAST_OVERLAP = 0.995
FLOAT32_ERROR = 1e-5

log = structlog.get_logger()


def choose_precision(
    wanted: str, device: torch.device, overlap: Callable[[torch.dtype], float]
) -> torch.dtype:
    """Returns torch.float32 or torch.bfloat16.

    wanted: "float32", "bfloat16", or "auto" for the faster one that keeps the masks. overlap: how
    far (IoU) masks in a type overlap with those in float32, measured on the loaded weights.
    """
    if wanted != "auto":
        return getattr(torch, wanted)
    gain = bfloat16_gain(device)
    if gain < LEAST_GAIN:
        return torch.float32
    kept = overlap(torch.bfloat16)
    log.info("bfloat16 probed", times_faster=round(gain, 1), overlap=round(float(kept), 4))
    return torch.bfloat16 if kept >= LEAST_OVERLAP else torch.float32


@cache
def bfloat16_gain(device: torch.device) -> float:
    """How many times faster than in float32 a matrix product is; timed once.

    CPUs without instructions for it are many times slower.
    """
    side, spans = SIDES[device.type], []
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.randn(side, side, device=device).to(dtype)
        spans.append(seconds(lambda x=x: x @ x, device))
    return spans[0] / spans[1]


def quicken_float32() -> None:
    """Lets float32 products take oneDNN's way where it is exact: a setting of the whole process.

    On CPUs with matrix units the same setting rounds to bfloat16, so it is tried first; and on
    GPUs to fewer bits always, so that nothing is set where there is one.
    """
    if torch.cuda.is_available():
        return
    x = torch.randn(SIDES["cpu"], SIDES["cpu"])
    exact, before = x @ x, torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    if float((x @ x - exact).abs().max() / exact.abs().max()) > FLOAT32_ERROR:
        torch.set_float32_matmul_precision(before)
