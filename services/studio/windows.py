"""The part of a set's image that a product can change, which is rendered with and without it."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import Box, slices_from_box, widen_box
from services.studio.atmosphere import Veil, paint_veil
from services.studio.camera import Camera
from services.studio.proxy import NothingToRender, PlacedProduct
from services.studio.sets import StudioSet
from services.studio.shapes import Mesh
from services.studio.tracing import FilmPart

# Pixels of the window that is rendered. More: sharper shadows, proportionally more time.
WINDOW_PIXELS = 72_000
# Margin of the window around product, shadow and reflection, as a share of the product's extent.
# Larger: fainter light that the product throws back is kept, and more is rendered.
WINDOW_MARGIN = 0.22
# Pixels more, for blurs around small products.
SPARE_PIXELS = 4
# Longest shadow that the window holds, in units.
MAX_SHADOW_REACH = 1.6
# Pixels of the product along its outline that are rendered, so that the denoiser sees light there.
RENDERED_EDGE = 8
# Alpha of a rendered pixel, 0 to 255, from which on the product counts as in it.
COVERED_ALPHA = 30


@dataclass(frozen=True)
class Window:
    """The part of a set's image that is rendered, and how it lies in the picture."""

    part: FilmPart
    to_window: np.ndarray
    covered: np.ndarray


def choose_window(product: PlacedProduct, box: Box) -> Window:
    """Chooses the part of the set's image to render, and at which size.

    box: of what the product can change, in pixels of its picture.
    """
    height, width = product.alpha.shape
    crop = product.crop
    full = height / crop.height, width / crop.width
    scale = min(1.0, math.sqrt(WINDOW_PIXELS / (box[2] * box[3])))
    size = round(full[0] * scale), round(full[1] * scale)
    # Pixels of the set's image per pixel of the picture, and where the picture begins in it.
    scale_y, scale_x = size[0] * crop.height / height, size[1] * crop.width / width
    top, left = size[0] * crop.top, size[1] * crop.left
    first_row, first_column = (
        max(0, int(top + box[1] * scale_y)),
        max(0, int(left + box[0] * scale_x)),
    )
    end_row = min(size[0], math.ceil(top + (box[1] + box[3]) * scale_y))
    end_column = min(size[1], math.ceil(left + (box[0] + box[2]) * scale_x))
    part = FilmPart(size, (first_row, end_row), (first_column, end_column))
    # Pixel centers are at halves.
    to_window = np.array(
        [
            [scale_x, 0, left - first_column + 0.5 * scale_x - 0.5],
            [0, scale_y, top - first_row + 0.5 * scale_y - 0.5],
        ]
    )
    blurred = cv2.blur(product.alpha, (max(1, round(1 / scale_x)), max(1, round(1 / scale_y))))
    alpha = cv2.warpAffine(blurred, to_window, (part.width, part.height))
    covered = alpha >= COVERED_ALPHA
    edge = 2 * RENDERED_EDGE + 1
    inner = cv2.erode(covered.astype(np.uint8), np.ones((edge, edge), np.uint8)).astype(bool)
    return Window(replace(part, needed=~inner), to_window, covered)


def find_reach(product: PlacedProduct, studio_set: StudioSet, camera: Camera, solid: Mesh) -> Box:
    """Returns the box of product, shadow on the ground and reflection in it, with a margin.

    In pixels of the picture, inside it. solid: the product's proxy.

    Raises NothingToRender where none of it is in front of the camera.
    """
    height, width = product.alpha.shape
    vertices = solid.vertices[:: max(1, len(solid.vertices) // 400)]
    light = studio_set.key.direction_to_lamp
    fall = np.minimum(vertices[:, 1:2] / max(light[1], 1e-3), MAX_SHADOW_REACH)
    shadow = vertices - fall * light
    reached = [vertices, np.where([False, True, False], np.maximum(shadow, 0), shadow)]
    if studio_set.gloss > 0:
        reached.append(vertices * [1, -1, 1])
    points = np.concatenate(reached)
    ahead = (points - camera.position) @ camera.forward > 0
    if not ahead.any():
        raise NothingToRender("the product is behind the camera")
    shares = np.array([camera.project_point(tuple(point)) for point in points[ahead]])
    crop = product.crop
    columns = (shares[:, 0] - crop.left) / crop.width * width
    rows = (shares[:, 1] - crop.top) / crop.height * height
    margin = WINDOW_MARGIN * math.sqrt(math.prod(product.box[2:])) + SPARE_PIXELS
    left, right = np.clip([columns.min(), columns.max()], -width, 2 * width)
    top, bottom = np.clip([rows.min(), rows.max()], -height, 2 * height)
    return widen_box((left, top, right - left, bottom - top), margin, height, width)


def paint_window_veil(
    studio_set: StudioSet, camera: Camera, part: FilmPart, seed: int
) -> Veil | None:
    """Paints what fills the air of a window; None: nothing does."""
    veil = paint_veil(studio_set, camera, part.size, seed)
    if veil is None:
        return None
    window = slices_from_box((part.columns[0], part.rows[0], part.width, part.height))
    return Veil(veil.light[window], veil.passed[window])
