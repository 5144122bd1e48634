"""Tries a model out with small images before it is used, and measures its pace."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import structlog
import torch

from services.diffusion.checks import check_init_used, create_selftest_request
from services.diffusion.errors import DiffusionFailed, DiffusionOutOfMemory, InitIgnored
from services.diffusion.in_process import ENGINE
from services.diffusion.in_process.image_pace import ImagePace, ImageTimes
from services.diffusion.in_process.placement import ModelPlacement
from services.diffusion.in_process.recovery import DEVICE_LOST
from services.diffusion.output import OutputRemedies, check_output
from services.diffusion.request import DiffusionRequest, Purpose, UncheckedResult
from services.runtime.errors import ServiceError

# Sides in pixels of the larger image by which the pace is measured, by device: 2 steps take a
# second or so. Larger: a better estimate, and a later start.
PACE_SIDES = {"cpu": 128, "cuda": 512}
SEED = 1

GenerateOne = Callable[[DiffusionRequest], np.ndarray]
"""Generates the image of a request, uint8 RGB (H, W, 3) of the padded size."""

MeasureOne = Callable[[DiffusionRequest], ImageTimes]
"""Generates the image of a request, and returns how long it took."""

log = structlog.get_logger()


def choose_remedies(placement: ModelPlacement) -> OutputRemedies:
    """Returns what to do about an empty image of a model.

    placement: where the model runs, and in which precision.
    """
    # Its largest number is 65,504, which the VAE of SDXL exceeds.
    if placement.dtype == torch.float16:
        return OutputRemedies(empty="set CYCLORAMA_DIFFUSERS_PRECISION to bfloat16 or float32")
    return OutputRemedies(empty="its weights may be corrupt, so download the model again")


def try_purpose(
    generate: GenerateOne, purpose: Purpose, remedies: OutputRemedies, keeps_locked: bool = True
) -> str:
    """Generates a small image for a purpose; returns why the model cannot serve it, or "".

    remedies: what to do about an empty image.
    keeps_locked: whether the model has to keep locked pixels by itself.
    """
    request = create_selftest_request(SEED, locked=True if purpose == "img2img" else None)
    try:
        pixels = generate(request)
        # Without its init image: whether that was used is checked below, in words of its own.
        check_output(
            replace(request, init=None), UncheckedResult(pixels), ENGINE, "warm-up", remedies
        )
        if request.init and keeps_locked:
            check_init_used(pixels, request.init.pixels, request.init.locked)
    except InitIgnored:
        return "it changes locked pixels, as with a VAE of another model; choose a whole model"
    except DiffusionOutOfMemory:
        return "memory ran out at its first image; choose a smaller model, or free memory"
    except DiffusionFailed as error:
        if str(error) == DEVICE_LOST:
            return DEVICE_LOST
        log.warning("first image failed", purpose=purpose, error=str(error))
        return (
            "its first image failed, as where its scheduler or tokenizer is of another model; "
            "choose a whole model, or see the service's log"
        )
    except ServiceError as error:
        return f"its first image failed: {error}"
    return ""


def calibrate_pace(pace: ImagePace, measure: MeasureOne, purpose: Purpose, device: str) -> None:
    """Measures how fast a model generates images.

    measure: generates the image of a request, and returns its times.
    purpose: one that it can serve.
    device: where it runs, "cpu" or "cuda".
    """
    small = create_selftest_request(SEED, locked=False if purpose == "img2img" else None)
    pace.calibrate(small, _enlarge(small, PACE_SIDES[device]), measure)


def _enlarge(request: DiffusionRequest, side: int) -> DiffusionRequest:
    """Returns a request for a square image of another side, in pixels."""
    init = request.init
    if init:
        pixels = np.zeros((side, side, 3), np.uint8)
        init = replace(init, pixels=pixels, locked=np.zeros((side, side), bool))
    return replace(request, width=side, height=side, init=init)
