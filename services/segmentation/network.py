"""Runs a segmentation network in an ONNX file as its card says: photo in, probability out.

onnxruntime is imported when a network is opened, since no other engine needs it.
"""

import hashlib
import importlib
import os
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from services.runtime.errors import EngineNotReady, OutOfMemory
from services.runtime.guards.cancellation import check_active
from services.segmentation.cache import ByteLimitedCache
from services.segmentation.cards import NetworkCard

# Best first; onnxruntime offers those that its build has.
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
# Memory grows by what a run needs and no more; the default doubles it each time.
CUDA_OPTIONS = {"arena_extend_strategy": "kSameAsRequested"}
# Types of the input that a network may have, by onnxruntime's names.
INPUT_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
# How far rounding may take a probability out of 0 to 1.
ROUNDING = 1e-3
# Of a mask, (1, 1, height, width): number of photos, channels and size.
MASK_DIMENSIONS = 4
# Memory for the output of recent photos, 16 MiB: 40 maps of 320 x 320. Engines, their fallbacks and
# the confidence of a cut-out look at the same photo.
CACHE_BYTES = 16 * 2**20
# Errors only, severity 3: a warning per unused weight helps no operator.
LOG_ERRORS_ONLY = 3
# Digits of the file's SHA-256 in the version, as many as name a commit.
HASH_DIGITS = 8


