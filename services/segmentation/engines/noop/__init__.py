"""Returns the whole photo as the product, to measure everything except segmentation."""

import cv2
import numpy as np

from services.imaging.resizing import fit_size
from services.runtime.engines import EngineTraits
from services.runtime.guards.cancellation import sleep_while_active
from services.segmentation.engine import SegmentationPrompt, SegmentationResult


class NoopSegmentation:
    """Returns the whole photo as the product after a delay, for measurements and tests."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, delay_seconds: float = 0.0) -> None:
        self._delay_seconds = delay_seconds

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Returns the whole photo as if it were the product, after the engine's delay.

        photo: uint8 RGB (H, W, 3); the cut-out is opaque uint8 RGBA (h, w, 4). prompt: only its
        max_side is used, the longest side of the cut-out in pixels; a larger one is scaled down.
        """
        sleep_while_active(self._delay_seconds)
        height, width = photo.shape[:2]
        # The fastest way: what this engine computes is measured as if it were not the engine.
        small_height, small_width = fit_size(photo.shape, prompt.max_side)
        small = cv2.resize(photo, (small_width, small_height), interpolation=cv2.INTER_NEAREST)
        cutout = cv2.cvtColor(small, cv2.COLOR_RGB2RGBA)
        return SegmentationResult(cutout, (0, 0, width, height), confidence=1.0, is_certain=True)
