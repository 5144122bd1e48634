"""Turns a network's probability into alpha: its wide, soft edge moves onto the photo's edges."""

import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, slices_from_box, widen_box
from services.runtime.guards.cancellation import check_active
from services.segmentation.chroma_key import clear_colored_openings
from services.segmentation.doubtful_strips import add_doubtful_strips
from services.segmentation.guided import apply_color_guided_filter
from services.segmentation.matting import estimate_alpha
from services.segmentation.morphology import dilate_mask
from services.segmentation.photo_background import fit_photo_background

# Probabilities between this and 1 minus it are uncertain; others are final. Smaller: errors of a
# network that is too sure are corrected, and colors are trusted where they should not be.
UNCERTAIN = 0.02
# Radius of the guided filter as a share of the longer side: for any photo, and before a plain
# background, where edges are clear, tuned on photos. Larger: the edge moves farther.
RADIUS, PLAIN_RADIUS = 0.008, 0.012
# Variance of a channel below which the guided filter takes the photo for flat. Larger: weak edges
# no longer shape alpha.
EPSILON = 1e-4
# Alpha that is haze: less becomes 0, and more than 1 minus it becomes 1. Larger: harder edges.
HAZE = 0.05
# The least radius in pixels that covers an edge.
MIN_RADIUS = 2


def align_probability(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Returns the product's alpha: a network's probability, aligned with the photo's edges.

    A guided filter in color decides where the network is uncertain.

    photo: uint8 RGB (h, w, 3), the product and its surroundings.
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, like the result.

    Raises CallCancelled if the caller no longer waits.
    """
    check_active()
    background = fit_photo_background(photo)
    probability = add_doubtful_strips(photo, probability)
    probability = clear_colored_openings(photo, probability, background)
    uncertain = (probability > UNCERTAIN) & (probability < 1 - UNCERTAIN)
    if not uncertain.any():
        return probability
    uncertain = dilate_mask(uncertain, 1)
    share = PLAIN_RADIUS if background.is_plain else RADIUS
    radius = max(MIN_RADIUS, round(share * max(probability.shape)))
    box = _find_filter_box(uncertain, radius)
    check_active()
    aligned = probability.copy()
    aligned[slices_from_box(box)] = apply_color_guided_filter(
        crop_to_box(photo, box), crop_to_box(probability, box), radius, EPSILON
    )
    return np.where(uncertain, _clear_haze(aligned), probability > 0.5).astype(np.float32)


def matte_probability(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Returns the product's alpha, matted in a narrow band along the aligned edge.

    photo: uint8 RGB (h, w, 3), the product and its surroundings.
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, like the result.
    """
    return _clear_haze(estimate_alpha(photo, align_probability(photo, probability) > 0.5))


def _clear_haze(alpha: np.ndarray) -> np.ndarray:
    """Removes what filters leave beyond an edge, which would widen the bounds of a cut-out.

    alpha: float32 (h, w), 0 to 1, like the result.
    """
    return np.clip((alpha - HAZE) / (1 - 2 * HAZE), 0, 1)


def _find_filter_box(uncertain: np.ndarray, radius: int) -> Box:
    """Returns the box that a filter needs to see for a mask, bool (h, w): x, y, width, height.

    radius: of the filter, in pixels; its windows are averaged twice.
    """
    height, width = uncertain.shape
    return widen_box(find_bounding_box(uncertain), 2 * radius, height, width)
