"""Speaks the API of AUTOMATIC1111: JSON that means the same on every kind of its servers."""

import base64
import binascii
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from services.diffusion.canvas import PaddedCanvas
from services.diffusion.dialect import (
    Capabilities,
    DrawProgress,
    DrawRequest,
    InitImage,
    ListedName,
    ServerPicture,
)
from services.diffusion.dialects.a1111 import A1111Settings
from services.diffusion.dialects.a1111.probe import API, SECONDS, probe_server, reads_overrides
from services.diffusion.errors import InvalidOutput
from services.diffusion.images import read_picture, write_png
from services.diffusion.names import SamplerNames, find_sampler
from services.diffusion.settings import Sampling
from services.diffusion.transport import HttpClient, HttpReply, read_credentials, read_text
from services.imaging.thumbnails import shrink_to_thumbnail
from services.runtime.engines import EngineWarning
from services.runtime.errors import ServiceError, Violation

PREFIX = "CYCLORAMA_A1111"
# stable-diffusion.cpp reads arguments from prompts, size and seed among them.
ARGUMENTS = "<sd_cpp_extra_args>"


class A1111:
    """One server that speaks the API. Safe for one thread that draws and others that ask."""

    name = "a1111"
    variant = ""

    def __init__(self, url: str, settings: A1111Settings) -> None:
        auth = read_credentials(settings.a1111_auth_file, f"{PREFIX}_AUTH_FILE")
        if_missing = "was it started with --api?"
        self._http = HttpClient(url, PREFIX, auth, settings.a1111_ca_file, if_missing)

    def find_violations(self, request: DrawRequest) -> Iterator[Violation]:
        if ARGUMENTS in request.prompt or ARGUMENTS in request.negative_prompt:
            yield Violation("prompt", f"contains {ARGUMENTS}; send options as options")

    def check_health(self, seconds: float) -> str:
        try:
            self._http.check(self._http.get(f"{API}/samplers", seconds))
        except ServiceError as error:
            return str(error)
        return ""

    def probe(self) -> Capabilities:
        return probe_server(self._http)

    def draw(
        self, request: DrawRequest, capabilities: Capabilities, seconds: float
    ) -> ServerPicture:
        sampling, offered = request.sampling, (capabilities.samplers, capabilities.schedulers)
        names = find_sampler(sampling.sampler, sampling.scheduler, *offered)
        body = write_request(request, capabilities.kind, names)
        path = f"{API}/{'img2img' if request.init else 'txt2img'}"
        start = time.perf_counter()
        reply = self._http.draw(path, body, seconds)
        measured = {
            "generate_ms": round((time.perf_counter() - start) * 1000),
            "bytes_sent": len(body),
            "bytes_received": len(reply.body),
        }
        pixels, info = read_reply(self._http.check(reply), request.seed)
        sampler = read_text(info.get("sampler_name")) or names.sampler
        return ServerPicture(
            pixels,
            _read_model(info),
            {"sampler": sampler, "scheduler": names.scheduler},
            measured,
            names.warnings + _warn_of_overrides(sampling, capabilities.kind),
        )

    def progress(self) -> DrawProgress | None:
        try:
            return read_progress(self._http.get(f"{API}/progress", SECONDS))
        except ServiceError:
            return None

    def interrupt(self) -> None:
        self._http.post(f"{API}/interrupt", SECONDS)


def write_request(request: DrawRequest, kind: str, names: SamplerNames) -> bytes:
    """The request's JSON. No field is null and none is left to a default that kinds differ in."""
    wide, tall = request.canvas.padded
    fields: dict[str, Any] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "width": wide,
        "height": tall,
        "seed": request.seed,
        "steps": request.sampling.steps,
        "cfg_scale": request.sampling.cfg_scale,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
    }
    if names.sampler:
        fields["sampler_name"] = names.sampler
    if names.scheduler:
        fields["scheduler"] = names.scheduler
    if reads_overrides(kind):
        fields["override_settings"] = _override_settings(request.sampling)
    if request.init:
        fields |= _img2img_fields(request.init, request.canvas)
    return json.dumps(fields).encode()


