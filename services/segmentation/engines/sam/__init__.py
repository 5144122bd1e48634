"""Meta's Segment Anything, prompted with one centered box unless the caller knows better.

A. Kirillov et al.: "Segment Anything", ICCV 2023.
"""

from pathlib import Path

import numpy as np

from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.errors import ProductNotFound
from services.segmentation.cleaning import clean
from services.segmentation.coarse import Coarse, find_coarse
from services.segmentation.cutout import cut_out
from services.segmentation.engine import Finding, Prompt
from services.segmentation.engines.sam.choosing import choose
from services.segmentation.engines.sam.model import SIDE, Model
from services.segmentation.engines.sam.recent import Recent
from services.segmentation.scale import fit_within

LEAST_PART = 0.02
SURE = 0.7
COARSE_BYTES = 16 * 2**20

NOTHING = (
    "the model found no product in this photo; send one with the whole product in the middle, or "
    "ask for the engine classic"
)
DOUBT = "none of the masks of sam could be trusted"
UNSURE = EngineWarning(
    "LOW_CONFIDENCE",
    "the model is not sure of this mask; check the cut-out, send a box around the product, or "
    "photograph it in the middle of a plain backdrop",
)


class Sam:
    """Runs the weights in a checkpoint; see Model for the rest of the parameters."""

    name = "sam"
    traits = EngineTraits()

    def __init__(self, checkpoint: Path, **how) -> None:
        self._model_name = checkpoint.stem
        self._model = Model(checkpoint, **how)
        self._coarse: Recent[Coarse] = Recent(COARSE_BYTES)
        self.version = self._model.version

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises ProductNotFound if it has none."""
        embedding = self._model.embed(photo)
        known = self._known(photo, prompt, embedding.key)
        candidates = choose(self._model, photo, embedding, prompt, known)
        best = candidates[0]
        if not best.score:
            raise ProductNotFound(NOTHING)
        size = fit_within(photo, SIDE).shape[:2]
        logits = self._model.enlarge(best.logits, embedding, size)
        cutout, bounds = cut_out(photo, product_of(logits), prompt.max_side, fine=prompt.fine)
        warnings = () if best.score >= SURE else (UNSURE,)
        scores = tuple(each.scores for each in candidates)
        # Only a model knows what to make of points.
        doubt = "" if best.trusted or prompt.points else DOUBT
        return Finding(cutout, bounds, best.score, warnings, scores, doubt)

    def model(self) -> str:
        return self._model_name

    def _known(self, photo: np.ndarray, prompt: Prompt, key: bytes) -> Coarse | None:
        """What can be told without the model: from the caller's mask, else from the photo."""
        if prompt.mask is not None:
            return Coarse(prompt.mask, 1.0, (), plain=False)
        if prompt.box is not None or prompt.points:
            return None
        try:
            share = prompt.box_share
            return self._coarse.get(key + repr(share).encode(), lambda: find_coarse(photo, share))
        except ProductNotFound:
            return None


def product_of(logits: np.ndarray) -> np.ndarray:
    """How surely each pixel is product, float32 (h, w), 0 to 1, without crumbs and pin holes."""
    share = 1 / (1 + np.exp(-logits))
    mask = logits > 0
    cleaned = clean(mask, LEAST_PART)
    return np.where(cleaned, np.where(mask, share, 1), np.where(mask, 0, share)).astype(np.float32)
