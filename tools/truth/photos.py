"""Takes photos of known products on plain ground, from a known camera, in a known light."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.studio.camera import Camera
from services.studio.things.thing import Piece
from tools.truth.cases import TruthSet
from tools.truth.products import Product
from tools.truth.rendering import (
    create_photo_set,
    find_projected_box,
    render_outline,
    render_set,
    scale_pieces,
)

# Pixels of a photo's sides, of which the longer one goes along the product's; 36 to 24 as on film.
LONG_SIDE, SHORT_SIDE = 600, 400
# Half the sides of a frame of 35-mm film, in millimeters.
HALF_LONG_MM, HALF_SHORT_MM = 18.0, 12.0
# Row of the product's foot, as a share of the height. Larger: less ground below it.
FOOT_ROW = 0.76
# Width of a product, in its heights, from which its photo is in landscape format.
WIDE_FROM = 1.5
# Largest size of the product, as shares of the photo's width and height.
WIDTH_SHARE, HEIGHT_SHARE = 0.74, 0.62


@dataclass(frozen=True)
class TakenPhoto:
    """A product's photo: uint8 RGB (h, w, 3), and the product's alpha, uint8 (h, w)."""

    pixels: np.ndarray
    mask: np.ndarray


def take_photo(product: Product, truth_set: TruthSet, seed: int) -> TakenPhoto:
    """Takes the photo of a product that is to be seen in a set; seed: of the render noise."""
    pieces = product.build()
    camera = create_photo_camera(truth_set, is_wide=_is_wide(pieces))
    placed = _fill_photo(pieces, camera)
    studio = create_photo_set(placed, truth_set.light_azimuth, truth_set.sweep)
    pixels = render_set(studio, camera, seed, product.is_glass)
    return TakenPhoto(pixels, render_outline(placed, camera))


def create_photo_camera(truth_set: TruthSet, is_wide: bool) -> Camera:
    """Creates the camera of a photo, which looks down on the origin at the set's pitch.

    is_wide: whether the photo is in landscape format.
    """
    width, height = (LONG_SIDE, SHORT_SIDE) if is_wide else (SHORT_SIDE, LONG_SIDE)
    half_height = HALF_SHORT_MM if is_wide else HALF_LONG_MM
    camera = Camera(
        width=width,
        height=height,
        pitch=0.0,
        view_angle=2 * math.degrees(math.atan(half_height / truth_set.focal_length_mm)),
        # At the origin, the shorter side spans one unit.
        distance=0.5 * truth_set.focal_length_mm / HALF_SHORT_MM,
        ground_line=FOOT_ROW,
    )
    return camera.look_down(truth_set.pitch - camera.ground_offset)


def _is_wide(pieces: Sequence[Piece]) -> bool:
    """Returns whether a product is so wide that its photo is in landscape format."""
    extent = np.ptp(np.concatenate([piece.mesh.vertices for piece in pieces]), axis=0)
    return bool(extent[0] > WIDE_FROM * extent[1])


def _fill_photo(pieces: Sequence[Piece], camera: Camera) -> list[Piece]:
    """Returns a product scaled so that it fills its photo, standing at the origin."""
    points = np.concatenate([piece.mesh.vertices for piece in pieces])
    scale = 0.5 / float(np.ptp(points, axis=0).max())
    # Nearer parts grow faster than the scale, so that a second pass corrects the first.
    for _ in range(3):
        _, _, width, height = find_projected_box(points * scale, camera)
        scale *= min(WIDTH_SHARE * camera.width / width, HEIGHT_SHARE * camera.height / height)
    return scale_pieces(pieces, scale)
