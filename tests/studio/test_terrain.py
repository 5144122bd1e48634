"""Uneven ground and folds of cloth."""

import numpy as np
import pytest

from services.studio.cloth import create_cloth_folds
from services.studio.terrain import (
    create_noise_field,
    create_terrain,
    ramp_away_from_product,
)


def flat_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Returns heights of 0, of the shape of x and z."""
    return 0 * x


def test_flat_ground_is_flat_and_faces_up():
    ground = create_terrain(2.0, -3.0, 1.0, flat_heights)
    assert np.allclose(ground.vertices[:, 1], 0) and np.allclose(ground.normals, [0, 1, 0])
    assert ground.vertices[:, [0, 2]].min(axis=0) == pytest.approx([-2, -3])
    assert ground.vertices[:, [0, 2]].max(axis=0) == pytest.approx([2, 1])


def test_every_face_points_the_way_of_its_normals():
    hills = create_noise_field(1, 0.8)
    ground = create_terrain(1.0, -1.0, 1.0, lambda x, z: 0.1 * hills(x, z))
    one, two, three = (ground.vertices[ground.faces[:, i]] for i in range(3))
    across = np.cross(two - one, three - one)
    assert ((across * ground.normals[ground.faces[:, 0]]).sum(axis=1) > 0).all()


def test_normals_are_perpendicular_to_a_slope():
    slope = create_terrain(1.0, -1.0, 1.0, lambda x, z: 0.5 * x)
    assert np.allclose(slope.normals, np.array([-0.5, 1, 0]) / np.hypot(0.5, 1), atol=1e-6)


def test_the_mesh_is_finest_where_the_product_stands():
    places = np.unique(create_terrain(3.0, -3.0, 3.0, flat_heights).vertices[:, 0])
    steps = np.diff(places)
    assert steps[np.abs(places[:-1]) < 0.3].max() < 0.01 < steps[:10].max()


def test_heights_fade_out_where_the_product_stands():
    assert ramp_away_from_product(np.array([0.0]), np.array([-0.1])) == 0
    assert ramp_away_from_product(np.array([2.0]), np.array([0.0])) == 1


def test_a_noise_field_is_smooth_and_of_deviation_one():
    x, z = np.meshgrid(np.linspace(-4, 4, 400), np.linspace(-4, 4, 400))
    field = create_noise_field(3, 0.8)(x, z)
    assert abs(field.mean()) < 0.3 and 0.4 < field.std() < 1.4
    assert np.abs(np.diff(field, axis=1)).max() < 0.3


def test_folds_are_longer_than_wide():
    x, z = np.meshgrid(np.linspace(-2, 2, 300), np.linspace(-2, 2, 300))
    heights = create_cloth_folds(5, 0.0, 0.25, 0.1)(x, z)
    across, along = (np.abs(np.diff(heights, axis=axis)).mean() for axis in (1, 0))
    assert across > 2.5 * along
    assert heights.min() >= 0 and 0.03 < heights.max() < 0.5
