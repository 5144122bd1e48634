"""The work behind the double: one picture at a time, its progress, its interruption."""

import threading
import time
from collections import Counter
from typing import Any

import cv2
import numpy as np

from tools.doubles.a1111.kinds import ServerKind
from tools.doubles.a1111.painting import grow, paint, read_picture, repaint

STEPS_SEEN = 20


class Refusal(Exception):
    """The server answers with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class DrawingQueue:
    """Draws for everybody who asks, one after the other.

    seconds: how long a picture takes. question_seconds: how long every other answer does. fault:
    how it misbehaves, for `times` pictures.
    """

    def __init__(self, kind: ServerKind, seconds: float) -> None:
        self.kind, self.seconds = kind, seconds
        self.question_seconds = 0.0
        self.fault, self.times = "", -1
        self.asked: list[dict] = []
        self.seconds_taken: list[float] = []
        self.counts: Counter = Counter()
        self.progress, self.preview = 0.0, None
        self.job = ""
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._interrupted, self._released = threading.Event(), threading.Event()

    def set_fault(self, fault: str, times: int) -> None:
        """Misbehaves from now on; what hangs ends."""
        with self._lock:
            self.fault, self.times = fault, times
            self._released.set()
            self._released = threading.Event()

    def reset(self) -> None:
        """Behaves again, stops what is in flight, and forgets everything."""
        self.set_fault("", -1)
        self.question_seconds = 0.0
        while self.counts["at_once"]:
            self._interrupted.set()
            time.sleep(0.01)
        with self._lock:
            self.asked.clear()
            self.seconds_taken.clear()
            self.counts.clear()

    def take_fault(self) -> str:
        """The fault of the next picture."""
        with self._lock:
            if not self.times:
                return ""
            self.times -= self.times > 0
            return self.fault

    def interrupt(self) -> None:
        """Stops the picture in flight, whoever asked for it."""
        self.counts["interrupts"] += 1
        if self.job:
            self._interrupted.set()

    def draw(self, asked: dict, fault: str) -> np.ndarray | None:
        """Paints in turn: uint8 RGB, or None when it was interrupted before half of the time."""
        with self._lock:
            self.asked.append(asked)
            self.counts["at_once"] += 1
            self.counts["most_at_once"] = max(self.counts["most_at_once"], self.counts["at_once"])
            refused = self.kind.waiting and self.counts["at_once"] > self.kind.waiting
            released = self._released
        try:
            if refused:
                raise Refusal(503, "server is busy")
            with self._turn:
                return self._drawn(asked, fault, released)
        finally:
            with self._lock:
                self.counts["at_once"] -= 1

    def _drawn(self, asked: dict, fault: str, released: threading.Event) -> np.ndarray | None:
        self.job = f"job {len(self.asked)}"
        self._interrupted.clear()
        self.counts["started"] += 1
        picture = self._paint(asked, fault)
        self.preview = picture[::8, ::8]
        interrupted = self._work(fault, released)
        self.counts["finished"] += 1
        self.job, self.preview, self.progress = "", None, 0.0
        if interrupted:
            # A half-done picture, as it stood when it was stopped.
            return (picture // 2 + 60).astype(np.uint8)
        return picture

    def _work(self, fault: str, released: threading.Event) -> bool:
        if fault == "hang":
            self.progress = 0.3
            while not (released.wait(0.01) or self._interrupted.is_set()):
                pass
            return self._interrupted.is_set()
        end = time.monotonic() + self.seconds
        while (left := end - time.monotonic()) > 0:
            done = 1 - left / self.seconds
            self.progress = max(0.01, int(done * STEPS_SEEN) / STEPS_SEEN)
            if self._interrupted.wait(min(left, self.seconds / STEPS_SEEN)):
                return True
        return False

    def _paint(self, asked: dict, fault: str) -> np.ndarray:
        width, height = self.kind.size(asked["width"], asked["height"])
        init = self._init(asked, width, height)
        if init is None:
            return paint(asked, width, height)
        if fault == "init ignored":
            return paint(asked | {"prompt": "something else"}, width, height)
        free = self._free(asked, width, height, fault)
        exact = self.kind.keeps_locked_pixels and fault != "lock blurred"
        picture = repaint(asked, init, free, exact)
        if fault == "product grown" and asked["denoising_strength"] > 0.3:
            picture = grow(picture, init, free)
        if fault == "washed out":
            picture = (picture * 0.85 + 30).astype(np.uint8)
        return picture

    def _init(self, asked: dict, width: int, height: int) -> np.ndarray | None:
        images = asked.get("init_images")
        if not images:
            if "init_images" in asked and self.kind.init_missing != 200:
                raise Refusal(self.kind.init_missing, "Init image not found")
            return None
        try:
            picture = read_picture(images[0])
        except (ValueError, OSError):
            if self.kind.init_missing != 200:
                raise Refusal(500, "Invalid encoded image") from None
            return None
        if self.kind.up and picture.mode not in ("RGB", "RGBA", "P"):
            return None
        resized = picture.convert("RGB").resize((width, height))
        return np.asarray(resized)

    def _free(self, asked: dict, width: int, height: int, fault: str) -> np.ndarray:
        """Where to repaint: float (height, width), 0 or 1, blurred where that was asked for."""
        if not asked.get("mask") or fault == "mask ignored":
            return np.ones((height, width), np.float32)
        picture = read_picture(asked["mask"]).resize((width, height))
        if self.kind.alpha_masks and picture.mode == "RGBA":
            picture = picture.getchannel("A")
        white = np.asarray(picture.convert("L")) >= 128
        inverted = bool(asked.get("inpainting_mask_invert", 0)) ^ (fault == "polarity inverted")
        free = (~white if inverted else white).astype(np.float32)
        sigma = asked.get("mask_blur", 4) if self.kind.keeps_locked_pixels else 0
        if fault == "lock blurred":
            sigma = 4
        return np.minimum(1, 2 * cv2.GaussianBlur(free, (0, 0), sigma)) if sigma else free


def progress_of(queue: DrawingQueue) -> dict[str, Any]:
    """The body of /progress."""
    state = {
        "job": queue.job,
        "job_count": int(bool(queue.job)),
        "job_timestamp": queue.job,
        "sampling_step": int(queue.progress * STEPS_SEEN),
        "sampling_steps": STEPS_SEEN,
    }
    return {"progress": queue.progress, "eta_relative": 0.0, "state": state}
