"""The studio engine as a whole: locked pixels, shadows, reflections, crops and deadlines."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cyclorama.v1 import engine_pb2, image_pb2, inpainting_pb2, inpainting_pb2_grpc
from services.imaging.images import ImageCodec, encode_image
from services.imaging.recipe import Crop
from services.imaging.scene import Light, Scene
from services.inpainting.engine import InpaintingRequest, InpaintingStrength
from services.inpainting.engines.grounding import GroundingInpainting
from services.inpainting.engines.studio import (
    SECONDS_TO_BEGIN,
    StudioInpainting,
    measure_density,
)
from services.runtime.engines import EngineProgress, Engines
from services.runtime.errors import DeadlineTooShort
from services.runtime.settings import ImageSettings
from services.studio.planning import RenderRequest
from services.studio.rendering import Renderer
from services.studio.tracing import LightTracer
from tests.support.pictures import assert_image_equal
from tests.support.serving import serve_service
from tests.support.system import STAGES, build_stage_servicer
from tests.support.textures import use_small_textures

SIDE = 96
FLOOR = (190, 180, 170)
GROUND_LINE = 0.8
SUNNY = Scene(GROUND_LINE, 0.2, 0.0, 25, Light(90, 40, 0.05))
RECIPE_REQUEST = RenderRequest(
    "plain concrete studio, hard light from the left", 2 * SIDE, SIDE, seed=3, camera_pitch=25.0
)


@pytest.fixture(scope="module")
def engine():
    return StudioInpainting()


@pytest.fixture(scope="module")
def rendered():
    """A wide set as stage 2 renders it: uint8 RGB (SIDE, 2 * SIDE, 3) and its scene."""
    with use_small_textures():
        *_, last = Renderer("scalar_rgb").render(RECIPE_REQUEST)
    return last.pixels, last.scene


def draw_product(background: np.ndarray, foot: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws a blue block with a soft rim whose lowest row is `foot`: RGB and alpha."""
    height, width = background.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (width // 2 - 11, foot - 45), (width // 2 + 11, foot), 255, -1)
    mask = cv2.blur(mask, (3, 3))
    mask[foot + 1 :] = 0
    weight = mask[..., None] / 255
    picture = background * (1 - weight) + np.array((40, 60, 170)) * weight
    return np.rint(picture).astype(np.uint8), mask


def build_request(scene=SUNNY, background=None, **fields) -> InpaintingRequest:
    flat = np.full((SIDE, SIDE, 3), FLOOR, np.uint8)
    background = flat if background is None else background
    line = scene.ground_line if scene else GROUND_LINE
    picture, mask = draw_product(background, round(line * len(background)) - 1)
    return InpaintingRequest(picture, mask, scene, **fields)


def inpaint(engine, request: InpaintingRequest) -> np.ndarray:
    *_, result = engine.inpaint(request)
    return result.pixels


def measure_darkening(request: InpaintingRequest, ad: np.ndarray, rows, columns) -> float:
    """Returns how much darker a part became, in levels."""
    before = request.composite[rows, columns].astype(float)
    return float((before - ad[rows, columns]).mean())


@pytest.mark.parametrize("scene", [SUNNY, None, Scene(0.5, -1, 0.0, 90, Light(300, 50, 0.3))])
def test_locked_pixels_stay_bit_equal_and_the_ground_changes(engine, scene):
    request = build_request(scene)
    ad = inpaint(engine, request)
    locked = request.mask == 255
    assert_image_equal(ad[locked], request.composite[locked])
    assert (ad[request.mask == 0] != request.composite[request.mask == 0]).any()


@pytest.mark.parametrize(("azimuth", "shaded"), [(90, "left"), (270, "right")])
def test_the_shadow_falls_away_from_the_light(engine, azimuth, shaded):
    request = build_request(replace(SUNNY, light=Light(azimuth, 40, 0.05)))
    ad = inpaint(engine, request)
    rows = slice(64, 76)
    left = measure_darkening(request, ad, rows, slice(12, 34))
    right = measure_darkening(request, ad, rows, slice(62, 84))
    dark, light = (left, right) if shaded == "left" else (right, left)
    assert dark > 25 and light < dark / 4


def test_the_ground_is_darkest_where_the_product_touches_it(engine):
    request = build_request(replace(SUNNY, light=None))
    ad = inpaint(engine, request)
    columns = slice(40, 56)
    at_foot = measure_darkening(request, ad, slice(77, 78), columns)
    assert at_foot > 12
    assert measure_darkening(request, ad, slice(88, 92), columns) < at_foot / 2


def test_the_ground_stays_light_behind_clear_glass_but_for_the_rim_of_its_foot(engine):
    request, foot = build_request(replace(SUNNY, light=None)), slice(40, 56)
    picture, mask = request.composite.copy(), request.mask.copy()
    picture[50:], mask[50:] = FLOOR, np.minimum(mask[50:], 31)
    jar = replace(request, composite=picture, mask=mask)
    ad = inpaint(engine, jar)
    assert measure_darkening(jar, ad, slice(66, 74), foot) < 12
    assert 12 < measure_darkening(jar, ad, slice(76, 77), foot) < 70


def test_the_lit_side_of_a_product_touches_the_ground_too(engine):
    request = build_request(replace(SUNNY, light=Light(60, 40, 0.05)))
    ad = inpaint(engine, request)
    # The soft edge of the product, through which the ground is seen.
    assert measure_darkening(request, ad, slice(76, 77), slice(50, 58)) > 8


def test_pixels_far_from_the_product_stay_bit_equal(engine):
    request = build_request(replace(SUNNY, light=Light(90, 60, 0.05)))
    ad = inpaint(engine, request)
    assert_image_equal(ad[:12], request.composite[:12])
    assert_image_equal(ad[:, 90:], request.composite[:, 90:])


def test_a_glossy_ground_mirrors_the_product_and_a_matte_one_does_not(engine):
    below, blueness = (slice(80, 88), slice(42, 54)), []
    for gloss in (0.0, 0.9):
        ad = inpaint(engine, build_request(replace(SUNNY, gloss=gloss, camera_pitch=12)))
        blueness.append(float(ad[below][..., 2].mean() - ad[below][..., 0].mean()))
    assert blueness[1] > blueness[0] + 15


def test_strengths_of_zero_leave_the_surroundings_unchanged(engine):
    strength = InpaintingStrength(shadow_strength=0, reflection_strength=0)
    request = build_request(strength=strength)
    around = request.mask == 0
    assert_image_equal(inpaint(engine, request)[around], request.composite[around])


def test_equal_requests_give_equal_pixels_and_progress_with_a_preview(engine):
    *steps, first = engine.inpaint(build_request(seed=4))
    assert all(isinstance(step, EngineProgress) for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions) and fractions[-1] < 1
    assert any(step.preview is not None for step in steps)
    assert_image_equal(first.pixels, inpaint(engine, build_request(seed=4)))


def test_a_cancelled_call_leaves_the_renderer_free(engine):
    steps = engine.inpaint(build_request())
    next(steps)
    steps.close()
    assert inpaint(engine, build_request()).shape == (SIDE, SIDE, 3)


def test_a_product_cut_off_at_the_bottom_darkens_nothing(engine):
    flat = np.full((SIDE, SIDE, 3), FLOOR, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:, 30:60] = 255
    assert_image_equal(inpaint(engine, InpaintingRequest(flat, mask, SUNNY)), flat)


@use_small_textures()
def test_a_crop_of_a_wider_set_gets_the_same_shadow(engine, rendered):
    pixels, scene = rendered
    whole = build_request(scene, pixels)
    *_, result = engine.inpaint(whole)
    assert result.parameters["rebuilt_set"] is True
    crop = Crop(left=0.25, width=0.5)
    cropped_scene = replace(scene, recipe=replace(scene.recipe, crop=crop))
    part = build_request(cropped_scene, pixels[:, SIDE // 2 : SIDE // 2 + SIDE])
    ad = inpaint(engine, part).astype(int)
    same = result.pixels[:, SIDE // 2 : SIDE // 2 + SIDE]
    around = part.mask == 0
    assert (same != whole.composite[:, SIDE // 2 : SIDE // 2 + SIDE])[around].any()
    assert np.abs(ad - same)[around].mean() < 2


def test_a_set_is_composed_once_for_the_ads_in_it(engine, rendered, monkeypatch):
    composed, compose = [], LightTracer.compose

    def compose_and_count(tracer, plan, place):
        composed.append(plan.brief.place)
        return compose(tracer, plan, place)

    monkeypatch.setattr(LightTracer, "compose", compose_and_count)
    pixels, scene = rendered
    other = replace(scene, recipe=replace(scene.recipe, seed=4))
    with use_small_textures():
        first = inpaint(StudioInpainting(), build_request(scene, pixels, seed=1))
        fresh = StudioInpainting()
        inpaint(fresh, build_request(scene, pixels, seed=2))
        again = inpaint(fresh, build_request(scene, pixels, seed=1))
        assert len(composed) == 2
        inpaint(fresh, build_request(other, pixels))
    assert_image_equal(first, again)
    assert len(composed) == 3


def test_a_set_of_another_renderer_is_replaced_by_a_plain_ground(engine, rendered):
    pixels, scene = rendered
    other = replace(scene, recipe=replace(scene.recipe, renderer="another"))
    request = build_request(other, pixels)
    *_, result = engine.inpaint(request)
    assert result.parameters["rebuilt_set"] is False
    assert (result.pixels != request.composite)[request.mask == 0].any()


def test_too_short_a_deadline_is_refused_before_anything_is_rendered(engine):
    with pytest.raises(DeadlineTooShort, match="set a later one"):
        next(engine.inpaint(build_request(seconds_left=SECONDS_TO_BEGIN / 2)))


def test_a_request_waits_for_its_turn_only_as_long_as_its_deadline_allows(engine):
    first = engine.inpaint(build_request())
    next(first)
    with pytest.raises(DeadlineTooShort):
        next(engine.inpaint(build_request(seconds_left=SECONDS_TO_BEGIN + 0.05)))
    first.close()
    assert isinstance(next(engine.inpaint(build_request(seconds_left=60.0))), EngineProgress)


@pytest.mark.parametrize(
    ("timeout", "answers"), [(SECONDS_TO_BEGIN / 2, "grounding"), (60, "studio")]
)
def test_auto_falls_back_to_grounding_when_the_deadline_is_near(engine, timeout, answers):
    engines = {"studio": engine, "grounding": GroundingInpainting()}
    servicer = build_stage_servicer("inpainting", Engines(list(engines), engines.__getitem__))
    request = build_request()
    message = inpainting_pb2.InpaintSceneRequest(
        composite=encode_image(request.composite, image_pb2.IMAGE_FORMAT_RAW_RGB),
        mask=encode_image(request.mask, image_pb2.IMAGE_FORMAT_RAW_GRAY),
        options={"engine": engine_pb2.EngineChoice(name="auto")},
        accept_format=image_pb2.IMAGE_FORMAT_RAW_RGB,
    )
    with serve_service(STAGES["inpainting"].build_service(servicer)) as channel:
        stub = inpainting_pb2_grpc.InpaintingServiceStub(channel)
        *_, last = stub.InpaintScene(message, timeout=timeout)
    assert last.result.run.engine == answers
    assert [warning.reason for warning in last.result.run.warnings] == (
        ["FELL_BACK"] if answers == "grounding" else []
    )
    ad = ImageCodec(ImageSettings()).read_rgb(last.result.ad, "ad")
    assert ad.shape == request.composite.shape


def test_glass_casts_a_weaker_shadow_than_what_is_opaque():
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 255
    assert measure_density(mask) == 1.0
    assert measure_density(mask // 4) == pytest.approx(63 / 255)


@pytest.mark.parametrize(
    "scene",
    [
        Scene(ground_line=0.0, gloss=1.0),
        Scene(camera_pitch=0.0, ground_line=0.3, gloss=1.0),
        Scene(camera_pitch=90.0, stance="standing"),
        None,
    ],
)
@pytest.mark.parametrize("shape", ["dots", "strip", "faint", "pixel"])
def test_products_that_no_solid_can_stand_in_for_only_get_light(engine, scene, shape):
    mask = np.zeros((32, 96), np.uint8)
    match shape:
        case "dots":
            mask[:24:8, ::8] = 255
        case "strip":
            mask[15, :] = 255
        case "faint":
            mask[:] = 1
        case "pixel":
            mask[10, 10] = 255
    composite = np.full((32, 96, 3), 120, np.uint8)
    *_, result = engine.inpaint(InpaintingRequest(composite, mask, scene))
    assert_image_equal(result.pixels[mask == 255], composite[mask == 255])
    if shape == "faint":
        assert np.abs(result.pixels.astype(int) - composite).max() <= 2
