"""Clears the openings of a product that show a plain backdrop of a strong color, by chroma key."""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.morphology import label_components, open_mask
from services.segmentation.photo_background import PhotoBackground, measure_lab_difference

# The least chroma in CIE Lab of a backdrop whose color alone tells it from products. Smaller: white
# labels and gray metal before gray paper are cleared.
MIN_CHROMA = 25.0
# How far in CIE Lab the backdrop's hue may lie from its model, and how much darker it may be in the
# product's shadow, or lighter. Larger: the product's own colors are cleared.
MAX_HUE_DISTANCE, MAX_DARKENING, MAX_LIGHTENING = 8.0, 25.0, 3.0
# Probability of product below which a network does not contradict. Larger: prints in the backdrop's
# color are cleared, of which networks are certain.
MAX_PROBABILITY = 0.99
# Radius in pixels of the disc that has to fit into an opening. Larger: narrow openings stay filled.
MIN_RADIUS = 1
# Standard deviation in pixels of the blur that softens the edge of an opening.
SMOOTHING = 0.7


def clear_colored_openings(
    photo: np.ndarray, probability: np.ndarray, background: PhotoBackground
) -> np.ndarray:
    """Lowers the probability to 0 where a photo shows its plain, strongly colored background.

    Other backgrounds change nothing.

    photo: uint8 RGB (h, w, 3). background: that was fitted to it.
    probability: that a pixel shows the product, float32 (h, w), 0 to 1, like the result.
    """
    surface = background.render_surface(*probability.shape)
    chroma = float(np.linalg.norm(surface[..., 1:], axis=2).mean())
    if not background.is_plain or chroma < MIN_CHROMA:
        return probability
    difference = measure_lab_difference(lab_from_srgb(photo), surface)
    lightness, hue_distance = difference[..., 0], np.linalg.norm(difference[..., 1:], axis=2)
    is_backdrop = hue_distance < MAX_HUE_DISTANCE
    is_backdrop &= (lightness > -MAX_DARKENING) & (lightness < MAX_LIGHTENING)
    labels, areas = label_components(open_mask(is_backdrop, MIN_RADIUS))
    total = np.bincount(labels.ravel(), probability.ravel(), len(areas))
    is_clear = (areas > 0) & (total < MAX_PROBABILITY * areas)
    cleared = cv2.GaussianBlur(is_clear[labels].astype(np.float32), (0, 0), SMOOTHING)
    return np.minimum(probability, 1 - cleared)
