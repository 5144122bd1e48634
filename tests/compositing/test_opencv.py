"""Every compositing engine through the same rules: size, determinism, shadows, mirroring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.v1.image_pb2 import SIDE_RIGHT
from services.compositing.arrangement import Arrangement
from services.compositing.engine import CompositeOptions
from services.compositing.engines import ENGINES, CompositingSettings, open_engine
from services.imaging.product import find_product_box
from services.imaging.scene import Light, Scene
from services.runtime.errors import EngineNotReady, ProductNotFound
from tests.support.cutouts import draw_bottle, draw_shadow, put_behind
from tests.support.pictures import assert_image_equal, assert_image_similar, draw_cutout

SCENE = Scene(ground_line=0.8, camera_pitch=15, light=Light(300, 45, 0.5))
UNTINTED = CompositeOptions(tint=0)


@pytest.fixture(params=ENGINES)
def engine(request):
    return open_engine(request.param, CompositingSettings())


@pytest.fixture
def background():
    y = np.linspace(220, 160, 512)[:, None, None]
    return np.broadcast_to(y, (512, 512, 3)).astype(np.uint8).copy()


@pytest.mark.parametrize("name", [*ENGINES, "noop"])
def test_composite_and_mask_have_the_backgrounds_size_and_type(name, background):
    engine = open_engine(name, CompositingSettings())
    result = engine.composite(draw_cutout(), background, SCENE, [], CompositeOptions())
    assert result.pixels.shape == (512, 512, 3) and result.pixels.dtype == np.uint8
    assert result.mask.shape == (512, 512) and result.mask.dtype == np.uint8


def test_the_background_does_not_show_through_opaque_pixels(engine, background):
    result = engine.composite(draw_cutout(), background, SCENE, [], UNTINTED)
    dark = engine.composite(draw_cutout(), background // 4, SCENE, [], UNTINTED)
    locked = result.mask == 255
    assert locked.sum() > 20_000
    assert_image_equal(result.pixels[locked], dark.pixels[locked])


def test_the_background_far_from_the_product_is_unchanged(engine, background):
    result = engine.composite(draw_cutout(), background, SCENE, [], CompositeOptions())
    assert_image_equal(result.pixels[:, :60], background[:, :60])


def test_equal_requests_give_equal_pixels(engine, background):
    first, second = (
        engine.composite(draw_cutout(), background, SCENE, [], CompositeOptions()) for _ in range(2)
    )
    assert_image_equal(first.pixels, second.pixels)


def test_the_shadow_darkens_the_side_away_from_the_light(engine, background):
    result = engine.composite(
        draw_cutout(), background, SCENE, [], CompositeOptions(shadow_opacity=0.6)
    )
    at = result.placement
    row = at.y + at.height // 2
    left, right = result.pixels[row, at.x - 6, 0], result.pixels[row, at.x + at.width + 6, 0]
    assert right < left <= background[row, 0, 0]


def test_an_enlarged_product_is_warned_of(engine, background):
    result = engine.composite(draw_cutout(40, 30), background, SCENE, [], CompositeOptions())
    assert [warning.reason for warning in result.warnings] == ["ENLARGED"]


def test_a_transparent_cutout_is_rejected(engine, background):
    with pytest.raises(ProductNotFound):
        engine.composite(np.zeros((9, 9, 4), np.uint8), background, SCENE, [], CompositeOptions())


def test_opening_an_unknown_engine_lists_the_known_ones():
    with pytest.raises(EngineNotReady, match="opencv"):
        open_engine("magic", CompositingSettings())


def measure_foot_darkening(result, canvas):
    """How much darker than the canvas the ground left and right of the product's foot became."""
    at = result.placement
    rows = slice(at.y + at.height - 12, at.y + at.height + 6)
    darker = canvas.astype(int) - result.pixels
    left = darker[rows, max(0, at.x - 60) : at.x, 0]
    right = darker[rows, at.x + at.width : at.x + at.width + 60, 0]
    return left.mean(), right.mean()


SMALL_PRODUCT = {"tint": 0.0, "width_share": 0.3, "shadow_opacity": 0.5}


def test_a_cast_shadow_falls_away_from_the_light(engine, background):
    for azimuth, sign in ((300, 1), (60, -1)):
        scene = Scene(light=Light(azimuth, 35, 0.3))
        options = CompositeOptions(shadow="cast", **SMALL_PRODUCT)
        left, right = measure_foot_darkening(
            engine.composite(draw_cutout(), background, scene, [], options), background
        )
        assert sign * (right - left) > 3


