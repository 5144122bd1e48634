"""What of a panorama is seen behind a set: as a wide lens that looks level shows it.

A lens as long as the set's would show so little of a place that nobody recognizes it out of focus,
and in steep views only the ground between here and there.
"""

import math
from dataclasses import dataclass

from services.studio.camera import Camera
from services.studio.tables import find_seen_horizon

# How many times as much of a place is seen as through the set's lens. Larger: more of it, smaller,
# and with more detail; from about 2.5 on toward the look of a model.
WIDENING = 1.8


@dataclass(frozen=True)
class Outlook:
    """The view of a place behind a set.

    camera: of the set.
    edge_row, horizon_row: of the ground's far edge and of the place's horizon, as shares of the
    image's height from the top.
    widening: how many times as much is seen as through the set's lens.
    """

    camera: Camera
    edge_row: float
    horizon_row: float
    widening: float = WIDENING

    @property
    def distance(self) -> float:
        """Units from the camera at which one unit of the place's picture spans one of the image."""
        return self.camera.distance / self.widening

    @property
    def half_width(self) -> float:
        """Degrees from the middle of the view to its left and right end."""
        return math.degrees(math.atan(self.camera.width_in_units / 2 / self.distance))

    def elevation_at_row(self, row: float) -> float:
        """Returns the degrees above level that are seen in a row of the image.

        row: share of its height from the top.
        """
        above = (self.horizon_row - row) * self.camera.height_in_units
        return math.degrees(math.atan(above / self.distance))


def look_out(camera: Camera, edge_z: float) -> Outlook:
    """Returns the view of a place behind the far edge of the ground.

    camera: of the set. edge_z: z of the far edge in units.
    """
    edge_row = camera.project_point((0.0, 0.0, edge_z))[1]
    return Outlook(camera, edge_row, find_seen_horizon(camera, edge_row))
