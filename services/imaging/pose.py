"""Adds to a photo's view how its product is placed, how it leans, and from where it is lit."""

from collections.abc import Collection
from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box
from services.imaging.mask import find_solid_pixels
from services.imaging.photo_light import estimate_light_azimuth
from services.imaging.pitch.openings import find_opening_pitch
from services.imaging.pitch.optics import ASSUMED_FOCAL_LENGTHS, find_depression, find_focal_pixels
from services.imaging.product_poses import find_usual_stance
from services.imaging.silhouette import trace_silhouette
from services.imaging.stance import estimate_stance
from services.imaging.tilt import estimate_tilt
from services.imaging.view import PhotoView, Pose
from services.runtime.limits import MIN_LYING_PITCH

# Millimeters of a focal length that is not known, and how sure the pitch of an opening is.
USUAL_FOCAL_LENGTH, OPENING_CONFIDENCE = ASSUMED_FOCAL_LENGTHS[1], 0.7


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
    if is_from_above and not usual and stance == "standing":
        view, stance = _look_into_ball(view, photo, alpha, bounds)
        is_from_above = stance == "lying"
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


def _look_into_ball(
    view: PhotoView, photo: np.ndarray, alpha: np.ndarray, bounds: Box
) -> tuple[PhotoView, Pose]:
    """Returns the view of a ball, whose outline does not show the pitch, and its stance.

    Its opening shows the pitch. One that is seen from above is a plate's rim, and the plate lies.
    Parameters as add_pose takes them.
    """
    x, y, width, height = bounds
    crop = np.ascontiguousarray(photo[y : y + height, x : x + width, :3])
    luminance = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    solid = find_solid_pixels(cv2.resize(alpha, luminance.shape[::-1]))
    pitch = find_opening_pitch(luminance, solid)
    if pitch is None:
        unknown = replace(view, ground_pitch=None, camera_pitch=None, pitch_confidence=0.0)
        return unknown, "standing"
    if pitch >= MIN_LYING_PITCH:
        return view, "lying"
    focal = find_focal_pixels(view.focal_length_mm or USUAL_FOCAL_LENGTH, photo.shape[:2])
    middle, foot = find_depression(
        np.array([y + height / 2, y + height]) - photo.shape[0] / 2, focal
    )
    camera_pitch = max(0.0, float(pitch - middle))
    seen = replace(
        view,
        ground_pitch=float(camera_pitch + foot),
        camera_pitch=camera_pitch,
        pitch_confidence=OPENING_CONFIDENCE,
    )
    return seen, "standing"
