"""Takes the whole photo for the product: measures everything around the work."""

import numpy as np

from services.imaging.mask import OPAQUE_ALPHA
from services.runtime.engines import EngineTraits
from services.runtime.guards.cancellation import sleep_while_active
from services.segmentation.engine import Finding, Prompt
from services.segmentation.scale import fit_rgba_within


class Noop:
    """Cuts nothing off, after a pause of so many seconds."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        sleep_while_active(self._seconds)
        height, width = photo.shape[:2]
        whole = np.empty((height, width, 4), np.uint8)
        whole[..., :3], whole[..., 3] = photo, OPAQUE_ALPHA
        return Finding(fit_rgba_within(whole, prompt.max_side), (0, 0, width, height), 1.0)
