"""Calls a server that speaks the Stable Diffusion HTTP API of AUTOMATIC1111."""

import base64
import io
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import requests
import structlog
from PIL import Image

from services.runtime.errors import CycloramaError, EngineNotReady
from services.sdapi.canvas import crop, pad, padded_size
from services.sdapi.errors import BadOutput, OutOfMemory, Refused, TimedOut, Unreachable
from services.sdapi.settings import ServerSettings

CONNECT_SECONDS = 3.0
PROBE_SECONDS = 2.0
PROBE_AGE = 5.0
FLAT = 2.0

log = structlog.get_logger()


class Server:
    """One server. It draws one picture at a time: more would only wait there, out of our sight."""

    def __init__(self, settings: ServerSettings) -> None:
        if not settings.sdapi_url:
            raise EngineNotReady("no server is known; set CYCLORAMA_SDAPI_URL to its address")
        self._settings = settings
        self._slot = threading.Lock()
        self._probed = -math.inf, ""

    def trouble(self) -> str:
        """Why the server cannot be used, as of some seconds ago; empty when it can."""
        when, found = self._probed
        if time.monotonic() - when > PROBE_AGE:
            found = self._probe()
            self._probed = time.monotonic(), found
        return found

    def txt2img(self, prompt: str, negative: str, width: int, height: int, seed: int) -> np.ndarray:
        """Draws a prompt: uint8 RGB (height, width, 3)."""
        wide, tall = padded_size(width, height)
        answer = self._draw("txt2img", self._asked(prompt, negative, wide, tall, seed))
        return crop(answer, width, height)

    def img2img(
        self,
        picture: np.ndarray,
        locked: np.ndarray,
        prompt: str,
        negative: str,
        strength: float,
        seed: int,
    ) -> np.ndarray:
        """Repaints uint8 RGB (H, W, 3) wherever bool `locked` (H, W) is False.

        Servers may change locked pixels too: the caller has to put them back.
        """
        height, width = picture.shape[:2]
        wide, tall = padded_size(width, height)
        asked = self._asked(prompt, negative, wide, tall, seed) | {
            "init_images": [_png(pad(picture))],
            # One 8-bit channel of 0 and 255: some servers read an alpha channel instead.
            "mask": _png(pad(locked.astype(np.uint8) * 255, fill=255)),
            "inpainting_mask_invert": 1,
            "denoising_strength": strength,
            # The defaults blur the lock and crop the canvas.
            "mask_blur": 0,
            "inpaint_full_res": False,
            "inpainting_fill": 1,
            "resize_mode": 0,
        }
        return crop(self._draw("img2img", asked), width, height)

    def _asked(
        self, prompt: str, negative: str, width: int, height: int, seed: int
    ) -> dict[str, Any]:
        return {
            "prompt": prompt,
            "negative_prompt": negative,
            "width": width,
            "height": height,
            "seed": seed,
            "steps": self._settings.sdapi_steps,
            "cfg_scale": self._settings.sdapi_cfg_scale,
            "batch_size": 1,
            "n_iter": 1,
            "send_images": True,
            "save_images": False,
            "override_settings": {"samples_format": "png"},
        }

    def _draw(self, method: str, asked: dict[str, Any]) -> np.ndarray:
        timeout = (CONNECT_SECONDS, self._settings.sdapi_seconds)
        with self._slot, _translated():
            answer = requests.post(self._url(method), json=asked, timeout=timeout)
            return _picture(_checked(answer), asked["width"], asked["height"])

    def _probe(self) -> str:
        try:
            with _translated():
                _checked(requests.get(self._url("sd-models"), timeout=PROBE_SECONDS))
        except CycloramaError as error:
            return str(error)
        return ""

    def _url(self, method: str) -> str:
        return f"{self._settings.sdapi_url.rstrip('/')}/sdapi/v1/{method}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    # The library's own texts name the server's address.
    except requests.ConnectionError as error:
        raise Unreachable("the Stable Diffusion server does not answer; start it") from error
    except requests.Timeout as error:
        text = "the Stable Diffusion server took too long; ask for a smaller picture or more time"
        raise TimedOut(text) from error
    except requests.RequestException as error:
        raise BadOutput("the Stable Diffusion server broke its answer off; try again") from error


def _checked(answer: requests.Response) -> Any:
    if answer.status_code == requests.codes.ok:
        try:
            return answer.json()
        except ValueError as error:
            raise BadOutput("the Stable Diffusion server sent no JSON; is it one?") from error
    log.warning("server refused", status=answer.status_code, body=answer.text[:500])
    if "OutOfMemory" in answer.text or "out of memory" in answer.text:
        raise OutOfMemory("the Stable Diffusion server ran out of memory; ask for fewer pixels")
    match answer.status_code:
        case 401 | 403:
            raise Refused("the Stable Diffusion server wants a password")
        case 404:
            raise Refused("the Stable Diffusion server has no API; start it with --api")
        case 429 | 502 | 503 | 504:
            raise Unreachable("the Stable Diffusion server is busy or starting; try again shortly")
    raise Refused(f"the Stable Diffusion server refused with status {answer.status_code}")


def _picture(answer: Any, width: int, height: int) -> np.ndarray:
    """A 200 is not yet a picture: servers answer so with none, with half or with a black one."""
    try:
        text = answer["images"][0].partition("base64,")
        data = base64.b64decode(text[2] or text[0], validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            size = picture.size
            if size == (width, height):
                pixels = np.asarray(picture.convert("RGB"))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OSError) as error:
        raise BadOutput("the Stable Diffusion server sent no picture; see its log") from error
    if size != (width, height):
        text = f"sent {size[0]} x {size[1]} pixels instead of {width} x {height}"
        raise BadOutput(f"the Stable Diffusion server {text}")
    if pixels.std() < FLAT:
        text = "sent an empty picture; it may need a VAE in full precision (--no-half-vae)"
        raise BadOutput(f"the Stable Diffusion server {text}")
    return pixels


def _png(pixels: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return base64.b64encode(out.getvalue()).decode("ascii")
