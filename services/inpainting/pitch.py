"""Chooses the pitch of an unknown scene, which the product's own outline may show."""

import numpy as np

from services.imaging.pitch import estimate_pitch
from services.imaging.scene import Scene
from services.runtime.limits import FOLLOWED_CONFIDENCE

# Degrees for products whose outline does not show the pitch.
DEFAULT_PITCH = Scene.camera_pitch


def estimate_scene_pitch(mask: np.ndarray) -> float:
    """Returns how far the camera looks down on the ground at the product's foot, in degrees.

    DEFAULT_PITCH if the outline does not show it clearly.

    mask: uint8 alpha (H, W), not empty.
    """
    height, width = mask.shape
    found = estimate_pitch(mask, (0, 0, width, height), (height, width))
    if found is None or found.confidence < FOLLOWED_CONFIDENCE:
        return DEFAULT_PITCH
    return found.ground_pitch
