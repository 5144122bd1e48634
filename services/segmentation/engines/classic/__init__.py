"""Segments products without a trained model: by colors, outlines and agreement of several cuts."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, widen_box
from services.runtime.engines import EngineTraits
from services.runtime.errors import EngineNotReady
from services.segmentation.coarse import cut_coarsely
from services.segmentation.cutout import create_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult

# Margin around a prompting box, as a share of its longer side, from which the background's colors
# are learned. Larger: more of it is known, but other objects enter the picture.
BOX_MARGIN = 0.12

POINTS_UNSUPPORTED = (
    "engine classic takes no points; send a box or a rough mask, or have the service run engine sam"
)


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
        if prompt.points:
            raise EngineNotReady(POINTS_UNSUPPORTED)
        if prompt.mask is not None:
            cutout, bounds = create_cutout(
                photo, prompt.mask, prompt.max_side, fine=prompt.has_fine_edge
            )
            return SegmentationResult(cutout, bounds, confidence=1.0)
        if prompt.box is not None:
            return self._segment_in_box(photo, prompt, prompt.box)
        coarse = cut_coarsely(photo, prompt.box_share, self._pool.map)
        cutout, bounds = create_cutout(
            photo,
            coarse.mask,
            prompt.max_side,
            trusted=coarse.on_plain_background,
            fine=prompt.has_fine_edge,
        )
        return SegmentationResult(cutout, bounds, coarse.confidence, coarse.warnings)

    def _segment_in_box(
        self, photo: np.ndarray, prompt: SegmentationPrompt, box: Box
    ) -> SegmentationResult:
        """Cuts the product out of the part of the photo in a box and a margin around it.

        The bounds in the result are in pixels of the whole photo.

        photo: uint8 RGB (H, W, 3). prompt: how to cut; its own box is ignored.
        box: x, y, width, height in pixels of the photo.
        """
        height, width = photo.shape[:2]
        crop_box = widen_box(box, BOX_MARGIN * max(box[2:]), height, width)
        crop = np.ascontiguousarray(crop_to_box(photo, crop_box))
        result = self.segment(crop, replace(prompt, box=None))
        crop_x, crop_y, _, _ = crop_box
        x, y, across, down = result.bounds
        return replace(result, bounds=(x + crop_x, y + crop_y, across, down))
