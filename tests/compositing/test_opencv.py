import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.v1.image_pb2 import SIDE_RIGHT
from services.compositing.arrangement import Arrangement
from services.compositing.engine import Look
from services.compositing.engines import ENGINES, Settings, open_engine
from services.compositing.engines.opencv.turning import turn_cutout
from services.imaging.scene import Light, Scene
from services.runtime.errors import EngineNotReady, ProductNotFound
from tests.support.pictures import assert_image_equal, assert_image_similar, draw_cutout

SCENE = Scene(ground_line=0.8, camera_pitch=15, light=Light(300, 45, 0.5))
EXACT = Look(tint=0)


@pytest.fixture(params=ENGINES)
def engine(request):
    return open_engine(request.param, Settings())


@pytest.fixture
def background():
    y = np.linspace(220, 160, 512)[:, None, None]
    return np.broadcast_to(y, (512, 512, 3)).astype(np.uint8).copy()


@pytest.mark.parametrize("name", [*ENGINES, "noop"])
def test_size_and_types_are_the_contracts(name, background):
    engine = open_engine(name, Settings())
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
    assert [notice.reason for notice in made.warnings] == ["ENLARGED"]


def test_an_empty_cutout_is_refused(engine, background):
    with pytest.raises(ProductNotFound):
        engine.compose(np.zeros((9, 9, 4), np.uint8), background, SCENE, [], Look())


def test_an_unknown_engine_names_the_choices():
    with pytest.raises(EngineNotReady, match="opencv"):
        open_engine("magic", Settings())


def below(made, canvas):
    """How much darker than the canvas the ground around the product's foot became, by side."""
    at = made.placement
    rows = slice(at.y + at.height - 12, at.y + at.height + 6)
    darker = canvas.astype(int) - made.pixels
    left = darker[rows, max(0, at.x - 60) : at.x, 0]
    right = darker[rows, at.x + at.width : at.x + at.width + 60, 0]
    return left.mean(), right.mean()


SMALL = {"tint": 0.0, "width_share": 0.3, "shadow_opacity": 0.5}


def test_a_cast_shadow_falls_away_from_the_light(engine, background):
    for azimuth, sign in ((300, 1), (60, -1)):
        scene = Scene(light=Light(azimuth, 35, 0.3))
        look = Look(shadow="cast", **SMALL)
        left, right = below(engine.compose(draw_cutout(), background, scene, [], look), background)
        assert sign * (right - left) > 3


def test_a_lower_light_casts_a_longer_shadow(engine, background):
    def columns(elevation):
        scene = Scene(light=Light(300, elevation, 0.0))
        made = engine.compose(draw_cutout(), background, scene, [], Look(shadow="cast", **SMALL))
        darker = background.astype(int) - made.pixels
        return (darker.max(axis=(0, 2)) > 6).sum()

    assert columns(48) > columns(75) + 15


def test_a_contact_shadow_stays_at_the_foot(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], Look(shadow="contact", **SMALL))
    at = made.placement
    darker = (background.astype(int) - made.pixels).max(axis=2)
    darker[made.mask > 0] = 0
    assert darker[at.y + at.height : at.y + at.height + 8].max() > 15
    assert darker[: at.y + at.height * 3 // 4].max() <= 1


def test_no_shadow_leaves_every_pixel_around_the_product_alone(engine, background):
    made = engine.compose(draw_cutout(), background, SCENE, [], Look(shadow="none"))
    assert_image_equal(made.pixels[made.mask == 0], background[made.mask == 0])


def test_a_shadow_may_have_a_color(engine, background):
    look = Look(shadow_color=(255, 0, 0), shadow_opacity=0.6)
    made = engine.compose(draw_cutout(), background, SCENE, [], look)
    ground = made.pixels[made.mask == 0].astype(int)
    assert (ground[:, 0] - ground[:, 1]).max() > 40


def test_a_mirrored_product_is_the_mirror_of_the_product(engine, background):
    cutout = draw_cutout()
    cutout[20:40, 10:30, :3] = (0, 250, 0)
    even = np.full_like(background, 180)
    plain = engine.compose(cutout, even, Scene(), [], EXACT)
    flip = Look(tint=0, arrangement=Arrangement(flip=True))
    flipped = engine.compose(cutout, even, Scene(), [], flip)
    assert_image_similar(flipped.pixels, plain.pixels[:, ::-1], mean_abs=0.2)


@pytest.mark.parametrize("degrees", [-180, -90, 33, 90, 180])
def test_a_turned_product_keeps_its_area(engine, background, degrees):
    look = {"tint": 0, "area_share": 0.06}
    straight = engine.compose(draw_cutout(), background, SCENE, [], Look(**look))
    turn = Look(**look, arrangement=Arrangement(rotation=degrees))
    turned = engine.compose(draw_cutout(), background, SCENE, [], turn)
    for made in (straight, turned):
        assert (made.mask > 127).sum() == pytest.approx(0.06 * 512 * 512, rel=0.05)


def test_a_quarter_turn_moves_pixels_and_changes_none():
    picture = draw_cutout()
    turned = turn_cutout(picture, False, 90)
    assert_image_equal(turned, np.ascontiguousarray(np.rot90(picture, -1)))
    assert_image_equal(turn_cutout(turned, False, -90), picture)


def test_a_product_that_runs_out_on_the_right_runs_out_on_the_left_when_mirrored(
    engine, background
):
    look = Look(arrangement=Arrangement(flip=True))
    made = engine.compose(draw_cutout(), background, SCENE, [SIDE_RIGHT], look)
    assert made.placement.x < 0


looks = st.builds(
    Look,
    width_share=st.floats(0.05, 1),
    height_share=st.floats(0.05, 1),
    tint=st.sampled_from([0.0, 0.3]),
    shadow=st.sampled_from(["drop", "cast", "contact", "none"]),
    shadow_opacity=st.floats(0, 1),
    arrangement=st.builds(
        Arrangement,
        anchor=st.sampled_from(["", "top", "bottom_left"]),
        rotation=st.floats(-180, 180),
        flip=st.booleans(),
    ),
)
lights = st.none() | st.builds(Light, st.floats(0, 360), st.floats(0, 90), st.floats(0, 1))


@settings(max_examples=60)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(16, 300), st.integers(16, 300)),
    looks,
    st.builds(Scene, ground_line=st.floats(0.1, 1), light=lights),
)
def test_every_product_on_every_canvas_comes_out_at_its_size_and_unmixed(size, canvas, look, scene):
    cutout = np.full((*size, 4), (200, 10, 90, 255), np.uint8)
    engine = open_engine("opencv", Settings())
    made = engine.compose(cutout, np.full((*canvas, 3), 120, np.uint8), scene, [], look)
    assert made.pixels.shape == (*canvas, 3) and made.mask.shape == canvas
    if not look.tint and made.placement.scale <= 1:
        assert np.abs(made.pixels[made.mask == 255].astype(int) - (200, 10, 90)).max(initial=0) <= 1
