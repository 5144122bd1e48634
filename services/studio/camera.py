"""The camera of a set: where it stands, what it sees, and where points of the world appear.

The world: x to the right, y up, z towards the camera. The product will stand on the point
(0, 0, 0). There the picture's shorter side spans exactly one unit, so that a set fits every
size and shape of picture.
"""

import math
from dataclasses import dataclass

import numpy as np

from services.imaging.scene import MIN_LYING_PITCH

LONG_SIDE_VIEW = 34.0
LYING_GROUND_LINE = 0.5


@dataclass(frozen=True)
class Camera:
    """A camera that looks down by `pitch` degrees and sees the origin at the ground line.

    width, height: the picture in pixels; view: the angle seen along its height, in degrees;
    distance: from the camera to the plane through the origin that faces it.
    """

    width: int
    height: int
    pitch: float
    view: float
    distance: float
    ground_line: float

    @property
    def forward(self) -> np.ndarray:
        """The unit vector along the line of sight."""
        pitch = math.radians(self.pitch)
        return np.array([0.0, -math.sin(pitch), -math.cos(pitch)])

    @property
    def up(self) -> np.ndarray:
        """The unit vector that points up in the picture."""
        pitch = math.radians(self.pitch)
        return np.array([0.0, math.cos(pitch), -math.sin(pitch)])

    @property
    def position(self) -> np.ndarray:
        """Where the camera is."""
        below_middle = (2 * self.ground_line - 1) * self._slope
        return -self.distance * (self.forward - below_middle * self.up)

    @property
    def lying(self) -> bool:
        """Whether products lie on the surface, seen from above, instead of standing on it."""
        return self.pitch >= MIN_LYING_PITCH

    @property
    def units_wide(self) -> float:
        """How many units the picture spans at the origin's distance, side to side."""
        return self.width / min(self.width, self.height)

    @property
    def units_high(self) -> float:
        """How many units the picture spans at the origin's distance, top to bottom."""
        return self.height / min(self.width, self.height)

    def project(self, point: tuple[float, float, float]) -> tuple[float, float]:
        """Where a point of the world appears: shares of the width and height from the top left."""
        offset = np.asarray(point, float) - self.position
        depth = float(offset @ self.forward)
        across = float(offset[0]) / (depth * self._slope * self.width / self.height)
        upwards = float(offset @ self.up) / (depth * self._slope)
        return 0.5 + across / 2, 0.5 - upwards / 2

    def sight(self, x: float, y: float) -> np.ndarray:
        """The direction of what appears at these shares of the picture; not of length 1."""
        across = (2 * x - 1) * self._slope * self.width / self.height
        return self.forward + np.array([across, 0, 0]) + (1 - 2 * y) * self._slope * self.up

    def horizon(self) -> float:
        """The row of everything far and level, as a share of the height; -1 when far above."""
        if self.pitch > 80:
            return -1.0
        return max(-1.0, 0.5 - math.tan(math.radians(self.pitch)) / (2 * self._slope))

    def depth_at(self, row: float, level: float = 0.0) -> float:
        """The z where the picture's middle column shows a floor at y = level in this row.

        Infinite (negative) where that row looks at or above the horizon.
        """
        sight = self.sight(0.5, row)
        if sight[1] > -1e-6:
            return -math.inf
        position = self.position
        return float(position[2] + sight[2] * (level - position[1]) / sight[1])

    def level_at(self, row: float, depth: float) -> float:
        """The y of what the picture's middle column shows in this row at z = depth."""
        sight = self.sight(0.5, row)
        position = self.position
        return float(position[1] + sight[1] * (depth - position[2]) / sight[2])

    def half_width_at(self, depth: float, level: float = 0.0) -> float:
        """Half the width, in units, that the picture spans at the point (0, level, depth)."""
        offset = np.array([0.0, level, depth]) - self.position
        return float(offset @ self.forward) * self._slope * self.width / self.height

    @property
    def _slope(self) -> float:
        return math.tan(math.radians(self.view) / 2)


def frame(width: int, height: int, pitch: float, ground_line: float, view: float) -> Camera:
    """Frames a set: `view` is the angle along the shorter side, in degrees.

    Long pictures are taken from further away, so that their ends are not drawn out.
    """
    short, long = sorted((width, height))
    distance = max(
        0.5 / math.tan(math.radians(view) / 2),
        0.5 * long / short / math.tan(math.radians(max(view, LONG_SIDE_VIEW)) / 2),
    )
    angle_high = 2 * math.degrees(math.atan(0.5 * height / short / distance))
    line = LYING_GROUND_LINE if pitch >= MIN_LYING_PITCH else ground_line
    return Camera(width, height, pitch, angle_high, distance, line)
