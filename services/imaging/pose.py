"""Adds to a photo's view how its product is placed, how it leans, and from where it is lit."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from services.imaging.box import Box
from services.imaging.photo_light import estimate_light_azimuth
from services.imaging.product_poses import find_usual_stance
from services.imaging.silhouette import trace_silhouette
from services.imaging.stance import estimate_stance
from services.imaging.tilt import estimate_tilt
from services.imaging.view import PhotoView
from services.runtime.limits import MIN_LYING_PITCH


def add_pose(
    view: PhotoView,
    photo: np.ndarray,
    alpha: np.ndarray,
    bounds: Box,
    cut_sides: Collection[int],
    product: str = "",
) -> PhotoView:
    """Returns a view with the product's stance, its lean and the side of the light.

    What is not clear stays unset. Only products that stand and are not cut off can lean, and only
    those that stand or are seen from above show the camera's pitch.

    view: with the photo's camera, as far as it is known.
    photo: uint8 RGB or RGBA (H, W, C).
    alpha: uint8 (h, w) of the cut-out, of any size.
    bounds: x, y, width and height of the cut-out in pixels of the photo.
    cut_sides: values of the contract's Side at which the photo cut off the product.
    product: what it is, in words; empty: not known.
    """
    silhouette = trace_silhouette(alpha)
    if silhouette is None:
        return view
    sure_pitch = view.followed_pitch
    usual = find_usual_stance(product)
    stance = usual or estimate_stance(silhouette, cut_sides, sure_pitch)
    is_from_above = sure_pitch is not None and sure_pitch >= MIN_LYING_PITCH
    if stance not in ("", "standing") and not is_from_above:
        # Angles are read off the base that a product stands on.
        view = replace(view, ground_pitch=None, camera_pitch=None, pitch_confidence=0.0)
    can_lean = stance == "standing" and not cut_sides
    return replace(
        view,
        stance=stance,
        tilt=estimate_tilt(silhouette) if can_lean else None,
        light_azimuth=estimate_light_azimuth(photo, alpha, bounds),
    )
