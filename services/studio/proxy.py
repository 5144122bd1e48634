"""A solid that stands in for a product when its set is rendered once more.

Along every line of sight of the product's outline it lies between a front and a back, so that the
camera sees exactly that outline, holes and handles included.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box
from services.imaging.contour import trace_lower_contour
from services.imaging.mask import (
    FAINT_ALPHA,
    OPAQUE_ALPHA,
    find_most_solid_pixels,
    find_product_level,
)
from services.imaging.recipe import WHOLE, Crop
from services.studio.camera import Camera
from services.studio.shapes import Mesh

# Rows and columns of the grid of lines of sight, at most. Larger: finer outlines, larger meshes.
GRID_SIDE = 150
# The same for products with thin parts, such as the arms of glasses: a part that is narrower than
# two cells has gaps.
FINE_GRID_SIDE = 320
# Width of a thin part in cells, and the share of the product that thin parts make up from which on
# the finer grid is laid. Smaller: a coarse grid for more products.
THIN_CELLS, MIN_THIN_SHARE = 2.5, 0.01
# Share of a cell that the product covers from which on the solid has it. Larger: straps vanish.
MIN_COVERAGE = 0.4
# Sigma in cells of the blur that rounds the thickness where the outline is ragged.
THICKNESS_BLUR = 1.2
# Units between the front and the back, at least. Larger: thicker edges.
MIN_DEPTH = 2e-4
# Units between the base and the ground: no edge of a product is so sharp that no light falls below
# it. Larger: a broader dark line where the two touch.
CREVICE = 0.006
# Height of a lying product as a share of its extent. Larger: longer shadows around it.
LYING_HEIGHT = 0.14
# Certainty of contact from which on a part of the lower outline stands on the ground. Larger: parts
# that stand farther back hover.
MIN_CONTACT = 0.3
# Sigma of the blur along the base, as a share of its width. Smaller: kinks between feet.
BASE_BLUR = 0.06
# Widths of the product that one of its parts stands behind another at most. Larger: in sets that
# are seen from low down, shadows lie far behind the product.
MAX_PART_DISTANCE = 2.0
# Units in front of and behind the origin that a product stands at most.
MAX_STANDING_DEPTH = 2.5


class NothingToRender(ValueError):
    """No solid can stand in for a product, which is too faint, too small or out of view."""


@dataclass(frozen=True)
class PlacedProduct:
    """A product in the picture of a set.

    picture: uint8 RGB (H, W, 3), the product included.
    alpha: uint8 (H, W), the product's.
    crop: the part of the set's picture that `picture` shows.
    stance: "standing", "lying", "hanging" or "floating".
    """

    picture: np.ndarray
    alpha: np.ndarray
    crop: Crop = WHOLE
    stance: str = "standing"

    @property
    def is_raised(self) -> bool:
        """Whether the product is above the ground, which it does not touch."""
        return self.stance in ("hanging", "floating")

    @property
    def box(self) -> Box:
        """The box of the product's solid pixels."""
        return find_bounding_box(find_most_solid_pixels(self.alpha))


@dataclass(frozen=True)
class SightGrid:
    """Lines of sight through a product.

    solid: which of them the product covers, bool (h, w), False along all four sides.
    casting: which of these cast shadows, bool (h, w): clear glass does not.
    rays: their directions in x, y, z, float (h, w, 3), of length 1 along the camera's own axis.
    uv: where they meet the product's box, float (h, w, 2), both 0 to 1, from the top left.
    origin: the camera's position, float (3,).
    cell: units across a cell at a distance of one unit.
    """

    solid: np.ndarray
    casting: np.ndarray
    rays: np.ndarray
    uv: np.ndarray
    origin: np.ndarray
    cell: float

    def distance_to_height(self, height: float | np.ndarray) -> np.ndarray:
        """Returns the distances at which the rays come down to heights, float (h, w); inf: never.

        height: y in units, a number or float (h, w).
        """
        down = self.rays[..., 1]
        distance = (height - self.origin[1]) / np.where(np.abs(down) < 1e-6, -1e-6, down)
        return np.where(down < -1e-6, distance, np.inf)

    def distance_to_depth(self, z: float | np.ndarray) -> np.ndarray:
        """Returns the distances at which the rays reach a z, a number or float (h, w): (h, w)."""
        return (z - self.origin[2]) / self.rays[..., 2]


