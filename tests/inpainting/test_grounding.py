"""The grounding engine as a whole: locked pixels, shadows, reflection, light wrap, borders."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.imaging.scene import Light, Scene
from services.inpainting.engine import InpaintingRequest, InpaintingStrength
from services.inpainting.engines import InpaintingSettings, open_engine
from services.runtime.errors import EngineNotReady
from tests.support.pictures import assert_image_equal

SIDE = 400
FLOOR = (210, 190, 160)
STANDING = Scene(ground_line=0.75, camera_pitch=15, light=Light(90, 45, 0.5))


def draw_scene() -> tuple[np.ndarray, np.ndarray]:
    """A blue block with a soft rim that stands on a warm floor: RGB and alpha."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (150, 120), (250, 300), 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    weight = mask[..., None] / 255
    picture = np.array(FLOOR) * (1 - weight) + np.array((40, 60, 150)) * weight
    return np.rint(picture).astype(np.uint8), mask


@pytest.fixture(params=["grounding"])
def inpaint(request):
    """Returns a function that runs an engine on the drawn scene, or on another one."""
    return build_inpaint(request.param)


def build_inpaint(name: str):
    """Returns a function that runs the named engine on the drawn scene, or on another one."""
    engine = open_engine(name, InpaintingSettings())

    def inpaint_scene(scene=STANDING, picture=None, mask=None, **strength):
        drawn, alpha = draw_scene()
        request = InpaintingRequest(
            drawn if picture is None else picture,
            alpha if mask is None else mask,
            scene,
            strength=InpaintingStrength(**strength),
        )
        *_, result = engine.inpaint(request)
        return result.pixels

    return inpaint_scene


def measure_darkening(picture: np.ndarray, rows: slice, columns: slice) -> float:
    """Returns how much darker than the bare floor a part is, 0 to 1."""
    floor = float(np.mean(FLOOR))
    return 1 - float(picture[rows, columns].mean()) / floor


def test_a_hanging_product_changes_nothing_around_it(inpaint):
    picture, mask = draw_scene()
    grounded = inpaint(replace(STANDING, gloss=0.8, stance="hanging"))
    around = mask == 0
    assert_image_equal(grounded[around], picture[around])


def test_a_floating_product_casts_a_soft_shadow_on_the_ground_below_it_alone(inpaint):
    out = inpaint(replace(STANDING, gloss=0.8, stance="floating", ground_line=0.9, light=None))
    assert measure_darkening(out, slice(350, 370), slice(180, 220)) > 0.2
    assert measure_darkening(out, slice(304, 308), slice(160, 240)) < 0.1
    picture, mask = draw_scene()
    assert_image_equal(out[:280][mask[:280] == 0], picture[:280][mask[:280] == 0])
    left, right = (
        measure_darkening(out, slice(350, 370), each) for each in (slice(120, 160), slice(240, 280))
    )
    assert left == pytest.approx(right, abs=0.02)


@pytest.mark.parametrize("name", ["grounding", "noop"])
@pytest.mark.parametrize("pitch", [0, 15, 45, 90])
@pytest.mark.parametrize("gloss", [0, 0.6])
def test_locked_pixels_stay_bit_equal(name, pitch, gloss):
    picture, mask = draw_scene()
    scene = Scene(0.75, 0.3, gloss, pitch, Light(300, 40, 0.4))
    out = build_inpaint(name)(scene)
    assert out.dtype == np.uint8
    assert_image_equal(out[mask == 255], picture[mask == 255])
    assert (out != picture).any() == (name != "noop")


def test_the_ground_is_darkest_at_the_line_of_contact(inpaint):
    out = inpaint()
    at_contact = measure_darkening(out, slice(303, 304), slice(170, 230))
    further = measure_darkening(out, slice(325, 330), slice(170, 230))
    assert 0.3 < at_contact < 0.95
    assert further < at_contact / 2


def test_the_ground_stays_light_below_a_clear_foot(inpaint):
    picture, mask = draw_scene()
    mask[200:] = np.minimum(mask[200:], 31)
    picture[200:] = FLOOR
    out = inpaint(picture=picture, mask=mask)
    foot = slice(165, 235)
    assert measure_darkening(out, slice(280, 296), foot) < 0.12
    # A dark line remains along the rim of the foot, against hovering.
    assert 0.03 < measure_darkening(out, slice(300, 302), foot) < 0.6


def test_faint_traces_of_the_product_do_not_light_up_in_its_shadow(inpaint):
    picture, mask = draw_scene()
    traces = mask.copy()
    traces[304:308, 170:230:3] = 6
    untouched = inpaint(picture=picture, mask=mask)
    out = inpaint(picture=picture, mask=traces)
    assert np.abs(out.astype(int) - untouched).max() <= 6


@pytest.mark.parametrize(("azimuth", "darker"), [(90, "left"), (270, "right")])
def test_the_cast_shadow_falls_away_from_the_light(inpaint, azimuth, darker):
    out = inpaint(Scene(0.75, 0.3, 0, 30, Light(azimuth, 45, 0.3)))
    left = measure_darkening(out, slice(285, 305), slice(80, 140))
    right = measure_darkening(out, slice(285, 305), slice(260, 320))
    assert (left > right + 0.05) if darker == "left" else (right > left + 0.05)


