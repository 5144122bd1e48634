"""Finds old shadows and backdrops that a cut-out kept: flat areas at the product's outline.

A product's surface bends away toward its outline, so its shading changes there, and what is flat
lies inside. A hard shadow or a plain backdrop is flat up to the cut.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.imaging.resizing import shrink_to_fit

# Longer side in pixels of the picture that is searched. Larger: finer texture ends a flat area.
SIDE = 420
# Gradient in CIELAB per pixel below which an area is flat. Larger: products with little shading
# count as shadow.
FLAT_BELOW = 0.6
# Distance in pixels up to which the ground is near. Larger: areas inside the product count.
NEAR = 3
# The largest share of the product's area that a flat area fills; larger ones are the front of a box
# or a screen. Larger: those count as backdrop.
MOST_SHARE = 0.25
# The lightest and the most colorful backdrop or shadow, in CIELAB. Larger: white and brightly
# colored products count.
LIGHTEST, MOST_CHROMA = 88.0, 30.0


@dataclass(frozen=True)
class ResidueKind:
    """What a flat area has to be like to count as left over.

    least_share: of the product's area that it fills. least_touching: the share of its edge that is
    near the ground. most_deviation: of its color, in CIELAB.
    """

    least_share: float
    least_touching: float
    most_deviation: float


# A plain backdrop or shadow of a photo, and a shadow that was drawn, which is flatter than any
# photo. Smaller shares or larger deviations: flat parts of products count.
KINDS = (ResidueKind(0.03, 0.2, 3.0), ResidueKind(0.01, 0.04, 0.25))
EDGE_KERNEL = np.ones((3, 3), np.uint8)


def measure_residue(pixels: np.ndarray, product: np.ndarray) -> float:
    """Returns the share of the product's area that looks like an old shadow or backdrop, 0 to 1.

    pixels: uint8 RGB (H, W, 3).
    product: uint8 0, 1 (H, W), everything that is not ground.
    """
    small = shrink_to_fit(pixels, SIDE)
    inner = cv2.resize(product, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    area = max(1, cv2.countNonZero(inner))
    lab = lab_from_srgb(small)
    flat = (_measure_gradient(lab) < FLAT_BELOW) & (cv2.erode(inner, EDGE_KERNEL) > 0)
    near = cv2.dilate(1 - inner, np.ones((2 * NEAR + 1,) * 2, np.uint8)) > 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(flat.view(np.uint8), connectivity=4)
    shares = stats[:, cv2.CC_STAT_AREA] / area
    least = min(kind.least_share for kind in KINDS)
    numbers = np.flatnonzero((shares >= least) & (shares <= MOST_SHARE))
    # Number 0 is what is not flat.
    left_over = [n for n in numbers if n and _is_left_over(labels == n, shares[n], near, lab)]
    return float(shares[left_over].sum())


def _measure_gradient(lab: np.ndarray) -> np.ndarray:
    """Returns the steepest change among the channels of CIELAB, per pixel: float32 (h, w).

    lab: float32 (h, w, 3).
    """
    # Sobel's weights add up to 8.
    across, down = (cv2.Sobel(lab, cv2.CV_32F, *axes, scale=1 / 8) for axes in ((1, 0), (0, 1)))
    light, a, b = cv2.split(cv2.magnitude(across, down))
    return cv2.max(light, cv2.max(a, b))


def _is_left_over(area: np.ndarray, share: float, near: np.ndarray, lab: np.ndarray) -> bool:
    """Whether a flat area is an old shadow or backdrop: plain, of a dull color, at the outline.

    area: bool (h, w). share: of the product that it fills.
    near: bool (h, w), where the ground is near. lab: float32 (h, w, 3).
    """
    light, *color = lab[area].mean(axis=0)
    if light > LIGHTEST or np.hypot(*color) > MOST_CHROMA:
        return False
    edge = area & (cv2.erode(area.view(np.uint8), EDGE_KERNEL) == 0)
    touching = np.count_nonzero(edge & near) / np.count_nonzero(edge)
    deviation = lab[area].std(axis=0).max()
    return any(
        share >= kind.least_share
        and touching >= kind.least_touching
        and deviation <= kind.most_deviation
        for kind in KINDS
    )
