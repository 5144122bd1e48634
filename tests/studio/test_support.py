"""How much of a product's base is beyond the edge of its podium."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio import materials, world
from services.studio.camera import create_camera
from services.studio.proxy import PlacedProduct
from services.studio.shapes import Mesh
from services.studio.stands import PlinthOutline
from services.studio.support import measure_overhang

SIDE = 200


@pytest.mark.parametrize(("shift", "least", "most"), [(0, 0, 0), (40, 0.2, 0.6), (90, 0.7, 0.9)])
def test_the_part_of_a_base_that_leaves_its_podium_is_measured(shift, least, most):
    mi.set_variant("scalar_rgb")
    camera = create_camera(SIDE, SIDE, 16.0, ground_line=0.8, view_angle=22)
    podium = PlinthOutline(0.6, 0.5, 0.02, z=-0.1).create_block(0.3, fillet=0.008)
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[80:160, 60 + shift : 140 + shift] = 255
    product = PlacedProduct(np.zeros((SIDE, SIDE, 3), np.uint8), alpha)
    overhang = measure_overhang(product, camera, load_block(podium.translate(y=-0.3)))
    assert least <= overhang <= most


def load_block(block: Mesh) -> "mi.Scene":
    """Loads a block alone into Mitsuba."""
    shape = world.load_mesh("podium", block, materials.create_matte_material((200, 200, 200)))
    return mi.load_dict({"type": "scene", "podium": shape})
