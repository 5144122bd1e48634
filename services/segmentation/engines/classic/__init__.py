"""Segments products without a trained model: by colors, outlines and agreement of several cuts."""

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from services.runtime.engines import EngineTraits
from services.segmentation.coarse import cut_coarsely
from services.segmentation.cutout import create_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.prompting import segment_with_prompt


class ClassicSegmentation:
    """Segments without weights, with identical results on any number of threads."""

    name = "classic"
    version = f"1-opencv{cv2.__version__}"
    traits = EngineTraits()

    def __init__(self, threads: int | None = None) -> None:
        """Starts `threads` threads for independent cuts; None: one per available CPU core."""
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3), by colors and outlines.

        Returns the cut-out, uint8 RGBA (h, w, 4), with its bounds in the photo, confidence and
        warnings.

        prompt: where the product is and how to cut it out. A mask is used as it is, except for its
        edge; a box limits the search.

        Raises ProductNotFound if no product stands out, and EngineNotReady for a prompt of points.
        """
        return segment_with_prompt(photo, prompt, self._find_product)

    def _find_product(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo, uint8 RGB (H, W, 3).

        prompt: only its box_share, edge and max_side are used.

        Raises ProductNotFound if no product stands out.
        """
        coarse = cut_coarsely(photo, prompt.box_share, self._pool.map)
        cutout, bounds = create_cutout(
            photo,
            coarse.mask,
            prompt.max_side,
            trusted=coarse.on_plain_background,
            fine=prompt.has_fine_edge,
        )
        return SegmentationResult(cutout, bounds, coarse.confidence, coarse.warnings)