def read_reply(reply: HttpReply, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Reads uint8 RGB (H, W, 3) and what the server says of it; raises InvalidOutput.

    A success may contain no picture, half of one, or that of another request.
    """
    body = reply.json()
    if not isinstance(body, dict):
        raise InvalidOutput("the Stable Diffusion server sent no JSON; is it one?")
    info = _read_info(body.get("info"))
    if isinstance(drawn := info.get("seed"), int) and drawn != seed:
        raise InvalidOutput("the Stable Diffusion server sent the picture of another request")
    images, first = body.get("images"), info.get("index_of_first_image", 0)
    try:
        return from_text(images[first]), info
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidOutput("the Stable Diffusion server sent no picture; see its log") from error


def read_progress(reply: HttpReply) -> DrawProgress | None:
    """Reads what a server says of its present work; None when it says nothing of use."""
    body = reply.json()
    if not isinstance(body, dict) or not body:
        return None
    fraction, state = body.get("progress"), body.get("state")
    state = state if isinstance(state, dict) else {}
    known = isinstance(fraction, int | float) and fraction > 0
    return DrawProgress(
        float(min(fraction, 1.0)) if known else 0.0,
        _read_preview(body.get("current_image")) if known else None,
        idle=not fraction and not state.get("job_count", 0),
        state=_comparable(fraction, state.get("sampling_step"), state.get("job_timestamp")),
    )


def to_text(pixels: np.ndarray) -> str:
    """Writes uint8 (H, W) or RGB (H, W, 3) as a PNG in base64, without any prefix."""
    return base64.b64encode(write_png(pixels)).decode("ascii")


def from_text(text: str) -> np.ndarray:
    """Reads a picture from base64, with a data: prefix or without; raises ValueError."""
    head, comma, rest = text.partition("base64,")
    try:
        return read_picture(base64.b64decode(rest if comma else head, validate=True))
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _override_settings(sampling: Sampling) -> dict[str, object]:
    model = {"sd_model_checkpoint": sampling.model} if sampling.model else {}
    # Last, for only this one is read back to the bit.
    return {**sampling.override_settings, **model, "samples_format": "png"}


def _warn_of_overrides(sampling: Sampling, kind: str) -> tuple[EngineWarning, ...]:
    if reads_overrides(kind) or not sampling.override_settings:
        return ()
    return (EngineWarning("OVERRIDES_UNUSED", f"a {kind} server reads no override_settings"),)


def _img2img_fields(init: InitImage, canvas: PaddedCanvas) -> dict[str, Any]:
    return {
        "init_images": [to_text(canvas.fit(init.picture))],
        # One 8-bit channel of 0 and 255: some servers read an alpha channel instead.
        "mask": to_text(canvas.fit_lock(init.locked)),
        "inpainting_mask_invert": 1,
        "denoising_strength": init.strength,
        # The defaults blur the lock, crop the canvas and start from a smear.
        "mask_blur": 0,
        "inpaint_full_res": False,
        "inpaint_full_res_padding": 0,
        "inpainting_fill": 1,
        "resize_mode": 0,
        "include_init_images": False,
    }


def _read_info(info: Any) -> dict[str, Any]:
    """The fields of `info`, which is JSON within JSON, an object, or nothing."""
    if isinstance(info, str):
        try:
            info = json.loads(info or "{}")
        except (ValueError, RecursionError):
            info = {}
    return info if isinstance(info, dict) else {}


def _read_model(info: dict[str, Any]) -> ListedName:
    name, digest = (read_text(info.get(field)) for field in ("sd_model_name", "sd_model_hash"))
    return ListedName(name, (digest,))


def _comparable(*values: object) -> tuple[object, ...]:
    return tuple(each if isinstance(each, int | float | str) else None for each in values)


def _read_preview(text: object) -> np.ndarray | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return shrink_to_thumbnail(from_text(text))
    except ValueError:
        return None
