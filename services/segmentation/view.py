"""Estimates how a photo shows its product from the finished cut-out: the View of a response."""

from collections.abc import Collection

import numpy as np

from services.imaging.box import Box
from services.imaging.pitch import estimate_pitch
from services.imaging.pose import add_pose
from services.imaging.view import PhotoView
from services.runtime.guards.cancellation import check_active

# Smallest and largest width of a product divided by its height, as the contract allows them.
ASPECTS = (0.001, 100.0)


def estimate_view(
    photo: np.ndarray,
    cutout: np.ndarray,
    bounds: Box,
    cut_sides: Collection[int] = (),
    focal_length_mm: float | None = None,
    product: str = "",
) -> PhotoView:
    """Estimates how a photo shows its product; what it does not show clearly stays None.

    photo: uint8 RGB or RGBA (H, W, C).
    cutout: uint8 RGBA (h, w, 4), of any size.
    bounds: where it lies in the photo: x, y, width, height in pixels.
    cut_sides: values of the contract's Side at which the photo cut off the product.
    focal_length_mm: of the photo, equivalent on 35-mm film; None if it is unknown.
    product: what it is, in words, which decide the stance where they say it; empty: not known.

    Raises CallCancelled if the caller no longer waits.
    """
    check_active()
    alpha = np.ascontiguousarray(cutout[..., 3])
    pitch = estimate_pitch(alpha, bounds, photo.shape[:2], focal_length_mm)
    camera = PhotoView(
        ground_pitch=pitch.ground_pitch if pitch else None,
        camera_pitch=pitch.camera_pitch if pitch else None,
        pitch_confidence=pitch.confidence if pitch else 0.0,
        focal_length_mm=focal_length_mm,
        aspect=float(np.clip(bounds[2] / bounds[3], *ASPECTS)),
    )
    check_active()
    return add_pose(camera, photo, alpha, bounds, cut_sides, product)
