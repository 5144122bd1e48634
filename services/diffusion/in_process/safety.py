"""Checks images with the safety checker of their model, and refuses or reports flagged ones."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import structlog
import torch
from diffusers.pipelines.stable_diffusion import safety_checker as library
from PIL import Image

from services.diffusion.errors import UnsafeImage
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_files import ModelFiles
from services.diffusion.in_process.network_loading import load_network
from services.diffusion.request import DiffusionRequest
from services.runtime.engines import EngineWarning

SETTING = "CYCLORAMA_DIFFUSERS_SAFETY_CHECKER"
# Mean and standard deviation of each channel, 0 to 1, over the images that CLIP was trained with
# (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021).
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)

Handling = Literal["none", "off", "report", "refuse"]
Verdict = Literal["none", "off", "passed", "flagged"]

log = structlog.get_logger()


@dataclass(frozen=True)
class SafetyReport:
    """What the checker found in an image.

    verdict: "none" if the model has no checker, "off" if the settings switch it off.
    """

    verdict: Verdict
    warnings: tuple[EngineWarning, ...] = ()


class SafetyChecker:
    """The safety checker of a model. Safe to call from several threads.

    handling: of flagged images; "none" if the model has no checker, "off" if it is not used.
    """

    def __init__(self, handling: Handling, network: Any = None) -> None:
        """Uses a network of the class StableDiffusionSafetyChecker; None without one to use."""
        self.handling = handling
        self._network = network
        # One image at a time, for the sake of memory.
        self._lock = threading.Lock()

    @property
    def variant(self) -> str:
        """How flagged images are handled, as part of an engine's version; empty without checker."""
        return "" if self.handling == "none" else f"safety-{self.handling}"

    def check(self, request: DiffusionRequest, pixels: np.ndarray) -> SafetyReport:
        """Checks the image that was generated for a request.

        Raises UnsafeImage if it is flagged and the settings refuse such images.

        pixels: uint8 RGB (H, W, 3) of the padded size.
        """
        if self.handling in ("none", "off"):
            return SafetyReport(self.handling)
        if not self.is_flagged(request.canvas.crop_image(pixels)):
            return SafetyReport("passed")
        if self.handling == "refuse":
            raise UnsafeImage(self._advise(request))
        text = "the model's safety checker flagged the picture; look at it before it is used"
        return SafetyReport("flagged", (EngineWarning("UNSAFE", text),))

    def is_flagged(self, pixels: np.ndarray) -> bool:
        """Whether the checker finds a concept in an image that it was trained to find.

        pixels: uint8 RGB (H, W, 3). As CLIP sees squares, the image is checked in squares that
        cover all of it.
        """
        side = self._network.config.vision_config.image_size
        squares = torch.stack([_normalize_square(each, side) for each in _cut_squares(pixels)])
        with self._lock, torch.inference_mode():
            # The network blackens what it is given as images, so it gets one pixel each.
            _, verdicts = self._network(squares, np.zeros((len(squares), 1, 1, 3), np.float32))
        return any(verdicts)

    def _advise(self, request: DiffusionRequest) -> str:
        """Returns the text of the error for a flagged image: what happened and what to do."""
        if request.init and self.is_flagged(request.init.pixels):
            # No prompt or seed would help.
            return (
                "the model's safety checker flags the picture that was sent already; send another "
                f"one, choose another engine, or set {SETTING} to report"
            )
        return (
            "the model's safety checker flagged the picture; send another prompt or seed, or set "
            f"{SETTING} to report"
        )


def open_safety_checker(files: ModelFiles, settings: DiffusersSettings) -> SafetyChecker:
    """Loads the safety checker of a model, if it has one and the settings use it.

    It runs on the CPU in 32 bits, so that its verdict does not depend on the device of the model.
    Raises EngineNotReady if it cannot be loaded.

    files: of the model, inspected before.
    """
    part = files.safety_checker
    if part is None:
        return SafetyChecker("none")
    log.info("safety checker found", handling=settings.diffusers_safety_checker)
    if settings.diffusers_safety_checker == "off":
        return SafetyChecker("off")
    # It reports flagged images as black ones, which they are not here.
    logging.getLogger(library.__name__).setLevel(logging.ERROR)
    network = load_network(files, part, torch.float32)
    return SafetyChecker(settings.diffusers_safety_checker, network)


def _cut_squares(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Yields squares of an image, uint8 RGB (s, s, 3) with its short side s, that cover all of it.

    pixels: uint8 RGB (H, W, 3).
    """
    height, width = pixels.shape[:2]
    side, rest = min(height, width), abs(height - width)
    # Evenly from end to end, as few as possible.
    for start in np.linspace(0, rest, 1 - -rest // side).round().astype(int):
        end = start + side
        yield pixels[:, start:end] if width > height else pixels[start:end]


def _normalize_square(square: np.ndarray, side: int) -> torch.Tensor:
    """Returns an image as CLIP expects it: float32 (3, side, side), normalized.

    square: uint8 RGB (s, s, 3).
    """
    resized = Image.fromarray(square).resize((side, side), Image.Resampling.BICUBIC)
    values = (np.asarray(resized, np.float32) / 255 - CLIP_MEAN) / CLIP_DEVIATION
    return torch.from_numpy(values.astype(np.float32).transpose(2, 0, 1))
