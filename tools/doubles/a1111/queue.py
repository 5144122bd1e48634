"""The queue of the double: one image at a time, with progress, interruption and faults."""

import threading
import time
from collections import Counter
from typing import Any

import cv2
import numpy as np

from tools.doubles.a1111.kinds import ServerKind
from tools.doubles.painting import (
    grow_locked_part,
    open_base64_image,
    paint_scene,
    repaint_image,
)

# Sampling steps that /progress reports for every image.
REPORTED_STEPS = 20
# Faults of images that take until the next command.
HANGS = ("hang", "cancel fails", "connection lost")


class RequestRefused(Exception):
    """The double returns this status and text instead of an image."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class ImageQueue:
    """Generates one image at a time.

    seconds: the time for an image. control_seconds: the delay of every other response. fault: the
    fault of the next `times` images, of all if -1.
    """

    def __init__(self, kind: ServerKind, seconds: float) -> None:
        self.kind, self.seconds = kind, seconds
        self.control_seconds = 0.0
        self.fault, self.times = "", -1
        self.image_requests: list[dict] = []
        self.seconds_taken: list[float] = []
        self.counts: Counter = Counter()
        self.progress, self.preview = 0.0, None
        self.job = ""
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._interrupted, self._released = threading.Event(), threading.Event()

    def set_fault(self, fault: str, times: int) -> None:
        """Sets the fault of the next `times` images, and ends hanging requests."""
        with self._lock:
            self.fault, self.times = fault, times
            self._released.set()
            self._released = threading.Event()

    def reset(self) -> None:
        """Removes the fault, stops the requests in flight, and clears all records."""
        self.set_fault("", -1)
        self.control_seconds = 0.0
        while self.counts["in_flight"]:
            self._interrupted.set()
            time.sleep(0.01)
        with self._lock:
            self.image_requests.clear()
            self.seconds_taken.clear()
            self.counts.clear()

    def take_fault(self) -> str:
        """Returns the fault of the next image, "" for none, and counts it."""
        with self._lock:
            if not self.times:
                return ""
            self.times -= self.times > 0
            return self.fault

    def interrupt(self) -> None:
        """Stops the image in flight, also that of another client."""
        self.counts["interrupts"] += 1
        if self.job:
            self._interrupted.set()

    def generate(self, request: dict, fault: str) -> np.ndarray:
        """Waits for its turn and generates uint8 RGB (H, W, 3), darker if it was interrupted."""
        with self._lock:
            self.image_requests.append(request)
            self.counts["in_flight"] += 1
            self.counts["max_in_flight"] = max(
                self.counts["max_in_flight"], self.counts["in_flight"]
            )
            is_full = self.kind.max_queued and self.counts["in_flight"] > self.kind.max_queued
            released = self._released
        try:
            if is_full:
                raise RequestRefused(503, "server is busy")
            with self._turn:
                return self._generate(request, fault, released)
        finally:
            with self._lock:
                self.counts["in_flight"] -= 1

    def _generate(self, request: dict, fault: str, released: threading.Event) -> np.ndarray:
        self.job = f"job {len(self.image_requests)}"
        self._interrupted.clear()
        self.counts["started"] += 1
        # What an image takes includes its painting.
        end = time.monotonic() + self.seconds
        picture = self._paint(request, fault)
        self.preview = picture[::8, ::8]
        interrupted = self._wait(fault, released, end)
        self.counts["finished"] += 1
        self.job, self.preview, self.progress = "", None, 0.0
        if interrupted:
            # An unfinished image.
            return (picture // 2 + 60).astype(np.uint8)
        return picture

    def _wait(self, fault: str, released: threading.Event, end: float) -> bool:
        if fault in HANGS:
            self.progress = 0.3
            while not (released.wait(0.01) or self._interrupted.is_set()):
                pass
            return self._interrupted.is_set()
        while (left := end - time.monotonic()) > 0:
            done = 1 - left / self.seconds
            self.progress = max(0.01, int(done * REPORTED_STEPS) / REPORTED_STEPS)
            if self._interrupted.wait(min(left, self.seconds / REPORTED_STEPS)):
                return True
        return False

    def _paint(self, request: dict, fault: str) -> np.ndarray:
        width, height = self.kind.rounded_size(request["width"], request["height"])
        init = self._read_init(request, width, height)
        if init is None:
            return paint_scene(request, width, height)
        if fault == "init ignored":
            return paint_scene(request | {"prompt": "something else"}, width, height)
        free = self._read_free_mask(request, width, height, fault)
        exact = self.kind.keeps_locked_pixels and fault != "lock blurred"
        picture = repaint_image(request, init, free, exact)
        if fault == "product grown" and request["denoising_strength"] > 0.3:
            picture = grow_locked_part(picture, init, free)
        if fault == "washed out":
            picture = (picture * 0.85 + 30).astype(np.uint8)
        return picture

    def _read_init(self, request: dict, width: int, height: int) -> np.ndarray | None:
        images = request.get("init_images")
        if not images:
            if "init_images" in request and self.kind.no_init_status != 200:
                raise RequestRefused(self.kind.no_init_status, "Init image not found")
            return None
        try:
            picture = open_base64_image(images[0])
        except (ValueError, OSError):
            if self.kind.no_init_status != 200:
                raise RequestRefused(500, "Invalid encoded image") from None
            return None
        if self.kind.rounds_up and picture.mode not in ("RGB", "RGBA", "P"):
            return None
        resized = picture.convert("RGB").resize((width, height))
        return np.asarray(resized)

    def _read_free_mask(self, request: dict, width: int, height: int, fault: str) -> np.ndarray:
        """Returns where to repaint: float32 (height, width), 0 or 1, blurred if requested."""
        if not request.get("mask") or fault == "mask ignored":
            return np.ones((height, width), np.float32)
        picture = open_base64_image(request["mask"]).resize((width, height))
        if self.kind.reads_alpha_masks and picture.mode == "RGBA":
            picture = picture.getchannel("A")
        white = np.asarray(picture.convert("L")) >= 128
        inverted = bool(request.get("inpainting_mask_invert", 0)) ^ (fault == "polarity inverted")
        free = (~white if inverted else white).astype(np.float32)
        sigma = request.get("mask_blur", 4) if self.kind.keeps_locked_pixels else 0
        if fault == "lock blurred":
            sigma = 4
        return np.minimum(1, 2 * cv2.GaussianBlur(free, (0, 0), sigma)) if sigma else free


def build_progress_body(queue: ImageQueue) -> dict[str, Any]:
    """Returns the body of /progress."""
    state = {
        "job": queue.job,
        "job_count": int(bool(queue.job)),
        "job_timestamp": queue.job,
        "sampling_step": int(queue.progress * REPORTED_STEPS),
        "sampling_steps": REPORTED_STEPS,
    }
    return {"progress": queue.progress, "eta_relative": 0.0, "state": state}
