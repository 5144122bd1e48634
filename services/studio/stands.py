"""What a product stands on: a plinth as wide as the picture allows, its top at y = 0."""

from dataclasses import dataclass

from services.studio import props
from services.studio.camera import Camera
from services.studio.shapes import Solid

LOWEST_FRONT_ROW = 0.915
IN_FRONT = 0.3


@dataclass(frozen=True)
class Footing:
    """The outline of a plinth, in units; z: of its middle."""

    width: float
    depth: float
    corner: float
    z: float

    def block(self, height: float, fillet: float, wider: float = 0.0) -> Solid:
        """A block of this outline, `wider` than it all around taken together, from y = 0 up."""
        width, depth = self.width + wider, self.depth + wider
        corner = self.corner + wider / 2
        return props.plinth(width, depth, height, corner, fillet).moved(z=self.z)


def footing(
    camera: Camera, share: float = 0.84, deepest: float = 0.86, corner: float | None = None
) -> Footing:
    """A plinth under the product whose front is in the picture: round, or with this corner."""
    width = share * camera.units_wide
    depth = min(width, deepest)
    z = min(IN_FRONT * depth, camera.depth_at(LOWEST_FRONT_ROW)) - depth / 2
    return Footing(width, depth, depth / 2 if corner is None else corner, z)
