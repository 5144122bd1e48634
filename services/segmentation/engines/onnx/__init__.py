"""Segments products with a small network for salient objects or mattes, run by onnxruntime."""

import numpy as np

from services.runtime.engines import EngineTraits
from services.runtime.errors import ProductNotFound
from services.segmentation.coarse import (
    MAX_PRODUCT_SHARE,
    MIN_PRODUCT_SHARE,
    NOT_FOUND,
    create_confidence_warnings,
)
from services.segmentation.cutout import create_soft_cutout
from services.segmentation.doubtful_parts import add_doubtful_parts
from services.segmentation.engine import (
    ProductEstimate,
    SegmentationPrompt,
    SegmentationResult,
)
from services.segmentation.looks import PRODUCT_PROBABILITY, look_twice
from services.segmentation.network import SegmentationNetwork
from services.segmentation.prompting import segment_with_prompt


class OnnxSegmentation:
    """Segments with one network, with identical results on any number of threads."""

    name = "onnx"
    traits = EngineTraits()

    def __init__(self, network: SegmentationNetwork) -> None:
        self._network = network
        self.version = f"6-{network.version}"

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3), by the network's probability.

        Returns the cut-out, uint8 RGBA (h, w, 4), with its bounds in the photo, confidence and
        warnings.

        prompt: where the product is and how to cut it out. A mask is used as it is, except for its
        edge; a box limits the search; points correct what is found.

        Raises ProductNotFound if no product stands out.
        """
        return segment_with_prompt(photo, prompt, self._find_product, self._estimate_product)

    def model(self) -> str:
        """Returns the name of the network's card."""
        return self._network.card.name

    def _find_product(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3).

        prompt: only its edge and max_side are used.

        Raises ProductNotFound if no product stands out.
        """
        estimate = self._estimate_product(photo, prompt)
        cutout, bounds = create_soft_cutout(
            photo, estimate.probability, prompt.max_side, fine=prompt.has_fine_edge
        )
        return SegmentationResult(cutout, bounds, estimate.confidence, estimate.warnings)

    def _estimate_product(self, photo: np.ndarray, _: SegmentationPrompt) -> ProductEstimate:
        """Estimates where the product is in a photo, uint8 RGB (H, W, 3).

        Raises ProductNotFound if no product stands out.
        """
        looks = look_twice(photo, self._network.estimate_probability)
        probability = add_doubtful_parts(photo, looks)
        is_product = probability > PRODUCT_PROBABILITY
        if not MIN_PRODUCT_SHARE <= is_product.mean() <= MAX_PRODUCT_SHARE:
            raise ProductNotFound(NOT_FOUND)
        confidence = float(probability[is_product].mean())
        return ProductEstimate(probability, confidence, create_confidence_warnings(confidence))