class SegmentationNetwork:
    """A network that estimates which pixels show the product. Safe to call from several threads."""

    def __init__(self, card: NetworkCard, path: Path, threads: int | None = None) -> None:
        """Opens the file of a network, on a GPU if onnxruntime has a build for it, and tries it.

        card: what its input and output are. path: of the file.
        threads: of the CPU for one photo, None for all available cores; results do not depend on
        it.

        Raises EngineNotReady if the file is missing, is another one than the card says or does not
        fit the card, and if onnxruntime is not installed.
        """
        self.card = card
        digest = _check_file(card, path)
        cores = len(os.sched_getaffinity(0))
        threads = threads or cores
        # Each run needs memory of its own, so that only as many run at a time as occupy all cores.
        self._slots = threading.BoundedSemaphore(max(1, cores // threads))
        runtime = _import_onnxruntime()
        self._session = _open_session(runtime, path, threads)
        # Other devices and releases of onnxruntime round differently.
        provider = self._session.get_providers()[0].removesuffix("ExecutionProvider").lower()
        self.version = (
            f"{card.name}-{digest[:HASH_DIGITS]}-onnxruntime{runtime.__version__}-{provider}"
        )
        self._cache: ByteLimitedCache[np.ndarray] = ByteLimitedCache(CACHE_BYTES)
        self._input_name, self._input_type = self._check_input()
        self._output_name = self._check_output_index()
        self._check_output()

    def estimate_probability(self, photo: np.ndarray) -> np.ndarray:
        """Estimates which pixels show the product: float32 (h, w), 0 to 1, of the network's size.

        The values are the network's own, not stretched to the full range: on a photo without a
        product all of them are low.

        photo: uint8 RGB (H, W, 3) of any size.

        Raises CallCancelled if the caller no longer waits.
        """
        values = self._run(photo)[0, 0]
        if self.card.output.kind == "logit":
            # Beyond 80 the probability is 0 or 1 in float32, and exp would overflow.
            values = 1 / (1 + np.exp(-values.clip(-80, 80)))
        return np.clip(values, 0, 1)

    def _run(self, photo: np.ndarray) -> np.ndarray:
        """Returns the network's output for a photo, uint8 RGB (H, W, 3), as it is, but float32.

        The outputs for recent photos are cached. Raises what _compute raises.
        """
        check_active()
        pixels = prepare_photo(photo, self.card).astype(self._input_type)
        check_active()
        return self._cache.get_or_compute(
            hashlib.sha256(pixels.tobytes()).digest(), lambda: self._compute(pixels)
        )

    def _compute(self, pixels: np.ndarray) -> np.ndarray:
        """Returns the network's output, float32, for pixels of its input's shape and dtype.

        Raises CallCancelled if the caller no longer waits, OutOfMemory and EngineNotReady.
        """
        with self._slots:
            check_active()
            try:
                (output,) = self._session.run([self._output_name], {self._input_name: pixels})
            # onnxruntime's errors have no common class but Exception.
            except Exception as error:
                raise _translate_run_error(error, self.card) from error
            check_active()
        return np.asarray(output, np.float32)

    def _check_input(self) -> tuple[str, Any]:
        """Returns name and dtype of the network's input; raises EngineNotReady if it has others.

        It has to be one picture of the card's size, or of any.
        """
        inputs = self._session.get_inputs()
        expected = [1, 3, self.card.input.height, self.card.input.width]
        fits = len(inputs) == 1 and _is_shape(inputs[0].shape, expected)
        if not fits or inputs[0].type not in INPUT_TYPES:
            found = ", ".join(f"{each.type} {each.shape}" for each in inputs)
            raise EngineNotReady(
                f"{self.card.file} takes {found}, but its card says tensor(float) {expected}; "
                "correct the card's input"
            )
        return inputs[0].name, INPUT_TYPES[inputs[0].type]

    def _check_output_index(self) -> str:
        """Returns the name of the output that the card means; raises EngineNotReady without it."""
        names = [output.name for output in self._session.get_outputs()]
        try:
            return names[self.card.output.index]
        except IndexError:
            raise EngineNotReady(
                f"{self.card.file} has {len(names)} outputs, but its card says output.index = "
                f"{self.card.output.index}; correct the card"
            ) from None

    def _check_output(self) -> None:
        """Runs the network once; raises EngineNotReady unless it returns what the card says."""
        values = self._run(draw_trial_photo())
        if values.ndim != MASK_DIMENSIONS or values.shape[:2] != (1, 1):
            raise EngineNotReady(
                f"{self.card.file} returns {list(values.shape)} and not one mask, [1, 1, height, "
                "width]; correct the card's output.index"
            )
        is_probability = bool(values.min() >= -ROUNDING and values.max() <= 1 + ROUNDING)
        if is_probability != (self.card.output.kind == "probability"):
            kind = "probability" if is_probability else "logit"
            raise EngineNotReady(
                f"{self.card.file} returns values from {values.min():.2f} to {values.max():.2f}; "
                f'write kind = "{kind}" in the output of its card'
            )


def prepare_photo(photo: np.ndarray, card: NetworkCard) -> np.ndarray:
    """Turns a photo, uint8 RGB (H, W, 3), into a network's input, float32 (1, 3, h, w).

    card: of the network, with the size h x w, to which the photo is stretched.
    """
    size = (card.input.width, card.input.height)
    shrinks = photo.shape[0] > size[1] or photo.shape[1] > size[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    pixels = cv2.resize(photo, size, interpolation=method).astype(np.float32)
    is_relative = card.input.divide_by == "maximum"
    # A black photo has the maximum 0.
    divisor = max(float(pixels.max()), 1.0) if is_relative else float(card.input.divide_by)
    mean, deviation = (np.array(each, np.float32) for each in (card.input.mean, card.input.std))
    pixels = (pixels / divisor - mean) / deviation
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)


def draw_trial_photo() -> np.ndarray:
    """Draws a dark disc on a light ground, uint8 RGB (64, 64, 3), on which networks are tried."""
    photo = np.full((64, 64, 3), 230, np.uint8)
    # Center, radius and color; -1 fills the disc.
    return cv2.circle(photo, (32, 32), 18, (40, 60, 90), -1)


def _check_file(card: NetworkCard, path: Path) -> str:
    """Returns the SHA-256 of a network's file as hexadecimal digits.

    Raises EngineNotReady if the file is missing or is another one than its card says.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise EngineNotReady(
            f"there is no {card.file} in the folder for models; {card.source}"
        ) from None
    except OSError as error:
        raise EngineNotReady(f"{card.file} cannot be read: {error.strerror}") from error
    if card.sha256 and found != card.sha256:
        raise EngineNotReady(
            f"{card.file} is corrupt or another file than its card says; delete it, then get it "
            f"again: {card.source}"
        )
    return found


def _import_onnxruntime() -> ModuleType:
    """Imports and returns onnxruntime, with its telemetry off.

    Raises EngineNotReady if it is not installed.
    """
    # It reads this when it is loaded, and would otherwise report to its vendor.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        return importlib.import_module("onnxruntime")
    except ModuleNotFoundError:
        text = "onnxruntime is not installed; install the extra segmentation"
        raise EngineNotReady(text) from None


def _open_session(runtime: ModuleType, path: Path, threads: int) -> Any:
    """Opens an ONNX file as an InferenceSession with bounded memory.

    runtime: onnxruntime. threads: of the CPU; they sleep while they wait.

    Raises EngineNotReady if the file is no network.
    """
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Memory is returned after each run; an arena would keep the largest amount for good.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = LOG_ERRORS_ONLY
    # Threads that wait leave the cores to other calls.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    offered = runtime.get_available_providers()
    providers: list[Any] = [
        (name, CUDA_OPTIONS if name == PROVIDERS[0] else {})
        for name in PROVIDERS
        if name in offered
    ]
    try:
        return runtime.InferenceSession(path, options, providers=providers)
    # Its errors have no common class but Exception.
    except Exception as error:
        raise EngineNotReady(
            f"{path.name} is no network that onnxruntime can run; get the file again"
        ) from error


def _is_shape(shape: list[Any], expected: list[int]) -> bool:
    """Whether a network's shape, whose dimensions may be names or None for any, allows another."""
    return len(shape) == len(expected) and all(
        found == wanted or not isinstance(found, int)
        for found, wanted in zip(shape, expected, strict=True)
    )


def _translate_run_error(error: Exception, card: NetworkCard) -> Exception:
    """Returns the service's error for one of onnxruntime's, which have no common class."""
    if "memory" in str(error).lower() or "bad_alloc" in str(error):
        return OutOfMemory("the network's device")
    return EngineNotReady(f"{card.file} cannot run as its card says; correct the card or the file")