def build_proxy(product: PlacedProduct, camera: Camera) -> Mesh:
    """Builds a closed solid that has the product's outline and stands where the product does.

    It leaves out clear glass; lids stay at their height above it.

    Its uv spans the product's box, from 0 at the left and at the top to 1.

    camera: of the set.

    Raises NothingToRender for a product that is too faint or too small.
    """
    if product.alpha.max() < FAINT_ALPHA:
        raise NothingToRender("the product is hardly seen")
    grid = _lay_sight_grid(product, camera)
    if not has_cells(grid.casting):
        raise NothingToRender("no part of the product is large enough for a solid")
    if camera.is_overhead or product.stance == "lying":
        front, back = _span_lying(grid)
    else:
        front, back = _span_upright(grid, is_raised=product.is_raised)
    casting = replace(grid, solid=grid.casting)
    return _close_solid(casting, front, np.maximum(back, front + MIN_DEPTH))


def has_cells(solid: np.ndarray) -> bool:
    """Whether neighboring lines of sight of a product make up a face: bool (h, w)."""
    return bool((solid[1:, 1:] & solid[:-1, 1:] & solid[1:, :-1]).any())


def choose_grid_side(alpha: np.ndarray) -> int:
    """Returns the cells along a product's longer side: more where it has thin parts.

    alpha: uint8 (h, w), cropped to the product.
    """
    width = math.ceil(THIN_CELLS * max(alpha.shape) / GRID_SIDE)
    level = MIN_COVERAGE * float(alpha.max())
    solid = cv2.copyMakeBorder(
        (alpha >= level).astype(np.uint8), width, width, width, width, cv2.BORDER_CONSTANT
    )
    thick = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    thin_share = 1 - cv2.countNonZero(thick) / max(1, cv2.countNonZero(solid))
    return FINE_GRID_SIDE if thin_share >= MIN_THIN_SHARE else GRID_SIDE


def _lay_sight_grid(product: PlacedProduct, camera: Camera) -> SightGrid:
    """Lays a grid of lines of sight over a product, with a cell to spare on each side."""
    box = x, y, width, height = product.box
    alpha = crop_to_box(product.alpha, box)
    scale = min(1.0, choose_grid_side(alpha) / max(width, height))
    columns, rows = max(3, round(width * scale)), max(3, round(height * scale))
    small = cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA)
    level = MIN_COVERAGE * float(small.max())
    # The clear parts of see-through products stand on the ground as well.
    solid = np.pad(small >= min(level, find_product_level(product.alpha)), 1)
    across = (np.arange(columns + 2) - 0.5) / columns
    down = (np.arange(rows + 2) - 0.5) / rows
    full_height, full_width = product.alpha.shape
    column = product.crop.left + product.crop.width * (x + across * width) / full_width
    row = product.crop.top + product.crop.height * (y + down * height) / full_height
    middle = camera.product_x
    rays = np.array([camera.ray_at(middle, share) for share in row])[:, None] + np.zeros(
        (1, columns + 2, 3)
    )
    rays[..., 0] += np.array([camera.ray_at(share, 0.5)[0] for share in column])
    uv = np.stack(np.broadcast_arrays(across[None], down[:, None]), axis=-1)
    cell = float(rays[0, 1, 0] - rays[0, 0, 0])
    return SightGrid(solid, np.pad(small >= level, 1), rays, uv, camera.position, cell)


