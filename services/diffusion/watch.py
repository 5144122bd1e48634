"""Follows a picture while it is drawn, on servers that tell how far they are."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from services.diffusion.encoding import from_text
from services.diffusion.probe import API
from services.diffusion.transport import Transport
from services.runtime.errors import CycloramaError

POLL_SECONDS = 1.0
ASK_SECONDS = 2.0
STUCK_SECONDS = 60.0
PREVIEW_SIDE = 256


@dataclass(frozen=True)
class Seen:
    """The share that is done, 0 to 1, and a small uint8 RGB picture of it, if there is one."""

    fraction: float
    preview: np.ndarray | None = field(default=None, compare=False)


class Watch(threading.Thread):
    """Asks for progress every second; only for who owns the server's slot."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(daemon=True)
        self._transport = transport
        self._ended = threading.Event()
        self._state: object = None
        self._changed = time.monotonic()
        self.seen: Seen | None = None

    @property
    def stuck(self) -> bool:
        """Whether the server says that it works while nothing has moved for a minute."""
        return self._state is not None and time.monotonic() - self._changed > STUCK_SECONDS

    def end(self) -> None:
        """Asks no more."""
        self._ended.set()

    def run(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            if told := read_progress(self._transport):
                self.take(told)

    def take(self, told: dict[str, Any]) -> None:
        """Takes in what the server says."""
        state = _state(told)
        if state != self._state:
            self._state, self._changed = state, time.monotonic()
        fraction = told.get("progress")
        if isinstance(fraction, int | float) and fraction > 0:
            self.seen = Seen(float(min(fraction, 1.0)), _preview(told.get("current_image")))


def read_progress(transport: Transport) -> dict[str, Any] | None:
    """What a server says of its present work; None when it says nothing of use."""
    try:
        told = transport.get(f"{API}/progress", ASK_SECONDS).json()
    except CycloramaError:
        return None
    return told if isinstance(told, dict) else None


def is_idle(told: dict[str, Any]) -> bool:
    """Whether a server's progress says that it draws nothing."""
    state = told.get("state")
    jobs = state.get("job_count", 0) if isinstance(state, dict) else 0
    return not told.get("progress") and not jobs


def _state(told: dict[str, Any]) -> object:
    state = told.get("state") if isinstance(told.get("state"), dict) else {}
    words = told.get("progress"), state.get("sampling_step"), state.get("job_timestamp")
    return tuple(each if isinstance(each, int | float | str) else None for each in words)


def _preview(text: object) -> np.ndarray | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        pixels = from_text(text)
    except ValueError:
        return None
    share = min(1.0, PREVIEW_SIDE / max(pixels.shape[:2]))
    return cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
