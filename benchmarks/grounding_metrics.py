"""How well a product stands on its ground, in figures, from the picture and what went into it.

All pictures are uint8 RGB (H, W, 3), masks uint8 alpha (H, W). Figures describe what is there, not
how beautiful it is: a shadow may be too dark, so its figure has an upper bound too.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.inpainting.engines.grounding.contour import lower_contour

SURE = 0.9
UNDER = (0.005, 0.01)
SEARCHED = 0.12
EDGE, BESIDE = 2, 9


@dataclass(frozen=True)
class Figures:
    """contact: darkening just under the product, 0 to 1; attach: how far below it the ground is
    darkest, in heights of the product; halo: how much brighter than both sides its edge is, in
    levels of 255; locked: the largest change where alpha is 255."""

    contact: float
    attach: float
    halo: float
    locked: int


def measure(
    picture: np.ndarray, background: np.ndarray, composite: np.ndarray, mask: np.ndarray
) -> Figures:
    """Figures of a finished picture; `composite` is what its product pixels have to equal."""
    depths, darkening = _profile(_luma(picture), _luma(background), mask)
    under = (depths >= UNDER[0]) & (depths <= max(UNDER[1], depths[1]))
    solid = mask == 255
    changed = np.abs(picture[solid].astype(int) - composite[solid])
    return Figures(
        float(darkening[under].mean()),
        float(depths[int(np.argmax(darkening))]),
        _halo(_luma(picture), mask),
        int(changed.max(initial=0)),
    )


def _luma(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _profile(out: np.ndarray, bare: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depths below the line of contact, in heights of the product, and the median darkening there.

    Only columns that surely touch the ground count, and only pixels without any product.
    """
    contour = lower_contour(mask, 0)
    height = contour.base - int(np.flatnonzero((mask >= 128).any(axis=1))[0]) + 1
    columns = np.flatnonzero(contour.weight >= SURE)
    steps = np.arange(1, max(4, round(SEARCHED * height)))
    rows = np.minimum(contour.lowest[columns] + steps[:, None], len(mask) - 1)
    free = mask[rows, columns] == 0
    dark = 1 - out[rows, columns] / np.maximum(bare[rows, columns], 1)
    seen = free.sum(axis=1) >= max(2, 0.3 * len(columns))
    medians = [np.median(line[clear]) for line, clear in zip(dark[seen], free[seen], strict=True)]
    return steps[seen] / height, np.array(medians)


def _halo(luma: np.ndarray, mask: np.ndarray) -> float:
    """The mean overshoot of the edge above the brighter one of what lies on its two sides."""
    cross = np.ones((2 * EDGE + 1,) * 2, np.uint8)
    inside = cv2.erode((mask == 255).astype(np.uint8), cross)
    outside = cv2.erode((mask == 0).astype(np.uint8), cross)
    edge = (inside == 0) & (outside == 0)
    around = np.ones((BESIDE,) * 2, np.uint8)
    brightest = cv2.dilate(np.where((inside | outside) > 0, luma, 0), around)
    return float(np.maximum(luma - brightest, 0)[edge].mean())
