"""Rooms: every one paints finite light of usual levels, by its seed and style."""

from dataclasses import replace

import mitsuba as mi
import numpy as np
import pytest

from services.imaging.color import LUMINANCE
from services.studio.rooms import ROOMS, painting
from services.studio.rooms.room import Room
from services.studio.rooms.style import RoomStyle

SIZE, LEVEL, EYE, VIEW_ANGLE, PIXELS = (1.2, 1.0), -0.3, -0.06, 30.0, 60.0
DAY, EVENING = RoomStyle(), RoomStyle(mood="dark")


@pytest.fixture(scope="module", autouse=True)
def _scalar_variant():
    mi.set_variant("scalar_rgb")
    yield
    painting.forget_rooms()


def paint(name: str, style: RoomStyle = DAY, seed: int = 1) -> np.ndarray:
    return painting.paint_room(name, SIZE, LEVEL, EYE, VIEW_ANGLE, style, seed, PIXELS)


def build(name: str, style: RoomStyle, seed: int = 1) -> Room:
    room = Room(style, np.random.default_rng(seed))
    ROOMS[name](room)
    return room


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_paints_finite_light_of_its_size(name):
    light = paint(name)
    assert light.dtype == np.float32 and light.shape == (72, 60, 3)
    assert np.isfinite(light).all() and light.min() >= 0 and light.std() > 0.01
    assert 0.03 < np.median(light[:40] @ LUMINANCE) < 0.9


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_differs_by_seed_and_has_another_wall_by_style(name):
    first, other = (build(name, DAY, seed) for seed in (1, 2))
    assert count_vertices(first) != count_vertices(other) or first.depth != other.depth
    assert (10, 90, 200) in colors_of(build(name, replace(DAY, wall=(10, 90, 200))))


def count_vertices(room: Room) -> int:
    return sum(len(solid.mesh.vertices) for solids in room.solids.values() for solid in solids)


def colors_of(room: Room) -> set[tuple[int, int, int]]:
    return {solid.color for solids in room.solids.values() for solid in solids}


def test_equal_requests_paint_equal_pictures():
    first = paint("kitchen")
    painting.forget_rooms()
    assert np.array_equal(first, paint("kitchen"))


def test_a_painting_may_be_changed_without_changing_the_next():
    paint("kitchen")[:] = 0
    assert paint("kitchen").mean() > 0.1


def test_evenings_are_darker_and_warmer():
    day, evening = (paint("living_room", style).mean(axis=(0, 1)) for style in (DAY, EVENING))
    assert evening @ LUMINANCE < 0.6 * (day @ LUMINANCE)
    assert evening[0] / evening[2] > day[0] / day[2]


def test_a_wall_shows_the_color_of_its_style():
    blue, red = (
        paint("living_room", RoomStyle(wall=wall)) for wall in ((40, 70, 170), (170, 50, 40))
    )
    assert np.mean(blue[:40, :, 2] > 1.3 * blue[:40, :, 0]) > 0.15
    assert np.mean(red[:40, :, 0] > 1.6 * red[:40, :, 2]) > 0.25


def test_kept_renders_are_bounded_in_count_and_size():
    assert painting.KEPT_RENDERS * painting.MAX_RENDER_AREA * 12 < 20e6
    height, width = painting._choose_render_pixels((40.0, 50.0), 400) * np.array((40.0, 50.0))
    assert height * width <= 1.01 * painting.MAX_RENDER_AREA


def test_a_wanted_part_is_built_by_every_seed():
    style = replace(DAY, parts=frozenset({"fireplace"}))
    fires = [
        any(glow.light.ndim == 1 and glow.light[0] > 4 * glow.light[2] for glow in room.glows)
        for room in (build("living_room", style, seed) for seed in range(4))
    ]
    assert all(fires)
