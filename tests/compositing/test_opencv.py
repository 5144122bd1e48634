import numpy as np
import pytest

from services.compositing.engine import ENGINES, Look, Settings, open_engine
from services.runtime.errors import EngineNotReady, NothingFound
from services.runtime.scene import Light, Scene
from tests.pictures import assert_image_equal, draw_cutout

SCENE = Scene(ground_line=0.8, camera_pitch=15, light=Light(300, 45, 0.5))
EXACT = Look(tint=0)


@pytest.fixture(params=ENGINES)
def engine(request):
    return open_engine(request.param, Settings())


@pytest.fixture
def background():
    y = np.linspace(220, 160, 512)[:, None, None]
    return np.broadcast_to(y, (512, 512, 3)).astype(np.uint8).copy()


def test_size_and_types_are_the_contracts(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], Look())
    assert made.pixels.shape == (512, 512, 3) and made.pixels.dtype == np.uint8
    assert made.mask.shape == (512, 512) and made.mask.dtype == np.uint8


def test_where_the_mask_is_full_the_composite_is_all_product(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], EXACT)
    dark = engine.compose(draw_cutout(), background // 4, SCENE, [], EXACT)
    locked = made.mask == 255
    assert locked.sum() > 20_000
    assert_image_equal(made.pixels[locked], dark.pixels[locked])


def test_far_from_the_product_the_background_is_untouched(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], Look())
    assert_image_equal(made.pixels[:, :60], background[:, :60])


def test_equal_requests_give_equal_pixels(engine, background):
    first, second = (engine.compose(draw_cutout(), background, SCENE, [], Look()) for _ in range(2))
    assert_image_equal(first.pixels, second.pixels)


def test_the_shadow_darkens_the_side_away_from_the_light(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], Look(shadow_opacity=0.6))
    at = made.placement
    row = at.y + at.height // 2
    left, right = made.pixels[row, at.x - 6, 0], made.pixels[row, at.x + at.width + 6, 0]
    assert right < left <= background[row, 0, 0]


def test_an_enlarged_product_is_told(engine, background):
    made = engine.compose(draw_cutout(40, 30), background, SCENE, [], Look())
    assert [notice.reason for notice in made.notices] == ["ENLARGED"]


def test_an_empty_cutout_is_refused(engine, background):
    with pytest.raises(NothingFound):
        engine.compose(np.zeros((9, 9, 4), np.uint8), background, SCENE, [], Look())


def test_an_unknown_engine_names_the_choices():
    with pytest.raises(EngineNotReady, match="opencv"):
        open_engine("magic", Settings())
