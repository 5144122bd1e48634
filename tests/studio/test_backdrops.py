"""Painted backdrops: size, finite light, determinism, and what each is a painting of."""

import numpy as np
import pytest

from services.studio.backdrops import canvas
from services.studio.backdrops.autumn import paint_autumn
from services.studio.backdrops.forest import paint_forest
from services.studio.backdrops.garden import paint_garden
from services.studio.backdrops.glow import paint_glow
from services.studio.backdrops.gradient import paint_gradient
from services.studio.backdrops.lights import paint_skyline, paint_street, paint_tree_lights
from services.studio.backdrops.pool import paint_pool
from services.studio.backdrops.rooftops import paint_rooftops
from services.studio.backdrops.sea import paint_sea
from services.studio.backdrops.trees import plant_firs, plant_palms, plant_trunks
from services.studio.backdrops.tubes import paint_neon_tubes

SIZE = (0.8, 1.2)
# Rows of the paintings that are above their ground.
SIDE_ABOVE_GROUND = 200
RED, BLUE, DARK = (200, 30, 30), (30, 60, 200), (20, 20, 24)
PAINTINGS = {
    "firs": lambda seed: plant_firs(paint_gradient(SIZE, -0.2, RED, BLUE), -0.2, 0.5, "low", seed),
    "autumn": lambda seed: paint_autumn(SIZE, -0.2, 1, seed),
    "forest": lambda seed: paint_forest(SIZE, -0.1, "day", True, seed),
    "garden": lambda seed: paint_garden(SIZE, 1, 0.5, seed),
    "glow": lambda seed: paint_glow(SIZE, -0.2, DARK, np.ones(3)),
    "gradient": lambda seed: paint_gradient(SIZE, -0.2, RED, BLUE),
    "neon": lambda seed: paint_neon_tubes(SIZE, -0.2, RED, BLUE, seed),
    "palms": lambda seed: plant_palms(
        paint_gradient(SIZE, -0.2, RED, BLUE), -0.2, 0.5, "day", seed
    ),
    "pool": lambda seed: paint_pool(SIZE, -0.2, 0.2, "day", seed),
    "rooftops": lambda seed: paint_rooftops(SIZE, -0.2, "day", seed),
    "sea": lambda seed: paint_sea(SIZE, -0.2, 0.1, "day", seed),
    "skyline": lambda seed: paint_skyline(SIZE, -0.2, 0.0, seed),
    "street": lambda seed: paint_street(SIZE, -0.2, 0.0, seed),
    "trunks": lambda seed: plant_trunks(
        paint_gradient(SIZE, -0.2, RED, BLUE), -0.2, 0.5, "day", seed
    ),
    "tree": lambda seed: paint_tree_lights(SIZE, -0.2, DARK, (RED, BLUE), seed),
}


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting_has_its_size_and_finite_light(name):
    light = PAINTINGS[name](1)
    height, width = (round(side * canvas.PIXELS_PER_UNIT) for side in SIZE)
    assert light.dtype == np.float32 and light.shape == (height, width, 3)
    assert np.isfinite(light).all() and light.min() >= 0 and light.std() > 0


@pytest.mark.parametrize("name", PAINTINGS)
def test_equal_seeds_paint_equal_pictures(name):
    assert np.array_equal(PAINTINGS[name](1), PAINTINGS[name](1))


def test_a_gradient_runs_from_low_to_high():
    light = paint_gradient(SIZE, -0.4, RED, BLUE, pool=0.0)
    bottom, top = light[-1].mean(axis=0), light[0].mean(axis=0)
    assert bottom[0] > 5 * bottom[2] and top[2] > 5 * top[0]


def test_a_low_sun_makes_the_sea_warmer():
    day, low = (paint_sea(SIZE, -0.2, 0.1, hour, 1).mean(axis=(0, 1)) for hour in ("day", "low"))
    assert low[0] / low[2] > day[0] / day[2]


