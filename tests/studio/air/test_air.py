"""Air around the product: layers in range, alike for equal seeds, calm in the middle."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio.air import AIR, AIR_SHAPES, paint_air
from services.studio.camera import create_camera
from services.studio.variant import SCALAR_VARIANT

SIZE = (72, 96)
TOWARD_LIGHT = np.array([-0.6, 0.6, 0.5])
BLUE = (40, 70, 200)


@pytest.fixture(scope="module", autouse=True)
def _set_variant():
    mi.set_variant(SCALAR_VARIANT)


@pytest.fixture(scope="module")
def camera():
    return create_camera(SIZE[1], SIZE[0], pitch=14, ground_line=0.8, view_angle=28)


@pytest.mark.parametrize("name", AIR)
def test_a_layer_is_in_range_and_alike_for_equal_seeds(name, camera):
    light, alpha = paint_air(name, SIZE, camera, None, TOWARD_LIGHT, seed=3)
    assert light.shape == (*SIZE, 3) and alpha.shape == SIZE
    assert light.dtype == alpha.dtype == np.float32
    assert light.min() >= 0 and np.isfinite(light).all() and light.max() > 0.02
    assert alpha.min() >= 0 and alpha.max() <= 1
    again = paint_air(name, SIZE, camera, None, TOWARD_LIGHT, seed=3)
    assert np.array_equal(light, again[0]) and np.array_equal(alpha, again[1])


@pytest.mark.parametrize("name", AIR)
def test_a_layer_takes_the_color_that_the_brief_names(name, camera):
    light, _ = paint_air(name, SIZE, camera, BLUE, TOWARD_LIGHT, seed=3)
    assert light[..., 2].sum() > light[..., 0].sum()


@pytest.mark.parametrize("name", ["smoke", "fog", "dust", "snowflakes", "sparks"])
def test_air_is_thinner_where_the_product_will_be(name, camera):
    amounts = [paint_air(name, SIZE, camera, None, TOWARD_LIGHT, seed)[0] for seed in range(3)]
    mean = np.mean(amounts, axis=(0, 3))
    assert mean[25:50, 38:58].mean() < mean.mean()


@pytest.mark.parametrize("name", AIR_SHAPES)
def test_shapes_in_the_air_are_sound(name, camera):
    pieces, again = (AIR_SHAPES[name](camera, None, np.random.default_rng(4)) for _ in range(2))
    assert sum(len(piece.mesh.faces) for piece in pieces) < 40_000
    for piece, other in zip(pieces, again, strict=True):
        assert np.isfinite(piece.mesh.vertices).all()
        assert piece.mesh.vertices[:, 1].min() > -0.05
        assert np.allclose(np.linalg.norm(piece.mesh.normals, axis=1), 1, atol=1e-6)
        assert np.array_equal(piece.mesh.vertices, other.mesh.vertices)
