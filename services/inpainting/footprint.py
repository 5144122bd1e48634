"""Finds the area of ground that a standing product covers, as the camera sees it."""

from dataclasses import dataclass

import numpy as np

from services.imaging.contour import Foot, LowerContour
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.mask import FAINT_ALPHA, OPAQUE_ALPHA, SOLID_ALPHA, find_most_solid_pixels

# Smallest depth of a foot in rows, as a thinner one would vanish between two rows, and as a share
# of half its depth, as the side of a box or a sole has ground under it as well. Larger: darker
# sides.
MIN_DEPTH, MIN_DEPTH_SHARE = 2.0, 0.5
# Depth of the base in rows, as a share of the rows of product in a column. Larger: the ground
# behind flat products is as dark as that in front.
MAX_DEPTH_SHARE = 0.45
# Depth of the rim of a clear foot as a share of its half depth, and how much of the light it stops,
# as its glass is seen from the side there. Larger: a broader and a darker line in front of glass.
RIM_DEPTH, RIM_DENSITY = 0.08, 0.3


@dataclass(frozen=True)
class Footprint:
    """Where a product stands, and the upright card that stands for it where it casts its shadow.

    area: float32 (H, W), the certainty that the product covers the ground there, 0 to 1.
    density: float32 (W,), how much of the ground's light the foot next to each column stops, from 0
        for clear glass to 1.
    rim: float32 (H, W), how much of that light only the front rims of feet stop, 0 to 1.
    center: column and row of the middle of the base.
    top: row of the product's upper end in the plane of the card.
    left, right: columns of the outermost feet's ends.
    front: int (W,), the row of the front edge in each column of a foot, -1 in others.
    """

    area: np.ndarray
    density: np.ndarray
    rim: np.ndarray
    center: tuple[float, float]
    top: float
    left: int
    right: int
    front: np.ndarray

    @property
    def shading_area(self) -> np.ndarray:
        """The area, as far as it keeps light from the ground: float32 (H, W), 0 to 1."""
        return self.area * self.density

    @property
    def half_width(self) -> float:
        """Half the distance between the outermost ends of the feet, in pixels."""
        return (self.right - self.left + 1) / 2


def find_footprint(mask: np.ndarray, contour: LowerContour, pitch: float) -> Footprint:
    """Finds the base of a product, whose front edge is the lower outline and whose back is hidden.

    Each foot is as deep as wide, which seen under the pitch makes round feet ellipses whose axes
    are as 1 to sin(pitch).

    mask: uint8 alpha (H, W), not empty.
    contour: its lower outline and where it touches the ground.
    pitch: at which the camera looks down on the ground, in degrees.
    """
    solid = find_most_solid_pixels(mask)
    depth = np.zeros(mask.shape[1])
    for foot in contour.feet:
        depth[foot.columns] = _measure_depth(foot, contour.lowest[foot.columns])
    # The product has some height, so that the base reaches only so far up behind its front.
    depth = np.minimum(depth, MAX_DEPTH_SHARE * (contour.lowest - solid.argmax(axis=0) + 1))
    rows = np.arange(len(mask))[:, None]
    inside = solid & (rows <= contour.lowest) & (rows > contour.lowest - depth)
    area = inside * contour.weight
    density = _measure_density(mask, area, contour.feet)
    rim_depth = np.maximum(RIM_DEPTH * depth / 2, 1)
    rim = area * (rows > contour.lowest - rim_depth) * RIM_DENSITY * (1 - density)
    _, row = center = _find_center(contour)
    top = int(np.flatnonzero(solid.any(axis=1))[0])
    # The farther half of the upper end lies behind the card.
    top_depth = min(_measure_half_depth(solid[top:], pitch), (row - top) / 2)
    return Footprint(
        area=area,
        density=density,
        rim=rim.astype(np.float32),
        center=center,
        top=top + top_depth,
        left=int(contour.feet[0].columns[0]),
        right=int(contour.feet[-1].columns[-1]),
        front=np.where(contour.weight > 0, contour.lowest, -1),
    )


def _find_center(contour: LowerContour) -> tuple[float, float]:
    """Returns column and row of the middle between all feet, each by its certainty and width."""
    weights = [float(contour.weight[foot.columns].sum()) for foot in contour.feet]
    columns = [foot.columns.mean() for foot in contour.feet]
    rows = [foot.base - foot.half_depth for foot in contour.feet]
    column, row = (float(np.average(each, weights=weights)) for each in (columns, rows))
    return column, row


def _measure_density(mask: np.ndarray, area: np.ndarray, feet: tuple[Foot, ...]) -> np.ndarray:
    """Returns how much light the foot next to each column stops: float32 (W,), 0 to 1.

    Solid feet stop all of it. Clear ones stop what they hide of the ground; what is hardly seen
    stops nothing.

    mask: uint8 alpha (H, W). area: float32 (H, W), above 0 where the product covers the ground.
    """
    columns = np.concatenate([foot.columns for foot in feet])
    density = np.concatenate(
        [np.full(len(foot.columns), _measure_foot_density(mask, area, foot)) for foot in feet]
    )
    return np.interp(np.arange(mask.shape[1]), columns, density).astype(np.float32)


def _measure_foot_density(mask: np.ndarray, area: np.ndarray, foot: Foot) -> float:
    """Returns how much light a foot stops, 0 to 1.

    mask: uint8 alpha (H, W). area: float32 (H, W), above 0 where the product covers the ground.
    """
    alpha = mask[:, foot.columns][area[:, foot.columns] > 0]
    level = float(np.median(alpha)) if alpha.size else SOLID_ALPHA
    if level >= SOLID_ALPHA:
        return 1.0
    return max(0.0, (level - FAINT_ALPHA) / (OPAQUE_ALPHA - FAINT_ALPHA))


def _measure_depth(foot: Foot, lowest: np.ndarray) -> np.ndarray:
    """Returns by how many rows a foot extends up the picture from its outline: float (n,).

    The outline is half of an ellipse, and its back mirrors it.

    lowest: int (n,), the row of the outline in each of the foot's columns.
    """
    depth = 2 * (foot.half_depth - (foot.base - lowest))
    # A steep outline extends to its neighbor's row, so that no gap opens between them.
    steps = np.abs(np.gradient(lowest)) if len(lowest) > 1 else np.zeros(1)
    thinnest = max(MIN_DEPTH, MIN_DEPTH_SHARE * foot.half_depth)
    return np.maximum(np.maximum(depth, steps), thinnest)


def _measure_half_depth(solid: np.ndarray, pitch: float) -> float:
    """Returns how many rows lie between a product's upper end and the middle of that end.

    Seen under a pitch, a round end is an ellipse whose axes are as 1 to sin(pitch). The middle is
    the first row that lies as far from the end as half of its width times that sine.

    solid: bool (h, W), which pixels are product, from the row of its end on.
    pitch: at which the camera looks down on the ground, in degrees.
    """
    first, last = solid.argmax(axis=1), solid.shape[1] - solid[:, ::-1].argmax(axis=1)
    spans = np.where(solid.any(axis=1), last - first, 0)
    half_depths = sine_of_pitch(pitch) * spans / 2
    return float(np.argmax(np.arange(len(spans)) >= half_depths))
