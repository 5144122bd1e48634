"""The pairs of photo and truth, and how products are fitted into their sets."""

import numpy as np
import pytest

from services.studio.camera import create_camera
from services.studio.lofts import create_cylinder
from services.studio.materials import create_matte_material
from services.studio.things.thing import Piece
from tools.truth.cases import HALVES, SETS, list_pairs
from tools.truth.photos import create_photo_camera
from tools.truth.products import PRODUCTS
from tools.truth.rendering import find_projected_box, fit_to_box


def test_every_product_stands_in_six_sets():
    pairs = list_pairs()
    assert len(set(pairs)) == 60
    assert {product for product, _ in pairs} == set(PRODUCTS) == set(HALVES[0] + HALVES[1])
    assert all([product for product, _ in pairs].count(name) == 6 for name in PRODUCTS)


def test_the_first_dozen_shows_every_set_and_every_product():
    products, sets = zip(*list_pairs()[:12], strict=True)
    assert set(products) == set(PRODUCTS) and set(sets) == set(SETS)


@pytest.mark.parametrize("is_wide", [True, False])
def test_a_photo_looks_down_on_the_product_as_its_set_does(is_wide):
    for truth_set in SETS.values():
        camera = create_photo_camera(truth_set, is_wide)
        assert camera.project_point((0, 0, 0)) == pytest.approx((0.5, camera.ground_line))
        assert camera.pitch + camera.ground_offset == pytest.approx(truth_set.pitch)


@pytest.mark.parametrize("pitch", [5, 25, 45])
def test_a_product_is_fitted_into_the_box_of_its_ad(pitch):
    camera = create_camera(512, 512, pitch, ground_line=0.8, view_angle=26)
    column = Piece(create_cylinder(40, 120), create_matte_material((200, 200, 200)))
    (fitted,) = fit_to_box([column], camera, (170, 120, 140, 290))
    x, y, width, height = find_projected_box(fitted.mesh.vertices, camera)
    assert x + width / 2 == pytest.approx(240, abs=0.1)
    assert y + height == pytest.approx(410, abs=0.1)
    assert width * height == pytest.approx(140 * 290, rel=0.001)
    assert np.min(fitted.mesh.vertices[:, 1]) == pytest.approx(0, abs=1e-6)