def _span_lying(grid: SightGrid) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distances of front and back of a flat product, float (h, w) each.

    It lies on the ground and is as high as LYING_HEIGHT of its extent, with rounded edges.
    """
    ground = grid.distance_to_height(CREVICE)
    ground = np.where(np.isfinite(ground), ground, ground[np.isfinite(ground)].max())
    inside = cv2.distanceTransform(grid.solid.astype(np.uint8), cv2.DIST_L2, 5)
    unit = grid.cell * float(np.median(ground[grid.solid]))
    height = LYING_HEIGHT * unit * float(np.sqrt(grid.solid.sum()))
    inset = np.clip(inside * unit / height, 0, 1)
    profile = height * np.sqrt(1 - (1 - inset) ** 2)
    return np.minimum(grid.distance_to_height(profile), ground - MIN_DEPTH), ground


def _span_upright(grid: SightGrid, is_raised: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distances of front and back of an upright product, float (h, w) each.

    Its cross-section is an ellipse as deep as each row's run is wide. Nothing is below the ground
    or above the top, whose far rim is what a camera that looks down sees highest.

    is_raised: whether it does not touch the ground and is as far away as the origin.
    """
    ground = grid.distance_to_height(0.0 if is_raised else CREVICE)
    rows = np.flatnonzero(grid.solid.any(axis=1))
    bottom = int(rows[-1])
    base, radius = _find_rim(grid, bottom, step=-1)
    stands = not is_raised and np.isfinite(ground[bottom]).any()
    near = ground if stands else grid.distance_to_depth(0.0)
    unit = grid.cell * float(near[bottom].min())
    thickness = unit * _measure_thickness(grid.solid, base, radius, bottom)
    middle = (
        _find_standing_depth(grid, thickness, ground, bottom, unit)
        if stands
        else np.zeros(grid.solid.shape[1])
    )
    front = grid.distance_to_depth(middle + thickness)
    back = grid.distance_to_depth(middle - thickness)
    top, _ = _find_rim(grid, int(rows[0]), step=1)
    height = (grid.origin + grid.rays * grid.distance_to_depth(middle)[..., None])[top, :, 1]
    lid = grid.distance_to_height(float(np.median(height[grid.solid[top]])))
    front = np.where(np.isfinite(lid), np.maximum(front, lid), front)
    return np.minimum(front, ground - MIN_DEPTH), np.minimum(back, ground)


