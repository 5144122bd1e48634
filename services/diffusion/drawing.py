"""One picture from one server, and every check that it is the one that was asked for."""

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import structlog

from services.diffusion.checks import check_likeness
from services.diffusion.dialect import Capabilities, Dialect, DrawRequest, ServerPicture
from services.diffusion.errors import InvalidOutput
from services.diffusion.names import check_model_used, strip_model_name
from services.runtime.engines import EngineWarning

# Beyond this strength, what is locked may rightly look different on servers that only approach it.
LIKENESS_UP_TO = 0.5
# Below this standard deviation, in levels, a picture counts as flat.
FLAT = 2.0
# A picture counts as empty when this share of its values is darker than that level.
BLACK, MOSTLY = 3, 0.98
SAME_ASPECT = 0.01

log = structlog.get_logger()


@dataclass(frozen=True)
class DrawResult:
    """A finished picture: uint8 RGB (height, width, 3) of the size that was asked for.

    model: the one that drew it, without folder and suffix; empty where it is not known.
    parameters: what shaped the picture. measured: times and sizes, which may differ for an equal
    picture. Both plain JSON values.
    """

    pixels: np.ndarray
    model: str
    parameters: dict[str, Any]
    measured: dict[str, Any]
    warnings: tuple[EngineWarning, ...] = ()


def draw_once(
    dialect: Dialect, request: DrawRequest, server: Capabilities, seconds: float
) -> DrawResult:
    """Sends one request to one server; raises what went wrong, InvalidOutput among it."""
    drawn = dialect.draw(request, server, seconds)
    canvas, size = request.canvas, drawn.pixels.shape[1::-1]
    pixels = _resize(drawn.pixels, canvas.padded)
    _check_not_empty(pixels)
    check_model_used(request.sampling.model, drawn.model, server)
    _check_lock(request, pixels)
    parameters = _parameters(request, server, drawn)
    digest = hashlib.sha256(pixels).hexdigest()[:12]
    log.info("drawn", sha256=digest, **parameters, **drawn.measured)
    warnings = (*drawn.warnings, *_warn_of_size(request, size))
    measured = dict(drawn.measured)
    return DrawResult(canvas.unfit(pixels), parameters["model"], parameters, measured, warnings)


def _parameters(request: DrawRequest, server: Capabilities, drawn: ServerPicture) -> dict[str, Any]:
    width, height = request.canvas.padded
    return {
        "kind": server.kind,
        "model": strip_model_name(drawn.model.name) or server.model,
        **drawn.parameters,
        "drawn_width": width,
        "drawn_height": height,
    }


def _resize(pixels: np.ndarray, wanted: tuple[int, int]) -> np.ndarray:
    """Accepts another size of the same shape: some servers limit the longest side."""
    height, width = pixels.shape[:2]
    if (width, height) == wanted:
        return pixels
    if abs(width * wanted[1] / (height * wanted[0]) - 1) > SAME_ASPECT:
        text = f"sent {width} x {height} pixels instead of {wanted[0]} x {wanted[1]}"
        raise InvalidOutput(f"the Stable Diffusion server {text}; set its largest size higher")
    return cv2.resize(pixels, wanted, interpolation=cv2.INTER_LANCZOS4)


def _check_not_empty(pixels: np.ndarray) -> None:
    # A sample is as flat or as black as the whole.
    sample = pixels[::4, ::4]
    if sample.std() < FLAT or (sample < BLACK).mean() > MOSTLY:
        text = "sent an empty picture; it may need a VAE in full precision (--no-half-vae)"
        raise InvalidOutput(f"the Stable Diffusion server {text}")


def _check_lock(request: DrawRequest, pixels: np.ndarray) -> None:
    init, canvas = request.init, request.canvas
    if init and init.strength <= LIKENESS_UP_TO:
        check_likeness(pixels, canvas.fit(init.picture), canvas.fit_lock(init.locked) == 255)


def _warn_of_size(request: DrawRequest, size: tuple[int, int]) -> list[EngineWarning]:
    """Warns of pixels that were interpolated. size: width and height as the server sent them."""
    warnings = []
    if size != request.canvas.padded:
        text = f"the server drew {size[0]} x {size[1]}, which was enlarged or reduced to fit"
        warnings.append(EngineWarning("SERVER_RESIZED", text))
    if request.canvas.enlarged:
        wide, tall = request.canvas.inner
        text = f"drawn at {wide} x {tall} and enlarged, as drawn_side asks; fine detail is soft"
        warnings.append(EngineWarning("ENLARGED", text))
    return warnings
