"""Cuts products out without a trained model: by colours, outlines and agreement."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, widen_box
from services.runtime.engines import EngineTraits
from services.runtime.errors import EngineNotReady
from services.segmentation.coarse import find_coarse
from services.segmentation.cutout import cut_out
from services.segmentation.engine import Finding, Prompt

# Surroundings beyond a prompting box, as a share of its longer side: what tells the backdrop.
AROUND_BOX = 0.12

NO_POINTS = (
    "engine classic takes no points; send a box or a rough mask, or have the service run engine sam"
)


class Classic:
    """Needs no weights; the same photo gives the same bytes on any number of threads."""

    name = "classic"
    version = f"1-opencv{cv2.__version__}"
    traits = EngineTraits()

    def __init__(self, threads: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises ProductNotFound if it has none."""
        if prompt.points:
            raise EngineNotReady(NO_POINTS)
        if prompt.mask is not None:
            return Finding(*cut_out(photo, prompt.mask, prompt.max_side, fine=prompt.fine), 1.0)
        if prompt.box is not None:
            return self._find_in_box(photo, prompt, prompt.box)
        coarse = find_coarse(photo, prompt.box_share, self._pool.map)
        cutout, bounds = cut_out(
            photo, coarse.mask, prompt.max_side, trusted=coarse.plain, fine=prompt.fine
        )
        return Finding(cutout, bounds, coarse.confidence, coarse.warnings)

    def _find_in_box(self, photo: np.ndarray, prompt: Prompt, box: Box) -> Finding:
        around = widen_box(box, AROUND_BOX * max(box[2:]), *photo.shape[:2])
        part = np.ascontiguousarray(crop_to_box(photo, around))
        found = self.find(part, replace(prompt, box=None))
        x, y, width, height = found.bounds
        return replace(found, bounds=(x + around[0], y + around[1], width, height))