def test_without_a_scene_the_shadow_is_centered_and_short(inpaint):
    out = inpaint(scene=None)
    left = measure_darkening(out, slice(290, 310), slice(100, 140))
    right = measure_darkening(out, slice(290, 310), slice(260, 300))
    assert abs(left - right) < 0.02
    assert measure_darkening(out, slice(360, 400), slice(0, SIDE)) < 0.02


def test_a_glossy_floor_reflects_the_product_and_a_matte_one_does_not(inpaint):
    below = slice(312, 330), slice(180, 220)
    matt, glossy = (
        inpaint(Scene(0.75, 0.3, gloss, 15), shadow_strength=0)[below] for gloss in (0, 0.6)
    )
    blueness = [p[..., 2].mean() - p[..., 0].mean() for p in (matt, glossy)]
    assert blueness[1] > blueness[0] + 20


def test_the_reflection_fades_with_distance(inpaint):
    out = inpaint(Scene(0.75, 0.3, 0.6, 15), shadow_strength=0).astype(int)
    change = np.abs(out - draw_scene()[0]).sum(axis=2)[:, 180:220].mean(axis=1)
    assert change[305] > 2 * change[340] > change[390]


def test_a_product_tints_gray_ground_next_to_it(inpaint):
    picture, mask = draw_scene()
    picture[mask == 0] = 180
    out = inpaint(picture=picture).astype(int)
    blueness = out[..., 2] - out[..., 0]
    assert blueness[304:312, 170:230].mean() > 2
    # One tint for all the ground leaves no blotches.
    assert blueness[mask == 0].max() <= 12
    assert np.abs(blueness[10:60, 10:60]).max() <= 1


@pytest.mark.parametrize("azimuth", [60, 300, 0])
def test_no_edge_shows_at_the_border_of_the_working_window(inpaint, azimuth):
    picture, mask = np.full((600, 600, 3), 180, np.uint8), np.zeros((600, 600), np.uint8)
    cv2.rectangle(mask, (280, 150), (320, 450), 255, -1)
    out = inpaint(Scene(0.75, 0.3, 0.4, 20, Light(azimuth, 25, 0.6)), picture, mask)
    free = cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0
    for axis in (0, 1):
        steps = np.abs(np.diff(out.astype(int), axis=axis)).max(axis=2)
        steps *= np.take(free, range(1, 600), axis) & np.take(free, range(599), axis)
        assert np.percentile(steps, 99.9) < 16
        assert (steps.max(axis=1 - axis) > 20).sum() <= 6


def test_a_lying_product_has_its_shadow_on_the_side_away_from_the_light(inpaint):
    out = inpaint(Scene(0.5, -3, 0, 90, Light(315, 40, 0.2)))
    top_right = measure_darkening(out, slice(110, 118), slice(200, 256))
    bottom_left = measure_darkening(out, slice(303, 311), slice(144, 200))
    assert top_right > bottom_left + 0.05


def test_light_wrap_changes_only_the_soft_edge(inpaint):
    picture, mask = draw_scene()
    out = inpaint(Scene(0.75, 0.3, 0, 15), shadow_strength=0)
    changed = (out != picture).any(axis=2)
    assert changed.any()
    assert ((mask[changed] > 0) & (mask[changed] < 255)).all()


def test_strengths_of_zero_leave_the_ground_unchanged(inpaint):
    picture, mask = draw_scene()
    out = inpaint(Scene(0.75, 0.3, 0.8, 15), shadow_strength=0, reflection_strength=0)
    assert_image_equal(out[mask == 0], picture[mask == 0])


def test_equal_requests_give_equal_pixels(inpaint):
    assert_image_equal(inpaint(), inpaint())


@pytest.mark.parametrize("box", [(0, 0, 399, 399), (0, 390, 30, 399), (199, 199, 199, 199)])
def test_products_of_any_size_at_any_place_are_grounded(inpaint, box):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, box[:2], box[2:], 255, -1)
    picture = np.full((SIDE, SIDE, 3), 180, np.uint8)
    out = inpaint(Scene(0.75, 0.3, 0.5, 15, Light(300, 40, 0.5)), picture, mask)
    assert_image_equal(out[mask == 255], picture[mask == 255])


def test_a_faint_product_is_grounded(inpaint):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[100:300, 150:250] = 60
    assert inpaint(mask=mask).shape == (SIDE, SIDE, 3)


def test_a_product_cut_off_at_the_bottom_darkens_nothing(inpaint):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[200:, 150:250] = 255
    picture = np.full((SIDE, SIDE, 3), 180, np.uint8)
    assert_image_equal(inpaint(STANDING, picture, mask), picture)


def test_opening_an_unknown_engine_lists_the_known_ones():
    with pytest.raises(EngineNotReady, match="grounding"):
        open_engine("magic", InpaintingSettings())
