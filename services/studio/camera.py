"""The camera of a set: its position, its view, and the projection of points into the image.

Set coordinates are in units: x to the right, y up, z toward the camera. The product will stand at
the origin (0, 0, 0). There the image's shorter side spans exactly one unit, so that a set fits
every image size and aspect ratio. A lens shift puts the origin off the image's middle, as
cropping a wider photo does.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from services.runtime.limits import MIN_LYING_PITCH

# Degrees along the longer side, about a 60 mm lens on full frame. Larger: wide images are taken
# from nearer, and props at their ends look stretched.
MAX_LONG_SIDE_ANGLE = 34.0
# Degrees along the height of the longest lens, about 150 mm on full frame. Smaller: level views
# that show the ground under a flatter angle, and less of the place behind.
MIN_VIEW_ANGLE = 9.0
# Share of the height. A product seen from above lies in the middle of the image.
OVERHEAD_GROUND_LINE = 0.5
# Degrees of pitch from which the horizon is reported as far above the image.
NO_HORIZON_PITCH = 80


@dataclass(frozen=True)
class Camera:
    """A camera that looks down by `pitch` degrees and sees the origin on the ground line.

    width, height: size of the image in pixels.
    pitch: degrees below level, 0 to 90.
    view_angle: degrees seen along the image's height.
    distance: units from the camera to the plane through the origin that faces it.
    ground_line: row of the origin, as a share of the height from the top.
    product_x: column of the origin, as a share of the width from the left.
    """

    width: int
    height: int
    pitch: float
    view_angle: float
    distance: float
    ground_line: float
    product_x: float = 0.5

    @property
    def forward(self) -> np.ndarray:
        """Unit vector along the line of sight, float (3,): x right, y up, z to the camera."""
        pitch = math.radians(self.pitch)
        return np.array([0.0, -math.sin(pitch), -math.cos(pitch)])

    @property
    def up(self) -> np.ndarray:
        """Unit vector that points up in the image, float (3,): x right, y up, z to the camera."""
        pitch = math.radians(self.pitch)
        return np.array([0.0, math.cos(pitch), -math.sin(pitch)])

    @property
    def position(self) -> np.ndarray:
        """Position of the camera in units, float (3,); the product stands at (0, 0, 0)."""
        # Slope from the line of sight down to the origin, which is below the image's center.
        below_center = (2 * self.ground_line - 1) * self._half_height_slope
        return -self.distance * (self.forward - below_center * self.up)

    @property
    def is_overhead(self) -> bool:
        """Whether products lie on the surface, seen from above, instead of standing on it."""
        return self.pitch >= MIN_LYING_PITCH

    @property
    def width_in_units(self) -> float:
        """Width of the image at the origin's distance, in units."""
        return self.width / min(self.width, self.height)

    @property
    def height_in_units(self) -> float:
        """Height of the image at the origin's distance, in units."""
        return self.height / min(self.width, self.height)

    def project_point(self, point: tuple[float, float, float]) -> tuple[float, float]:
        """Projects a point of the set, (x, y, z) in units, into the image.

        Returns its column and row as shares of width and height from the top left.
        """
        offset = np.asarray(point, float) - self.position
        depth = float(offset @ self.forward)
        across = float(offset[0]) / (depth * self._half_height_slope * self.width / self.height)
        upward = float(offset @ self.up) / (depth * self._half_height_slope)
        return self.product_x + across / 2, 0.5 - upward / 2

    def project_height(self, height: float) -> float:
        """Returns how tall something at the product's place is, as a share of the image's height.

        height: in units, across the line of sight.
        """
        depth = float(-self.position @ self.forward)
        return height / (2 * depth * self._half_height_slope)

    def ray_at(self, column: float, row: float) -> np.ndarray:
        """Returns the viewing direction, float (3,), in x, y, z, through a point of the image.

        column, row: shares of the image's width and height from the top left.

        The length is not 1: the component along `forward` is.
        """
        across = 2 * (column - self.product_x) * self._half_height_slope * self.width / self.height
        return (
            self.forward
            + np.array([across, 0, 0])
            + (1 - 2 * row) * self._half_height_slope * self.up
        )

    @property
    def ground_offset(self) -> float:
        """Degrees by which the line of sight to the origin is steeper than the camera's pitch."""
        return math.degrees(math.atan((2 * self.ground_line - 1) * self._half_height_slope))

    def look_level(self, ground_pitch: float) -> "Camera":
        """Returns a level camera, farther away, that sees the origin under a flat angle.

        ground_pitch: of the line of sight to the origin, in degrees, at most `ground_offset`. No
        lens is longer than MIN_VIEW_ANGLE.
        """
        below = 2 * self.ground_line - 1
        slope = math.tan(math.radians(ground_pitch)) / below
        slope = max(slope, math.tan(math.radians(MIN_VIEW_ANGLE) / 2))
        slope = min(slope, self._half_height_slope)
        return replace(
            self,
            pitch=0.0,
            view_angle=2 * math.degrees(math.atan(slope)),
            distance=0.5 * self.height_in_units / slope,
        )

    def look_down(self, pitch: float) -> "Camera":
        """Returns the camera at another pitch, 0 to 90 degrees, with the same lens and distance.

        Seen from above, the origin is in the middle of the image.
        """
        if pitch < MIN_LYING_PITCH:
            return replace(self, pitch=pitch)
        return replace(self, pitch=pitch, ground_line=OVERHEAD_GROUND_LINE, product_x=0.5)

    def horizon_row(self) -> float:
        """Returns the row of the horizon as a share of the height; -1 when it is far above."""
        if self.pitch > NO_HORIZON_PITCH:
            return -1.0
        slope = 2 * self._half_height_slope
        return max(-1.0, 0.5 - math.tan(math.radians(self.pitch)) / slope)

    def floor_depth_at_row(self, row: float, floor_y: float = 0.0) -> float:
        """Returns the z, in units, at which the column of the origin shows the floor in a row.

        row: share of the image's height from the top.
        floor_y: y of the floor in units.

        Minus infinity where the row is at or above the horizon.
        """
        ray = self.ray_at(self.product_x, row)
        if ray[1] > -1e-6:
            return -math.inf
        position = self.position
        return float(position[2] + ray[2] * (floor_y - position[1]) / ray[1])

    def height_at_row(self, row: float, z: float) -> float:
        """Returns the y, in units, of what the origin's column shows in this row at this z.

        row: share of the image's height from the top.
        z: of the upright plane to look at, in units; below 0 behind the product.
        """
        ray = self.ray_at(self.product_x, row)
        position = self.position
        return float(position[1] + ray[1] * (z - position[2]) / ray[2])

    def half_width_at_depth(self, z: float, y: float = 0.0, side: float = 0.0) -> float:
        """Returns how far the view reaches to one side, in units, at the point (0, y, z).

        side: below 0 left, above 0 right; 0: the side on which it reaches farther.
        """
        offset = np.array([0.0, y, z]) - self.position
        width = 2 * float(offset @ self.forward) * self._half_height_slope
        shares = (self.product_x, 1 - self.product_x)
        share = max(shares) if side == 0 else shares[side > 0]
        return share * width * self.width / self.height

    @property
    def _half_height_slope(self) -> float:
        """Half the image's height at a distance of one unit."""
        return math.tan(math.radians(self.view_angle) / 2)


def create_camera(
    width: int,
    height: int,
    pitch: float,
    ground_line: float,
    view_angle: float,
    product_x: float = 0.5,
) -> Camera:
    """Creates the camera of a set, as far away as shows one unit along the image's shorter side.

    width, height: size of the image in pixels.
    pitch: degrees that the camera looks down.
    ground_line: row of the standing point as a share of the height.
    product_x: its column as a share of the width. Overhead views center it.
    view_angle: degrees along the shorter side.

    Wide and tall images are taken from further away, so that their ends are not stretched.
    """
    short, long = sorted((width, height))
    long_side_angle = max(view_angle, MAX_LONG_SIDE_ANGLE)
    distance = max(
        0.5 / math.tan(math.radians(view_angle) / 2),
        0.5 * long / short / math.tan(math.radians(long_side_angle) / 2),
    )
    vertical_angle = 2 * math.degrees(math.atan(0.5 * height / short / distance))
    camera = Camera(
        width,
        height,
        pitch,
        view_angle=vertical_angle,
        distance=distance,
        ground_line=ground_line,
        product_x=product_x,
    )
    return camera.look_down(pitch)
