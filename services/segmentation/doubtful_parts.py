"""Adds parts of the product that a network doubts but that have the product's colors.

Wheels, handles or soles of another color than the main body often get a probability that is clearly
above that of the surroundings and still below one half.
"""

import cv2
import numpy as np

from services.segmentation.grabcut import run_grabcut
from services.segmentation.morphology import dilate_mask, label_components, open_mask
from services.segmentation.scale import shrink_to_side
from services.segmentation.seeds import create_probability_seeds

# Longer side in pixels of the image in which colors decide. Larger: thinner parts, and more time.
WORK_SIDE = 448
# From this probability on a pixel is worth a second opinion; below SURE_BACKGROUND it has none.
# Smaller: more photos are cut again, and shadows are added.
DOUBTFUL, SURE_BACKGROUND, SURE_PRODUCT = 0.15, 0.04, 0.9
# The least area of a doubtful part, as a share of the product's. Smaller: noise is added.
MIN_PART_SHARE = 0.002
# The least mean probability of a part that is added, tuned on photos. Smaller: shadows are added.
MIN_PART_PROBABILITY = 0.3
# Radius in pixels of the disc that has to fit into a doubtful part: edges are soft everywhere.
MIN_DOUBTFUL_RADIUS = 2
# GrabCut iterations. More take proportionally longer.
GRABCUT_ITERATIONS = 2
# Probability of an added part. Less than 1, as the guided filter moves a less certain edge farther.
ADDED_PROBABILITY = 0.85
# Standard deviation in pixels of the blur that softens the edge of an added part.
SMOOTHING = 0.7


def add_doubtful_parts(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Raises the probability of doubtful parts that colors count as product; never lowers any.

    GrabCut, which starts from what is certain, decides by color between both sides. Photos without
    doubtful parts are returned as they are.

    photo: uint8 RGB (H, W, 3).
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, stretched over the photo,
        like the result.
    """
    small = shrink_to_side(photo, WORK_SIDE)
    height, width = small.shape[:2]
    chance = cv2.resize(probability, (width, height), interpolation=cv2.INTER_AREA)
    mask = chance > 0.5
    min_area = MIN_PART_SHARE * np.count_nonzero(mask)
    doubtful = open_mask((chance > DOUBTFUL) & ~mask, MIN_DOUBTFUL_RADIUS)
    if not mask.any() or np.count_nonzero(doubtful) < min_area:
        return probability
    cut = run_grabcut(
        small, create_probability_seeds(chance, SURE_BACKGROUND, SURE_PRODUCT), GRABCUT_ITERATIONS
    )
    parts = _select_parts(open_mask(cut & ~mask, 1), chance, min_area)
    if not parts.any():
        return probability
    # Opening rounded the parts; what the cut has next to them belongs to them.
    complete = (dilate_mask(parts, 1) & cut).astype(np.float32)
    added = ADDED_PROBABILITY * cv2.GaussianBlur(complete, (0, 0), SMOOTHING)
    return np.maximum(probability, cv2.resize(added, probability.shape[::-1]))


def _select_parts(parts: np.ndarray, probability: np.ndarray, min_area: float) -> np.ndarray:
    """Returns the connected parts that are large and probable enough: bool (h, w).

    parts: bool (h, w). probability: that a pixel shows the product, float32 (h, w), 0 to 1.
    min_area: in pixels.
    """
    labels, areas = label_components(parts)
    total = np.bincount(labels.ravel(), probability.ravel(), len(areas))
    is_probable = total >= MIN_PART_PROBABILITY * np.maximum(areas, 1)
    return (is_probable & (areas >= min_area) & (areas > 0))[labels]
