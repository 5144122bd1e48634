"""Parts of sets: plinths, walls, tables, backdrops, materials."""

import math

import mitsuba as mi
import numpy as np
import pytest

from services.studio import materials, tables, walls
from services.studio.camera import Camera, create_camera
from services.studio.lights import Lamp
from services.studio.seeing import cover_product
from services.studio.stands import fit_plinth, measure_product_base
from tests.support.sets import create_plan


@pytest.fixture(autouse=True)
def _use_scalar_variant():
    mi.set_variant("scalar_rgb")


def test_excluded_things_are_not_allowed():
    plan = create_plan(excluded=frozenset({"plants"}))
    assert not plan.is_allowed("plants") and plan.is_allowed("props")


def test_a_prop_at_the_side_is_inside_the_image():
    plan = create_plan()
    column, _ = plan.camera.project_point((plan.side_x(-0.6), 0.0, -0.6))
    assert 0.85 < column < 1.0


@pytest.mark.parametrize(("width", "height"), [(256, 256), (900, 300), (300, 900)])
def test_the_front_of_a_plinth_is_in_the_image(width, height):
    camera = create_camera(width, height, 16.0, ground_line=0.8, view_angle=22)
    outline = fit_plinth(camera)
    front = camera.project_point((0.0, 0.0, outline.z + outline.depth / 2))
    assert front[1] < 0.93 and outline.width < camera.width_in_units


@pytest.mark.parametrize("corner", [None, 0.03])
@pytest.mark.parametrize("pitch", [8.0, 30.0, 50.0, 90.0])
@pytest.mark.parametrize("size", [(256, 256), (900, 300), (300, 600)])
@pytest.mark.parametrize("aspect", [0.4, 1.7])
def test_a_product_stands_on_its_plinth_with_all_of_its_base(aspect, size, pitch, corner):
    camera = create_camera(*size, pitch, ground_line=0.8, view_angle=22, product_x=0.62)
    base = measure_product_base(camera, cover_product(camera, aspect), is_lying=False)
    outline = fit_plinth(camera, max_depth=0.62, corner=corner, base=base)
    for z in (base.front, base.back):
        # Distances from the middle of the corner's circle.
        across = base.half_width - (outline.width / 2 - outline.corner)
        along = abs(z - outline.z) - (outline.depth / 2 - outline.corner)
        assert math.hypot(max(across, 0), max(along, 0)) < outline.corner


def test_a_lying_product_covers_more_ground_the_flatter_it_is_seen():
    bases = []
    for pitch in (20, 40):
        camera = create_camera(256, 256, pitch, ground_line=0.8, view_angle=22)
        bases.append(measure_product_base(camera, cover_product(camera, 1.0), is_lying=True))
    assert bases[0].back < bases[1].back < bases[1].front == 0


@pytest.mark.parametrize("pitch", [0.0, 16.0, 45.0, 59.0])
def test_a_wall_is_behind_all_of_the_visible_floor(pitch):
    camera = create_camera(256, 256, pitch, ground_line=0.8, view_angle=24)
    depth, top = walls.place_back_wall(camera, -1.0)
    assert depth <= -1.0
    assert camera.project_point((0.0, top, depth))[1] < 0


def test_a_key_light_from_behind_shines_over_the_wall():
    behind = walls.raise_key_above_wall(Lamp(180, 10, 4, 1, 1, 1), -1.0, 1.5)
    assert behind.elevation > math.degrees(math.atan2(1.5, 1.0))
    front = Lamp(40, 10, 4, 1, 1, 1)
    assert walls.raise_key_above_wall(front, -1.0, 1.5) == front


@pytest.mark.parametrize("is_land", [False, True])
def test_the_far_edge_of_the_ground_rises_and_leaves_the_steepest_views(is_land):
    cameras = [create_camera(64, 64, pitch, 0.8, 28) for pitch in range(60)]
    rows = [find_edge_row(camera, is_land) for camera in cameras]
    assert 0.45 < rows[10] < 0.6 if not is_land else rows[10] > 0.3
    # A strip of the place is seen, and no sliver of it.
    assert min(rows[:46]) == pytest.approx(tables.LEAST_EDGE_ROW) and max(rows[46:]) < 0


def test_land_rises_before_a_table_does():
    camera = create_camera(64, 64, 22.0, 0.8, 28)
    assert find_edge_row(camera, is_land=True) < find_edge_row(camera)


def find_edge_row(camera: Camera, is_land: bool = False) -> float:
    """Returns the row of the ground's far edge, as a share of the height."""
    return camera.project_point((0, 0, tables.find_ground_edge(camera, 0.6, is_land)))[1]


def test_a_backdrop_is_painted_with_the_height_of_the_tables_edge():
    plan, painted = create_plan(), []

    def paint(size: tuple[float, float], level: float) -> np.ndarray:
        """Records its arguments; returns black light, float32 (4, 4, 3)."""
        painted.append((size, level))
        return np.zeros((4, 4, 3), np.float32)

    shapes = tables.hang_backdrop(plan.camera, -1.0, paint)
    ((height, width), level) = painted[0]
    assert list(shapes) == ["matte"]
    assert height > 1 and width > 1 and -height / 2 < level < 0.2


def test_a_texture_repeats_after_its_scale():
    material = materials.Material({}, scale=2.0, shift=(0.25, 0.0))
    uv = material.transform_uv(np.array([[0.0, 0.0], [2.0, 0.0]]))
    assert uv.tolist() == [[0.25, 0.0], [1.25, 0.0]]
