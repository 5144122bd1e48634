"""Checks that a success is one: a 200 may hold no picture, half of one, or another one."""

import json
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from services.diffusion.asks import Ask
from services.diffusion.encoding import from_text
from services.diffusion.errors import BadOutput
from services.diffusion.transport import Reply

FLAT = 2.0
BLACK, MOSTLY = 3, 0.98
SAME_ASPECT = 0.01


@dataclass(frozen=True)
class Answer:
    """A usable picture: uint8 RGB of the canvas's padded size, and what the server said of it.

    resized: the size that the server sent instead, or None.
    """

    pixels: np.ndarray
    info: dict[str, Any] = field(default_factory=dict)
    resized: tuple[int, int] | None = None


def read_answer(reply: Reply, ask: Ask) -> Answer:
    """Reads a picture to the last pixel, or raises BadOutput."""
    body = reply.json()
    if not isinstance(body, dict):
        raise BadOutput("the Stable Diffusion server sent no JSON; is it one?")
    info = _info(body.get("info"))
    if isinstance(seed := info.get("seed"), int) and seed != ask.seed:
        raise BadOutput("the Stable Diffusion server sent the picture of another request")
    pixels = _picture(body.get("images"), info)
    size = pixels.shape[1], pixels.shape[0]
    wanted = ask.canvas.padded
    if size != wanted:
        pixels = _resized(pixels, wanted)
    _check_drawn(pixels)
    return Answer(pixels, info, None if size == wanted else size)


def _info(told: Any) -> dict[str, Any]:
    """The fields of `info`, which is JSON within JSON, an object, or nothing."""
    if isinstance(told, str):
        try:
            told = json.loads(told or "{}")
        except ValueError:
            told = {}
    return told if isinstance(told, dict) else {}


def _picture(images: Any, info: dict[str, Any]) -> np.ndarray:
    first = info.get("index_of_first_image", 0)
    try:
        return from_text(images[first])
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadOutput("the Stable Diffusion server sent no picture; see its log") from error


def _resized(pixels: np.ndarray, wanted: tuple[int, int]) -> np.ndarray:
    height, width = pixels.shape[:2]
    if abs(width * wanted[1] / (height * wanted[0]) - 1) > SAME_ASPECT:
        text = f"sent {width} x {height} pixels instead of {wanted[0]} x {wanted[1]}"
        raise BadOutput(f"the Stable Diffusion server {text}; set its largest size higher")
    return cv2.resize(pixels, wanted, interpolation=cv2.INTER_LANCZOS4)


def _check_drawn(pixels: np.ndarray) -> None:
    # A sample is as flat or as black as the whole.
    sample = pixels[::4, ::4]
    if sample.std() < FLAT or (sample < BLACK).mean() > MOSTLY:
        text = "sent an empty picture; it may need a VAE in full precision (--no-half-vae)"
        raise BadOutput(f"the Stable Diffusion server {text}")
