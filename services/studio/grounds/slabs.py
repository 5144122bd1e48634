"""Flat grounds: a plate with a far edge, or a plane that fills the view."""

from services.studio import materials
from services.studio.grounds.ground import GroundRequest
from services.studio.sets import NamedShapes
from services.studio.tables import create_table


def lay_slab(request: GroundRequest, material: materials.Material) -> NamedShapes:
    """Lays a flat plate of a material at y = 0 up to the request's far edge.

    Returns the Mitsuba shape by name.
    """
    if request.front_z is None:
        return create_table(request.far_z, material)
    return create_table(request.far_z, material, request.front_z)
