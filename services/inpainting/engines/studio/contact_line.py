"""Draws the thin dark line where a standing product meets the ground.

It is finer than the pixels of the rendered window, and than the solid that stands in for the
product, whose lit side would touch the ground without it.
"""

import cv2
import numpy as np

from services.imaging.box import Box
from services.imaging.contour import trace_lower_contour
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.mask import OPAQUE_ALPHA
from services.inpainting.contact import (
    ContactBlurs,
    compute_contact_darkness,
    compute_foot_darkness,
)
from services.inpainting.footprint import find_footprint
from services.inpainting.ground_frame import GroundFrame
from services.inpainting.region import find_product_region

# Of the light below a rounded edge: a line, as below thin legs, a wider one, the crease around
# them, and the ground in front, from where the product hides half of the sky. Together they take
# about 75 % of the light at the line, and 28 % at a twentieth of the product's width below it, as
# in packshots on tables.
LINE_BLURS: ContactBlurs = ((0.55, 0.008), (0.5, 0.025), (0.5, 0.08), (0.55, 0.24))
# The same next to flanks, such as the tip of a shoe that points aside: they meet the ground as
# well, the less surely, the farther up the picture. Larger: darker sides.
FLANK_BLURS: ContactBlurs = ((0.5, 0.01), (0.4, 0.042))
# Largest rise of flanks that meet the ground, as a share of the product's height. Larger: shadows
# next to what is behind the base or above it.
MAX_FLANK_RISE = 0.22
# How far the window extends, as a share of the product's longer side. Less would cut off what is
# dimmed.
WINDOW_REACH = 0.45


def render_contact_line(mask: np.ndarray, pitch: float) -> np.ndarray:
    """Returns what the contact of a product with the ground leaves of its light, 0 to 1.

    The result is float32 (H, W), 1 away from the base.

    mask: uint8 alpha (H, W) of a product that stands, not empty.
    pitch: at which the camera looks down on the ground, in degrees.
    """
    region = find_product_region(mask, WINDOW_REACH)
    part, sine = mask[region.window], sine_of_pitch(pitch)
    contour = trace_lower_contour(part, pitch)
    footprint = find_footprint(part, contour, pitch)
    frame = GroundFrame(part.shape, sine, margin=0)
    darkness = compute_foot_darkness(footprint, frame, region.extent * sine, LINE_BLURS)
    flanks = frame.enter(_find_flanks(part, region.box, sine))
    flank_darkness = compute_contact_darkness(flanks, region.extent * sine, sine, FLANK_BLURS)
    darkness = np.maximum(darkness, flank_darkness)
    line = np.ones(mask.shape, np.float32)
    line[region.window] = 1 - cv2.resize(frame.leave(darkness), part.shape[::-1])
    return line


def _find_flanks(mask: np.ndarray, box: Box, sine: float) -> np.ndarray:
    """Returns how surely the ground next to a product's pixels is its base's: float32 (H, W).

    1 in the lowest row, and 0 from where the middle of a base as deep as the product is wide lies.

    mask: uint8 alpha (H, W) of the product. box: of it. sine: the foreshortening of the ground.
    """
    bottom = box[1] + box[3]
    rise = max(1.0, min(sine * box[2] / 2, MAX_FLANK_RISE * box[3]))
    rows = np.arange(len(mask), dtype=np.float32)[:, None]
    density = mask.astype(np.float32) / OPAQUE_ALPHA
    return density * np.clip(1 - ((bottom - rows) / rise) ** 2, 0, 1)
