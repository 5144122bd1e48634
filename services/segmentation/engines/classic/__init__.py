"""Segments products by colors, outlines and agreement of several cuts; needs no network."""

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from services.runtime.engines import EngineTraits
from services.segmentation.coarse import CoarseCut, cut_coarsely
from services.segmentation.cutout import create_cutout, sharpen_mask
from services.segmentation.engine import (
    ProductEstimate,
    SegmentationPrompt,
    SegmentationResult,
)
from services.segmentation.network import SegmentationNetwork
from services.segmentation.prompting import segment_with_prompt


class ClassicSegmentation:
    """Segments by color, with identical results on any number of threads."""

    name = "classic"
    traits = EngineTraits()

    def __init__(
        self, threads: int | None = None, network: SegmentationNetwork | None = None
    ) -> None:
        """Starts threads for independent cuts.

        threads: how many; None for one per available CPU core.
        network: whose probability serves as a prior; without one it works by colors alone.
        """
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))
        self._network = network
        self.version = f"6-opencv{cv2.__version__}" + (f"-{network.version}" if network else "")

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3), by colors and outlines.

        Returns the cut-out, uint8 RGBA (h, w, 4), with its bounds in the photo, confidence and
        warnings.

        prompt: where the product is and how to cut it out. A mask is used as it is, except for its
        edge; a box limits the search; points correct what is found.

        Raises ProductNotFound if no product stands out.
        """
        return segment_with_prompt(photo, prompt, self._find_product, self._estimate_product)

    def _find_product(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3).

        prompt: only its box_share, edge and max_side are used.

        Raises ProductNotFound if no product stands out.
        """
        coarse = self._cut_coarsely(photo, prompt)
        cutout, bounds = create_cutout(
            photo,
            coarse.mask,
            prompt.max_side,
            trusted=coarse.on_plain_background,
            fine=prompt.has_fine_edge,
        )
        return SegmentationResult(cutout, bounds, coarse.confidence, coarse.warnings)

    def _estimate_product(self, photo: np.ndarray, prompt: SegmentationPrompt) -> ProductEstimate:
        """Estimates where the product is in a photo, uint8 RGB (H, W, 3).

        prompt: only its box_share is used.

        Raises ProductNotFound if no product stands out.
        """
        coarse = self._cut_coarsely(photo, prompt)
        probability = sharpen_mask(photo, coarse.mask, trusted=coarse.on_plain_background)
        return ProductEstimate(probability, coarse.confidence, coarse.warnings)

    def _cut_coarsely(self, photo: np.ndarray, prompt: SegmentationPrompt) -> CoarseCut:
        """Finds the product in a photo, uint8 RGB (H, W, 3), by the network too if there is one.

        prompt: only its box_share is used.

        Raises ProductNotFound if no product stands out.
        """
        prior = self._network.estimate_probability(photo) if self._network else None
        return cut_coarsely(photo, prompt.box_share, self._pool.map, prior)
