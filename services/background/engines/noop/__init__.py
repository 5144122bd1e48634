"""The noop engine: returns a ready grainy image, to measure everything around an engine."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.background.engine import BackgroundRequest, BackgroundResult
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.guards.cancellation import sleep_while_active
from services.runtime.limits import BACKGROUND_SIDES

# The ramp's first and last gray level, within the range of a well exposed photo.
RAMP_LEVELS = 60, 200
# Standard deviation of the noise, in levels. Larger: more bytes per encoded image.
NOISE_SIGMA = 4


class NoopBackground:
    """Returns a part of one image after a pause.

    The image has the grain of a photo, so that it takes encoders as long as one.
    """

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        """Creates the image; seconds: how long `generate` pauses."""
        self._seconds = seconds
        self._image = create_grainy_image(BACKGROUND_SIDES[1])

    def generate(self, request: BackgroundRequest) -> Iterator[EngineProgress | BackgroundResult]:
        """Yields progress, pauses, then yields the upper left part of the image as the background.

        request: only its size is used, width and height in pixels.
        """
        yield EngineProgress(fraction=0.0)
        sleep_while_active(self._seconds)
        pixels = np.ascontiguousarray(self._image[: request.height, : request.width])
        yield BackgroundResult(pixels, scene=None, origin="a placeholder; no picture was made")


def create_grainy_image(side: int) -> np.ndarray:
    """Creates a vertical ramp of gray with noise like a camera's; equal sides give equal pixels.

    side: of the square image in pixels. Returns uint8 RGB (side, side, 3).
    """
    first_level, last_level = RAMP_LEVELS
    ramp = np.linspace(first_level, last_level, side, dtype=np.float32)[:, None, None]
    noise = np.random.default_rng(0).normal(0, NOISE_SIGMA, (side, side, 3)).astype(np.float32)
    # Blurring makes the noise as coarse as that of a photo.
    return np.clip(ramp + cv2.blur(noise, (2, 2)), 0, 255).astype(np.uint8)
