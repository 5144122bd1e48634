"""Segments products with Meta's Segment Anything, prompted with a centered box by default.

A. Kirillov et al.: "Segment Anything", ICCV 2023.
"""

from pathlib import Path

import numpy as np

from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.errors import ProductNotFound
from services.segmentation.cache import ByteLimitedCache
from services.segmentation.cleaning import clean_mask
from services.segmentation.coarse import CoarseCut, cut_coarsely
from services.segmentation.cutout import create_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.engines.sam.model import ENCODED_SIDE, SamModel
from services.segmentation.engines.sam.selection import rank_masks
from services.segmentation.network import SegmentationNetwork
from services.segmentation.prompting import segment_along_mask
from services.segmentation.scale import shrink_to_side

# The least area of a part of the product, as a share of the largest part's. Larger: fewer crumbs,
# but small parts are lost.
MIN_PART_SHARE = 0.02
# Score from which on no warning is added. Larger: more warnings.
CONFIDENT_SCORE = 0.7
# Memory for coarse masks of recent photos, 16 MiB: about 200 of them, each 320 pixels long.
COARSE_CACHE_BYTES = 16 * 2**20

NOT_FOUND = (
    "the model found no product in this photo; send one with the whole product in the middle, or "
    "ask for the engine classic"
)
DOUBT = "none of the masks of sam could be trusted"
UNSURE_WARNING = EngineWarning(
    "LOW_CONFIDENCE",
    "the model is not sure of this mask; check the cut-out, send a box around the product, or "
    "photograph it in the middle of a plain background",
)


class SamSegmentation:
    """Segments with Segment Anything and the weights in a checkpoint file."""

    name = "sam"
    traits = EngineTraits()

    def __init__(
        self,
        checkpoint: Path,
        precision: str = "auto",
        threads: int | None = None,
        embedding_bytes: int = 0,
        network: SegmentationNetwork | None = None,
    ) -> None:
        """Loads the weights in a checkpoint; raises EngineNotReady if the file is none.

        precision: of the image encoder, "float32", "bfloat16" or "auto".
        threads: of the CPU, None for all cores.
        embedding_bytes: memory for the encoded form of recent photos, which saves encoding again.
        network: whose probability is evidence for the choice among masks; None for none.
        """
        self._model_name = checkpoint.stem
        self._model = SamModel(checkpoint, precision, threads, embedding_bytes)
        self._network = network
        self._coarse_cuts: ByteLimitedCache[CoarseCut] = ByteLimitedCache(COARSE_CACHE_BYTES)
        self.version = self._model.version

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3), with the model's best mask.

        Returns the cut-out, uint8 RGBA (h, w, 4), its bounds in the photo, and the masks that were
        candidates. The result's `doubt` is set if another engine should rather be tried.

        prompt: where the product is and how to cut it out.

        Raises ProductNotFound if no mask can be a product.
        """
        if prompt.has_mask_edge:
            return segment_along_mask(photo, prompt)
        embedding = self._model.embed_photo(photo)
        known = self._find_known_product(photo, prompt, embedding.key)
        candidates = rank_masks(self._model, photo, embedding, prompt, known)
        best = candidates[0]
        # A score of 0 means that no mask can be a product.
        if not best.score:
            raise ProductNotFound(NOT_FOUND)
        height, width = shrink_to_side(photo, ENCODED_SIDE).shape[:2]
        logits = self._model.upsample_logits(best.logits, embedding, (height, width))
        mask = probability_from_logits(logits)
        cutout, bounds = create_cutout(photo, mask, prompt.max_side, fine=prompt.has_fine_edge)
        return SegmentationResult(
            cutout,
            bounds,
            confidence=best.score,
            warnings=() if best.score >= CONFIDENT_SCORE else (UNSURE_WARNING,),
            candidates=tuple(candidate.scores for candidate in candidates),
            doubt="" if best.is_trusted else DOUBT,
        )

    def model(self) -> str:
        """Returns the name of the checkpoint file without its ending."""
        return self._model_name

    def _find_known_product(
        self, photo: np.ndarray, prompt: SegmentationPrompt, key: bytes
    ) -> CoarseCut | None:
        """Returns what is known of the product without the model, to compare its masks with.

        This is the caller's mask, or else a coarse cut by colors and a network; None for
        prompts of a box or points, and if the coarse cut finds nothing.

        photo: uint8 RGB (H, W, 3). prompt: the caller's.
        key: hash of the photo's pixels, under which coarse cuts are cached.
        """
        if prompt.mask is not None:
            return CoarseCut(prompt.mask, confidence=1.0, warnings=(), on_plain_background=False)
        if prompt.box is not None or prompt.points:
            return None
        box_share = prompt.box_share
        try:
            return self._coarse_cuts.get_or_compute(
                key + repr(box_share).encode(), lambda: self._cut_coarsely(photo, box_share)
            )
        except ProductNotFound:
            return None

    def _cut_coarsely(self, photo: np.ndarray, box_share: float) -> CoarseCut:
        """Cuts coarsely by color, and by a network's probability where there is one.

        photo: uint8 RGB (H, W, 3). box_share: of each side that the centered box covers, 0 to 1.

        Raises ProductNotFound if nothing stands out.
        """
        prior = self._network.estimate_probability(photo) if self._network else None
        return cut_coarsely(photo, box_share, prior=prior)


def probability_from_logits(logits: np.ndarray) -> np.ndarray:
    """Returns the probability that each pixel shows the product: float32 (h, w), 0 to 1.

    It becomes 0 in stray parts of the mask, and 1 in pinholes.

    logits: of the model's mask, float32 (h, w), above 0 where it sees product.
    """
    probability = 1 / (1 + np.exp(-logits))
    mask = logits > 0
    cleaned = clean_mask(mask, MIN_PART_SHARE)
    with_pinholes_closed = np.where(mask, probability, 1)
    without_stray_parts = np.where(mask, 0, probability)
    return np.where(cleaned, with_pinholes_closed, without_stray_parts).astype(np.float32)
