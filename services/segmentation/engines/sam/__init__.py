"""Meta's Segment Anything, prompted with one centred box.

A. Kirillov et al.: "Segment Anything", ICCV 2023.
"""

import threading
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from services.runtime.engines import Notice
from services.runtime.errors import NothingFound
from services.segmentation.choosing import choose_mask
from services.segmentation.cleaning import clean
from services.segmentation.cutout import cut_out
from services.segmentation.engine import Finding, Prompt
from services.segmentation.engines.sam.package import import_package, load_model
from services.segmentation.scale import fit_within

# The model scales every photo to this side, so no more of it is ever looked at.
SIDE = 1024
LEAST_PART = 0.02
SURE = 0.8

NOTHING = (
    "the model found no product in this photo; send one with the whole product in the middle, or "
    "ask for the engine classic"
)
UNSURE = Notice(
    "LOW_CONFIDENCE",
    "the model is not sure of this mask; check the cut-out, or photograph the product in the "
    "middle of a plain backdrop",
)


class Sam:
    """Runs vit_b, vit_l or vit_h, whichever the checkpoint holds, on a GPU where there is one.

    Raises EngineNotReady when the file is no checkpoint. One photo is at work at a time: the model
    keeps all cores busy.
    """

    name = "sam"

    def __init__(self, checkpoint: Path) -> None:
        model_name, model = load_model(checkpoint)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.version = f"{version('segment-anything')}-{model_name}-torch{torch.__version__}"
        self._predictor = import_package().SamPredictor(model.to(device))
        self._at_work = threading.Lock()

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises NothingFound when there is none."""
        small = fit_within(photo, SIDE)
        masks, scores = self.ask(small, centered_box(*small.shape[:2], prompt.box_share))
        chosen = choose_mask(small, masks, scores)
        if chosen is None:
            raise NothingFound(NOTHING)
        mask, score = chosen
        cutout, bounds = cut_out(photo, clean(mask, LEAST_PART), prompt.max_side, fine=prompt.fine)
        return Finding(cutout, bounds, score, () if score >= SURE else (UNSURE,))

    def ask(self, photo: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Three masks, bool (3, h, w), and the IoU that the model predicts for each."""
        with self._at_work, torch.inference_mode():
            self._predictor.set_image(photo)
            masks, scores, _ = self._predictor.predict(box=box, multimask_output=True)
            self._predictor.reset_image()
        return masks, scores


def centered_box(height: int, width: int, share: float) -> np.ndarray:
    """The box that covers `share` of each side: float (4,), left, top, right, bottom in pixels."""
    across, down = width * (1 - share) / 2, height * (1 - share) / 2
    return np.array([across, down, width - across, height - down])
