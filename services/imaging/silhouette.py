"""Measures a product's silhouette: core, thin parts, holes, symmetry, and what it rests on."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.mask import find_solid_pixels

# Longer side in pixels of the silhouette that is measured. Larger: sees thinner wires, takes
# longer.
WORKING_SIDE = 256
# Share of the silhouette's area up to which a separate part is dirt. Larger: small second products
# do not count.
DIRT_SHARE = 0.01
# Radius of what counts as thin, as a share of that of the largest circle inside. Larger: arms and
# legs count as thin.
THIN_SHARE = 0.4


@dataclass(frozen=True)
class Silhouette:
    """A product's silhouette, cropped to its box and reduced.

    mask: uint8 (h, w), 1 on the product, without dirt.
    """

    mask: np.ndarray

    @property
    def height(self) -> int:
        """Rows of the silhouette."""
        return len(self.mask)

    @property
    def width(self) -> int:
        """Columns of the silhouette."""
        return self.mask.shape[1]

    @cached_property
    def area(self) -> int:
        """Pixels of the silhouette."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def center(self) -> tuple[float, float]:
        """x and y of the center of mass."""
        moments = cv2.moments(self.mask, binaryImage=True)
        return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]

    @cached_property
    def hull(self) -> np.ndarray:
        """Corners of the convex hull, float32 (n, 2), x and y."""
        return cv2.convexHull(cv2.findNonZero(self.mask))[:, 0].astype(np.float32)

    @cached_property
    def fill(self) -> float:
        """Share of the convex hull that the silhouette fills, 0 to 1."""
        filled = cv2.fillConvexPoly(np.zeros_like(self.mask), self.hull.astype(np.int32), 1)
        return self.area / int(np.count_nonzero(filled))

    @property
    def radius(self) -> float:
        """Radius in pixels of the largest circle inside the silhouette."""
        return float(self._depths.max())

    @cached_property
    def _depths(self) -> np.ndarray:
        """Distance of each pixel from the outside: float32 (h, w)."""
        framed = cv2.copyMakeBorder(self.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        return cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]

    @cached_property
    def core(self) -> np.ndarray:
        """The silhouette without thin parts such as straps, handles and wires: uint8 (h, w)."""
        reach = THIN_SHARE * self.radius
        outside_inner = (self._depths <= reach).astype(np.uint8)
        return (cv2.distanceTransform(outside_inner, cv2.DIST_L2, 5) < reach).astype(np.uint8)

    @cached_property
    def hole_share(self) -> float:
        """Share of the filled silhouette that holes take, 0 to 1."""
        contours, _ = cv2.findContours(self.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        filled = cv2.drawContours(np.zeros_like(self.mask), contours, -1, 1, cv2.FILLED)
        return 1 - self.area / int(np.count_nonzero(filled))

    @cached_property
    def length_and_angle(self) -> tuple[float, float]:
        """How many times longer than wide it is, and how far its length is from upright.

        The angle is in degrees clockwise, -90 to 90.
        """
        _, (width, height), angle = cv2.minAreaRect(self.hull)
        angle = angle if height >= width else angle - 90
        long, short = max(width, height), max(1.0, min(width, height))
        return long / short, (angle + 90) % 180 - 90

    @cached_property
    def runs(self) -> np.ndarray:
        """Count of separate parts in each row: int64 (h,)."""
        framed = np.pad(self.mask, ((0, 0), (1, 0))).astype(np.int8)
        return np.count_nonzero(np.diff(framed, axis=1) == 1, axis=1)

    @cached_property
    def widths(self) -> np.ndarray:
        """Pixels of the silhouette in each row: int64 (h,)."""
        return np.count_nonzero(self.mask, axis=1)

    @cached_property
    def lower_edges(self) -> list[tuple[float, float, float]]:
        """Edges of the hull's lower side, left to right: first and last x, slope in degrees.

        A positive slope falls to the right.
        """
        points = self.hull[np.lexsort((self.hull[:, 1], self.hull[:, 0]))]
        lower: list[np.ndarray] = []
        for point in points:
            while len(lower) > 1 and _turns_up(lower[-2], lower[-1], point):
                lower.pop()
            lower.append(point)
        return [
            (float(a[0]), float(b[0]), float(np.degrees(np.arctan2(b[1] - a[1], b[0] - a[0]))))
            for a, b in pairwise(lower)
            if b[0] > a[0]
        ]

    def turn(self, angle: float) -> "Silhouette":
        """Returns the silhouette turned clockwise by an angle in degrees."""
        side = math.ceil(math.hypot(*self.mask.shape)) + 2
        # OpenCV turns counterclockwise, about the middle.
        matrix = cv2.getRotationMatrix2D((self.width / 2, self.height / 2), -angle, 1.0)
        matrix[0, 2] += (side - self.width) / 2
        matrix[1, 2] += (side - self.height) / 2
        turned = cv2.warpAffine(self.mask, matrix, (side, side), flags=cv2.INTER_NEAREST)
        return Silhouette(np.ascontiguousarray(crop_to_box(turned, find_bounding_box(turned))))

    def measure_mirror_overlap(self, angle: float = 0.0) -> float:
        """Returns how alike both sides of the core's axis are, 0 to 1: intersection over union.

        The axis runs through the core's center of mass.

        angle: degrees clockwise from upright to the axis.
        """
        core = np.ascontiguousarray(self.core[::2, ::2])
        moments = cv2.moments(core, binaryImage=True)
        if not moments["m00"]:
            return 0.0
        x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
        turn = np.radians(2 * angle)
        # Reflection about the axis; y points down.
        mirror = np.array([[-np.cos(turn), -np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        shift = np.array([x, y]) - mirror @ (x, y)
        mirrored = cv2.warpAffine(
            core, np.column_stack([mirror, shift]), core.shape[::-1], flags=cv2.INTER_NEAREST
        )
        both = np.count_nonzero(cv2.bitwise_and(mirrored, core))
        return both / (2 * np.count_nonzero(core) - both)


def trace_silhouette(alpha: np.ndarray) -> Silhouette | None:
    """Returns the silhouette of a product; None if nothing is solid.

    alpha: uint8 (h, w), from 128 on a pixel is solid.
    """
    solid = find_solid_pixels(alpha).astype(np.uint8)
    cropped = crop_to_box(solid, find_bounding_box(solid))
    if not cropped.size:
        return None
    scale = min(1.0, WORKING_SIDE / max(cropped.shape))
    size = [max(1, round(side * scale)) for side in cropped.shape[::-1]]
    small = cv2.resize(cropped * 255, size, interpolation=cv2.INTER_AREA)
    # Wires thinner than a pixel stay.
    _, labels, stats, _ = cv2.connectedComponentsWithStats((small > 64).astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    if not areas.any():
        return None
    least = DIRT_SHARE * areas.sum()
    # Where every part is that small, as the beads of a necklace are, none is dirt.
    is_product = areas >= least if areas.max() >= least else areas > 0
    mask = is_product[labels] & (labels > 0)
    return Silhouette(
        np.ascontiguousarray(crop_to_box(mask.astype(np.uint8), find_bounding_box(mask)))
    )


def _turns_up(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> bool:
    """Whether b lies above the line from a to c, or on it; points are float (2,), y down."""
    return bool((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0)