def test_defocus_turns_a_point_into_a_disc_of_the_same_light():
    light = np.zeros((101, 101, 3), np.float32)
    light[50, 50] = 100
    blurred = canvas.defocus_light(light, radius=10 / canvas.PIXELS_PER_UNIT)
    assert blurred.sum() == pytest.approx(300, rel=1e-3)
    assert blurred[50, 57, 0] > 0 and blurred[50, 65, 0] == pytest.approx(0, abs=1e-6)


def test_coordinates_count_up_in_units_from_the_center():
    painted = canvas.create_canvas((1.0, 2.0), np.zeros(3))
    x, y = painted.pixel_coordinates()
    assert (x.min(), y.max()) == pytest.approx((-1.0, 0.5), abs=0.01)
    assert painted.pixel_at(0, 0) == (canvas.PIXELS_PER_UNIT, canvas.PIXELS_PER_UNIT // 2)


def test_a_box_fills_its_area_and_nothing_else():
    painted = canvas.create_canvas((1.0, 1.0), np.zeros(3))
    painted.fill_box(0.0, 0.0, 0.25, 0.25, np.ones(3))
    covered = painted.light[..., 0] > 0
    assert covered.mean() == pytest.approx(1 / 16, rel=0.03)
    assert not covered[:, : canvas.PIXELS_PER_UNIT // 2 - 1].any()


@pytest.mark.parametrize("plant", [plant_firs, plant_palms])
@pytest.mark.parametrize("half_width", [0.5, 0.6])
def test_trees_stand_above_their_feet_at_the_edges_and_leave_the_middle_free(plant, half_width):
    plain = np.full((320, 480, 3), 0.5, np.float32)
    changed = np.abs(plant(plain, -0.1, half_width, "day", 1) - plain).max(axis=2) > 0.05
    rows, columns = np.nonzero(changed)
    away = np.abs(columns - 240) / (half_width * canvas.PIXELS_PER_UNIT)
    assert 0.03 < changed.mean() < 0.5
    assert away.min() > 0.1
    assert rows.max() <= 160 + 0.1 * canvas.PIXELS_PER_UNIT + 8


def test_trunks_keep_the_nearest_trees_out_of_the_middle():
    plain = np.full((320, 480, 3), 0.5, np.float32)
    change = np.abs(plant_trunks(plain, -0.3, 0.6, "day", 1) - plain).max(axis=2).mean(axis=0)
    middle, sides = change[200:280], np.concatenate((change[:120], change[360:]))
    assert middle.max() < sides.max() and middle.mean() < 0.6 * sides.mean()


def test_trees_are_darker_at_a_lower_sun():
    plain = np.full((320, 480, 3), 0.5, np.float32)
    for plant in (plant_firs, plant_palms):
        day, low, dark = (
            plant(plain, -0.1, 0.6, hour, 1).mean() for hour in ("day", "low", "dark")
        )
        assert day > low > dark


def test_trees_of_autumn_are_orange_where_those_of_summer_are_green():
    red, green, blue = PAINTINGS["autumn"](2)[:SIDE_ABOVE_GROUND].mean(axis=(0, 1))
    assert red > 1.8 * green > 2.5 * blue
    red, green, _ = PAINTINGS["garden"](2)[:SIDE_ABOVE_GROUND].mean(axis=(0, 1))
    assert red < 1.2 * green


def test_a_pool_is_turquoise_below_its_pale_edge_and_a_hedge():
    light = paint_pool((0.8, 1.2), -0.3, 0.2, "day", 1)
    unit, middle = canvas.PIXELS_PER_UNIT, 0.4
    water, edge, hedge = (
        light[round((middle - height) * unit)].mean(axis=0) for height in (-0.2, -0.09, -0.01)
    )
    assert water[2] > 1.5 * water[0] and water[1] > 1.5 * water[0]
    assert edge.min() > 0.45
    assert hedge[1] > 1.2 * hedge[2]


def test_buildings_stand_below_a_free_sky():
    light = paint_rooftops((0.8, 1.2), -0.1, "day", 1)
    spread = light.std(axis=1).mean(axis=1)
    free, built = spread[: round(0.05 * canvas.PIXELS_PER_UNIT)], spread[-100:]
    assert free.max() < 0.005 < 0.03 < built.min()
