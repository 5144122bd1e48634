"""Computes how much light a product that stands keeps from the ground around its base."""

import math

import numpy as np

from services.imaging.blur import gaussian_blur
from services.inpainting.footprint import Footprint
from services.inpainting.ground_frame import GroundFrame

# Foreshortening at which the sigmas of blurs hold. Ground that is seen flatter gets relatively
# deeper contact shadows, as a thin dark line does not read as contact. Larger: darker feet at low
# pitches.
CONTACT_SINE = 0.45
# Share of a shadow's darkness below which it ends. Larger: narrower shadows.
CUT_OFF = 0.05

ContactBlurs = tuple[tuple[float, float], ...]
"""Parts of a contact shadow: the darkness at the edge of the base, and the sigma of the blur as a
share of the product's extent. Larger: darker and wider."""


def compute_foot_darkness(
    footprint: Footprint, frame: GroundFrame, extent: float, blurs: ContactBlurs
) -> np.ndarray:
    """Returns how much light from above a product's feet keep from the ground, 0 to 1.

    Through clear feet the light reaches the ground, except for a line at their front rims. The
    result is float32 (h, w), in the frame.

    footprint: in the window that the frame shows.
    extent: the geometric mean of the product's sides in the frame, in pixels.
    """
    darkness = compute_contact_darkness(frame.enter(footprint.area), extent, frame.sine, blurs)
    if not footprint.rim.any():
        return darkness
    density = np.broadcast_to(footprint.density, footprint.area.shape)
    rim = compute_contact_darkness(frame.enter(footprint.rim), extent, frame.sine, blurs)
    return 1 - (1 - darkness * frame.enter(density)) * (1 - rim)


def compute_contact_darkness(
    area: np.ndarray, extent: float, sine: float, blurs: ContactBlurs
) -> np.ndarray:
    """Returns how much of the light from above a product keeps from the ground, 0 to 1.

    The result is float32 (h, w): the blurred footprint at several scales, which act as independent
    coverings, 1 - (1 - a)(1 - b). At a long straight edge a blur is half of what it is inside, so
    that each scale reaches its full darkness there; narrow feet darken less.

    area: float32 (h, w), the footprint on ground where circles are round.
    extent: the geometric mean of the product's sides, in pixels.
    sine: the foreshortening of the ground, above 0 to 1.
    """
    brightness, seen = np.ones_like(area), extent * math.sqrt(CONTACT_SINE / sine)
    for darkness, reach in blurs:
        brightness *= 1 - darkness * cover_ground(area, reach * seen)
    return 1 - brightness


def cover_ground(area: np.ndarray, sigma: float) -> np.ndarray:
    """Returns how much an area darkens what is around it: float32 (h, w), 1 at a straight edge.

    The faint outskirts of the blur are cut off, so that plain ground keeps its color there.

    area: float32 (h, w), 0 to 1. sigma: of the blur, in pixels.
    """
    return np.clip(2 * (1 + CUT_OFF) * gaussian_blur(area, sigma) - CUT_OFF, 0, 1)
