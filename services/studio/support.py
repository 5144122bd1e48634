"""Measures whether a product stands on the surface of its set with all of its base."""

import mitsuba as mi
import numpy as np

from services.imaging.contour import trace_lower_contour
from services.studio.camera import Camera
from services.studio.proxy import PlacedProduct

# Certainty of contact from which on a part of the lower outline stands on the ground. Smaller:
# straps that hang over an edge count as feet.
MIN_CERTAINTY = 0.6
# Units below the surface from which on a foot is beyond its edge. Larger: low steps count as
# surface. Smaller: hollows of uneven ground do not.
MAX_DROP = 0.05
# Lines of sight at most. More: finer shares.
MAX_RAYS = 160


def measure_overhang(product: PlacedProduct, camera: Camera, scene: "mi.Scene") -> float:
    """Returns the share of a standing product's feet that are beyond the surface, 0 to 1.

    There the lines of sight to the lower outline pass the edge of the podium, rock or table.

    camera: of the set. scene: the set without the product, as loaded into Mitsuba.
    """
    height, width = product.alpha.shape
    contour = trace_lower_contour(product.alpha, camera.pitch)
    columns = np.flatnonzero(contour.weight >= MIN_CERTAINTY)
    columns = columns[:: max(1, len(columns) // MAX_RAYS)]
    crop, origin, beyond = product.crop, mi.Point3f(*camera.position), 0
    for column, row in zip(columns, contour.lowest[columns], strict=True):
        across = crop.left + crop.width * (column + 0.5) / width
        down = crop.top + crop.height * (row + 1) / height
        ray = mi.Ray3f(origin, mi.Vector3f(*camera.ray_at(across, down)))
        seen = scene.ray_intersect(ray)
        beyond += not seen.is_valid() or float(np.array(seen.p)[1]) < -MAX_DROP
    return beyond / max(1, len(columns))
