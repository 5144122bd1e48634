"""How much of a thing is seen: what the picture cuts off and the product hides does not count."""

import pytest

from services.studio.camera import create_camera
from services.studio.props import create_plinth
from services.studio.seeing import measure_seen_share

CAMERA = create_camera(96, 96, pitch=12, ground_line=0.8, view_angle=26)


def measure(x: float, z: float, camera=CAMERA) -> float:
    block = create_plinth(0.1, 0.1, 0.1, corner=0.01, fillet=0.005).translate(x=x, z=z)
    return measure_seen_share(camera, [block])


@pytest.mark.parametrize(
    ("x", "z", "share"),
    [(0.38, -0.3, 1.0), (0.0, -0.3, 0.0), (0.0, 0.2, 1.0), (0.9, -0.3, 0.0), (0.5, 0.0, 0.5)],
    ids=["next to it", "behind it", "in front of it", "outside", "cut off"],
)
def test_only_what_is_in_view_counts(x, z, share):
    assert measure(x, z) == pytest.approx(share, abs=0.15)


def test_nothing_is_behind_a_product_that_is_seen_from_above():
    assert measure(0.0, -0.3, create_camera(96, 96, 90, 0.5, 26)) == 1