def test_a_lower_light_casts_a_longer_shadow(engine, background):
    def columns(elevation):
        scene = Scene(light=Light(300, elevation, 0.0))
        result = engine.composite(
            draw_cutout(), background, scene, [], CompositeOptions(shadow="cast", **SMALL_PRODUCT)
        )
        darker = background.astype(int) - result.pixels
        return (darker.max(axis=(0, 2)) > 6).sum()

    assert columns(48) > columns(75) + 15


def test_a_contact_shadow_stays_at_the_foot(engine, background):
    result = engine.composite(
        draw_cutout(), background, SCENE, [], CompositeOptions(shadow="contact", **SMALL_PRODUCT)
    )
    at = result.placement
    darker = (background.astype(int) - result.pixels).max(axis=2)
    darker[result.mask > 0] = 0
    assert darker[at.y + at.height : at.y + at.height + 8].max() > 15
    assert darker[: at.y + at.height * 3 // 4].max() <= 1


def test_without_a_shadow_the_surroundings_are_unchanged(engine, background):
    result = engine.composite(draw_cutout(), background, SCENE, [], CompositeOptions(shadow="none"))
    assert_image_equal(result.pixels[result.mask == 0], background[result.mask == 0])


def test_a_shadow_takes_its_color(engine, background):
    options = CompositeOptions(shadow_color=(255, 0, 0), shadow_opacity=0.6)
    result = engine.composite(draw_cutout(), background, SCENE, [], options)
    ground = result.pixels[result.mask == 0].astype(int)
    assert (ground[:, 0] - ground[:, 1]).max() > 40


def test_a_mirrored_product_is_the_mirror_of_the_product(engine, background):
    cutout = draw_cutout()
    cutout[20:40, 10:30, :3] = (0, 250, 0)
    even = np.full_like(background, 180)
    plain = engine.composite(cutout, even, Scene(), [], UNTINTED)
    flip = CompositeOptions(tint=0, arrangement=Arrangement(flip=True))
    flipped = engine.composite(cutout, even, Scene(), [], flip)
    assert_image_similar(flipped.pixels, plain.pixels[:, ::-1], mean_abs=0.2)


@pytest.mark.parametrize("degrees", [-180, -90, 33, 90, 180])
def test_a_rotated_product_keeps_its_area_share(engine, background, degrees):
    options = {"tint": 0, "area_share": 0.06}
    straight = engine.composite(draw_cutout(), background, SCENE, [], CompositeOptions(**options))
    turn = CompositeOptions(**options, arrangement=Arrangement(rotation=degrees))
    turned = engine.composite(draw_cutout(), background, SCENE, [], turn)
    for result in (straight, turned):
        assert (result.mask > 127).sum() == pytest.approx(0.06 * 512 * 512, rel=0.05)


def test_a_mirrored_product_is_cut_off_at_the_opposite_side(engine, background):
    options = CompositeOptions(arrangement=Arrangement(flip=True))
    result = engine.composite(draw_cutout(), background, SCENE, [SIDE_RIGHT], options)
    assert result.placement.x < 0


option_sets = st.builds(
    CompositeOptions,
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
    option_sets,
    st.builds(Scene, ground_line=st.floats(0.1, 1), light=lights),
)
def test_any_product_on_any_canvas_keeps_size_and_colors(size, canvas, options, scene):
    cutout = np.full((*size, 4), (200, 10, 90, 255), np.uint8)
    engine = open_engine("opencv", CompositingSettings())
    result = engine.composite(cutout, np.full((*canvas, 3), 120, np.uint8), scene, [], options)
    assert result.pixels.shape == (*canvas, 3) and result.mask.shape == canvas
    if not options.tint and result.placement.scale <= 1:
        assert (
            np.abs(result.pixels[result.mask == 255].astype(int) - (200, 10, 90)).max(initial=0)
            <= 1
        )


def test_faint_pixels_and_a_kept_shadow_do_not_count_for_size_place_and_mask(background):
    engine = open_engine("opencv", CompositingSettings())
    x, y, width, height = find_product_box(draw_bottle()[..., 3])
    alone = draw_bottle()[y : y + height, x : x + width]
    dirty = put_behind(draw_bottle(), draw_shadow(draw_bottle(), 20, 30, 8))
    dirty[0, 0, 3] = dirty[-1, -1, 3] = 2
    options = CompositeOptions(shadow="none", tint=0)
    clean, shaded = (
        engine.composite(cutout, background, Scene(), [], options) for cutout in (alone, dirty)
    )
    assert np.abs(np.subtract(clean.placement.box, shaded.placement.box)).max() <= 2
    assert np.abs(clean.mask.astype(int) - shaded.mask).mean() < 0.5
    # The shadow is there to see, below and right of the product.
    below = clean.placement.y + clean.placement.height + 2
    column = clean.placement.x + clean.placement.width // 2
    assert (shaded.pixels[below, column] < clean.pixels[below, column] - 20).all()
