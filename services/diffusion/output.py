"""Checks that a generated image is the requested one, whatever generated it."""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
import structlog

from services.diffusion.checks import check_init_used
from services.diffusion.errors import InvalidOutput
from services.diffusion.request import DiffusionRequest, UncheckedResult
from services.runtime.engines import EngineWarning

# Above this denoising strength, locked pixels of servers that keep them only roughly may rightly
# look different. Larger: such results are rejected.
MAX_CHECKED_STRENGTH = 0.5
# Standard deviation in levels below which an image counts as flat, as NaNs in the VAE make it.
# Larger: plain backgrounds are rejected.
MIN_DEVIATION = 2.0
# An image is black if this share of its values is below that level. NaNs come back as all black.
BLACK_LEVEL, MAX_BLACK_SHARE = 3, 0.98
# Relative difference of aspect ratios that rounding of sides explains; larger: visible distortion.
MAX_ASPECT_ERROR = 0.01
# Characters of a parameter that is logged; longer ones, such as workflows, are left out. Larger:
# longer log lines.
MAX_LOGGED = 100

log = structlog.get_logger()


@dataclass(frozen=True)
class DiffusionResult:
    """A checked image: uint8 RGB (height, width, 3) of the requested size.

    model: the model that generated it, without folder and suffix; empty if unknown.
    parameters: what determined the image. measured: times and sizes, which may differ between equal
    images. Both hold plain JSON values.
    """

    pixels: np.ndarray
    model: str
    parameters: dict[str, object]
    measured: dict[str, object]
    warnings: tuple[EngineWarning, ...] = ()


@dataclass(frozen=True)
class OutputRemedies:
    """What to do about an empty image and about one of another size; ends of error texts."""

    empty: str
    size: str = ""


def check_output(
    request: DiffusionRequest,
    unchecked: UncheckedResult,
    kind: str,
    model: str,
    remedies: OutputRemedies,
) -> DiffusionResult:
    """Checks that an image is the requested one, and crops it to the requested size.

    Raises InvalidOutput if it is empty, of another shape, or unrelated to the image that was to be
    repainted.

    kind: the software that generated it.
    model: the model that generated it.
    """
    canvas, sent_size = request.canvas, _size_of(unchecked.pixels)
    pixels = _resize_if_similar(unchecked.pixels, canvas.padded_size, remedies.size)
    _check_not_empty(pixels, remedies.empty)
    _check_init_used(request, pixels)
    width, height = canvas.padded_size
    parameters = {
        "kind": kind,
        "model": model,
        **unchecked.parameters,
        "drawn_width": width,
        "drawn_height": height,
    }
    # Enough digits to recognize equal images in the log.
    digest = hashlib.sha256(pixels.data).hexdigest()[:12]
    logged = {name: each for name, each in parameters.items() if len(str(each)) <= MAX_LOGGED}
    log.info("image generated", sha256=digest, **logged, **unchecked.measured)
    return DiffusionResult(
        pixels=canvas.crop_image(pixels),
        model=model,
        parameters=parameters,
        measured=dict(unchecked.measured),
        warnings=(*unchecked.warnings, *_warn_of_resampling(request, sent_size)),
    )


def _size_of(pixels: np.ndarray) -> tuple[int, int]:
    """Returns the width and height of an image (H, W, 3)."""
    height, width = pixels.shape[:2]
    return width, height


def _resize_if_similar(pixels: np.ndarray, size: tuple[int, int], remedy: str) -> np.ndarray:
    """Resizes the image that a server sent to the size that it should have.

    Some servers limit the side of their images. Raises InvalidOutput if the aspect ratio differs
    too.

    pixels: uint8 RGB (H, W, 3).
    size: width and height.
    remedy: what to do about another size, for the error.
    """
    width, height = _size_of(pixels)
    if (width, height) == size:
        return pixels
    if abs(width * size[1] / (height * size[0]) - 1) > MAX_ASPECT_ERROR:
        text = f"sent {width} x {height} pixels instead of {size[0]} x {size[1]}"
        raise InvalidOutput(f"the image server {text}; {remedy}")
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4)


def _check_not_empty(pixels: np.ndarray, remedy: str) -> None:
    """Raises InvalidOutput if an image, uint8 RGB (H, W, 3), is a single color or almost black.

    remedy: what to do about it, for the error.
    """
    # One pixel in 16 is enough: a sample is as flat or as black as the whole.
    sample = pixels[::4, ::4]
    if sample.std() < MIN_DEVIATION or (sample < BLACK_LEVEL).mean() > MAX_BLACK_SHARE:
        raise InvalidOutput(f"an empty picture came out; {remedy}")


def _check_init_used(request: DiffusionRequest, pixels: np.ndarray) -> None:
    """Raises InitIgnored if an image is unrelated to the one that the request was to repaint.

    Checks only weak repainting: strong repainting may rightly change everything.

    pixels: uint8 RGB (H, W, 3) of the padded size, as it was generated.
    """
    init, canvas = request.init, request.canvas
    if init and init.strength <= MAX_CHECKED_STRENGTH:
        locked = canvas.pad_lock_mask(init.locked) == 255
        check_init_used(pixels, canvas.pad_image(init.pixels), locked)


def _warn_of_resampling(request: DiffusionRequest, size: tuple[int, int]) -> list[EngineWarning]:
    """Returns warnings that an image was enlarged or reduced after it was generated.

    size: width and height as the server sent it.
    """
    warnings = []
    if size != request.canvas.padded_size:
        text = f"the server drew {size[0]} x {size[1]}, which was enlarged or reduced to fit"
        warnings.append(EngineWarning("SERVER_RESIZED", text))
    if request.canvas.is_reduced:
        width, height = request.canvas.inner_size
        text = f"drawn at {width} x {height} and enlarged, as drawn_side asks; fine detail is soft"
        warnings.append(EngineWarning("ENLARGED", text))
    return warnings
