"""Ground and cloth that are not flat."""

import numpy as np
import pytest

from services.studio import shapes
from services.studio.cloth import folds
from services.studio.terrain import calm, drape, swell, terrain


def flat(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """No relief at all."""
    return 0 * x


def test_flat_ground_is_flat_and_faces_up():
    ground = terrain(2.0, -3.0, 1.0, flat)
    assert np.allclose(ground.points[:, 1], 0) and np.allclose(ground.normals, [0, 1, 0])
    assert ground.points[:, [0, 2]].min(axis=0) == pytest.approx([-2, -3])
    assert ground.points[:, [0, 2]].max(axis=0) == pytest.approx([2, 1])


def test_every_face_looks_the_way_of_its_normals():
    hills = swell(1, 0.8)
    ground = terrain(1.0, -1.0, 1.0, lambda x, z: 0.1 * hills(x, z))
    one, two, three = (ground.points[ground.faces[:, i]] for i in range(3))
    across = np.cross(two - one, three - one)
    assert ((across * ground.normals[ground.faces[:, 0]]).sum(axis=1) > 0).all()


def test_normals_stand_across_a_slope():
    slope = terrain(1.0, -1.0, 1.0, lambda x, z: 0.5 * x)
    assert np.allclose(slope.normals, np.array([-0.5, 1, 0]) / np.hypot(0.5, 1), atol=1e-6)


def test_ground_is_finest_where_the_product_stands():
    places = np.unique(terrain(3.0, -3.0, 3.0, flat).points[:, 0])
    steps = np.diff(places)
    assert steps[np.abs(places[:-1]) < 0.3].max() < 0.01 < steps[:10].max()


def test_the_place_of_the_product_is_calm_and_the_rest_is_not():
    assert calm(np.array([0.0]), np.array([-0.1])) == 0
    assert calm(np.array([2.0]), np.array([0.0])) == 1


def test_a_swell_is_smooth_and_about_as_strong_as_told():
    x, z = np.meshgrid(np.linspace(-4, 4, 400), np.linspace(-4, 4, 400))
    field = swell(3, 0.8)(x, z)
    assert abs(field.mean()) < 0.3 and 0.4 < field.std() < 1.4
    assert np.abs(np.diff(field, axis=1)).max() < 0.3


def test_unfolded_cloth_lies_as_a_sweep_does():
    cloth = drape(2.0, 3.0, -1.5, 0.5, 1.4, flat)
    bare = shapes.sweep(2.0, 3.0, -1.5, 0.5, 1.4)
    assert cloth.points.max(axis=0) == pytest.approx(bare.points.max(axis=0), abs=1e-6)
    assert cloth.points.min(axis=0) == pytest.approx(bare.points.min(axis=0), abs=1e-6)
    wall = cloth.points[:, 1] > 0.6
    assert np.allclose(cloth.normals[wall], [0, 0, 1], atol=1e-3)


def test_folds_are_longer_than_wide():
    x, z = np.meshgrid(np.linspace(-2, 2, 300), np.linspace(-2, 2, 300))
    heights = folds(5, 0.0, 0.25, 0.1)(x, z)
    across, along = (np.abs(np.diff(heights, axis=axis)).mean() for axis in (1, 0))
    assert across > 2.5 * along
    assert heights.min() >= 0 and 0.03 < heights.max() < 0.5