def _find_rim(grid: SightGrid, end: int, step: int) -> tuple[int, float]:
    """Returns the row of the middle of a round top or base, and its radius in cells.

    Seen from above at a pitch p, a circle of radius r is an ellipse of half height r sin(p): its
    middle is the first row that is so far from the end.

    end: the first or last row of the product; step: 1 from the top, -1 from the bottom.
    """
    row, radius = end, 0.0
    while 0 < row < len(grid.solid) - 1 and grid.solid[row].any():
        columns = np.flatnonzero(grid.solid[row])
        radius = (columns[-1] - columns[0] + 1) / 2
        ray = grid.rays[row, columns[len(columns) // 2]]
        if abs(row - end) + 0.5 >= radius * -ray[1] / np.linalg.norm(ray):
            break
        row += step
    return int(np.clip(row, 1, len(grid.solid) - 2)), radius


def _measure_thickness(solid: np.ndarray, base: int, radius: float, bottom: int) -> np.ndarray:
    """Returns half the depth of an elliptical cross-section, float32 (h, w), in cells.

    Below the middle of the base the runs narrow only because the base is seen from above; there
    the base's own width counts.

    solid: bool (h, w). base, bottom: rows of the middle of the base and of its front edge.
    radius: of the base in cells.
    """
    edges = np.diff(solid.astype(np.int8), axis=1, prepend=0)
    first, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    run = np.maximum(np.cumsum(edges.ravel() == 1).reshape(solid.shape) - 1, 0)
    half = ((end - first) / 2)[run]
    center = ((first + end) / 2)[run] - solid.shape[1] * np.arange(len(solid))[:, None]
    # A row may be empty between parts of a product.
    columns = np.flatnonzero(solid[base] if solid[base].any() else solid.any(axis=0))
    under = np.zeros(len(solid), bool)
    under[base : bottom + 1] = True
    middle = (columns[0] + columns[-1] + 1) / 2
    half = np.where(under[:, None], np.maximum(half, radius), half)
    center = np.where(under[:, None], middle, center)
    across = np.arange(solid.shape[1]) + 0.5 - center
    thickness = np.sqrt(np.maximum(half**2 - across**2, 0)).astype(np.float32)
    return cv2.GaussianBlur(thickness, (0, 0), THICKNESS_BLUR)


def _find_standing_depth(
    grid: SightGrid, thickness: np.ndarray, ground: np.ndarray, bottom: int, unit: float
) -> np.ndarray:
    """Returns the z of the middle of a product that stands on the ground, by column: float (w,).

    Where the lower outline is the edge of the base, the ground there is its front; in between and
    beyond the middle goes on straight.

    thickness: half the depth of the product, float (h, w), in units.
    ground: distances of the ground, float (h, w). bottom: the lowest row. unit: units of a cell.
    """
    touching, lowest = _find_base_columns(grid, bottom)
    touching &= np.isfinite(ground[lowest, np.arange(len(lowest))])
    columns = np.flatnonzero(touching)
    outline = lowest[columns], columns
    front = (grid.origin + grid.rays[outline] * ground[outline][:, None])[:, 2]
    middle = np.clip(front - thickness[outline], -MAX_STANDING_DEPTH, MAX_STANDING_DEPTH)
    nearest = float(np.median(middle[lowest[columns] >= bottom - 1]))
    reach = unit * MAX_PART_DISTANCE * float(np.ptp(np.flatnonzero(lowest)))
    middle = np.clip(middle, nearest - reach, nearest + reach)
    spread = np.interp(np.arange(len(lowest)), columns, middle).astype(np.float32)[None]
    sigma = max(1.0, BASE_BLUR * np.ptp(columns))
    return cv2.GaussianBlur(spread, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0]


def _find_base_columns(grid: SightGrid, bottom: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns in which columns the lower outline is the edge of a base, and the lowest rows.

    The first is bool (w,), True where the product's lowest row is; the second int (w,).

    bottom: the lowest row of all.
    """
    ray = grid.rays[bottom, grid.rays.shape[1] // 2]
    pitch = math.degrees(math.asin(min(1.0, max(0.0, -ray[1] / float(np.linalg.norm(ray))))))
    contour = trace_lower_contour(np.uint8(OPAQUE_ALPHA) * grid.solid, pitch)
    lowest = np.maximum(contour.lowest, 0)
    return (contour.weight >= MIN_CONTACT) | (lowest == bottom), lowest


def _close_solid(grid: SightGrid, front: np.ndarray, back: np.ndarray) -> Mesh:
    """Joins a front and a back along their rims to a closed mesh.

    front, back: distances along the rays, float (h, w).
    """
    solid, count = grid.solid, int(grid.solid.sum())
    number = np.full(solid.shape, -1)
    number[solid] = np.arange(count)
    faces = _connect_cells(number)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    code, reverse = edges @ [count, 1], edges @ [1, count]
    rim = edges[~np.isin(code, reverse)]
    a, b = rim.T
    sides = np.concatenate(
        [np.stack([b, a, a + count], axis=-1), np.stack([b, a + count, b + count], axis=-1)]
    )
    faces = np.concatenate([faces, faces[:, [0, 2, 1]] + count, sides])
    rays = grid.rays[solid]
    vertices = grid.origin + np.concatenate(
        [rays * front[solid][:, None], rays * back[solid][:, None]]
    )
    uv = np.tile(grid.uv[solid], (2, 1))
    return Mesh(vertices, _average_face_normals(vertices, faces), uv, faces)


def _connect_cells(number: np.ndarray) -> np.ndarray:
    """Returns the triangles between neighboring cells, int (m, 3), counter-clockwise in the image.

    number: int (h, w), of the vertex of each cell; -1: it has none.
    """
    corners = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]], -1)
    corners = corners.reshape(-1, 4)
    present = (corners >= 0).sum(axis=1)
    quads, triangles = corners[present == 4], corners[present == 3]
    triangles = triangles[triangles >= 0].reshape(-1, 3)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]], triangles])


def _average_face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Returns a unit normal for each vertex, float (n, 3), the mean of its faces' weighted by area.

    vertices: float (n, 3). faces: int (m, 3).
    """
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    normal = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, faces[:, corner], normal)
    return total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)
