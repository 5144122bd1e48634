"""Tests how sets follow the view of a photo."""

import math

import pytest

from services.imaging.recipe import SetRecipe
from services.imaging.view import PhotoView
from services.studio.briefs.reader import read_brief
from services.studio.planning import RenderRequest, plan_set
from services.studio.rendering import recipe_from_request, request_from_recipe


def plan(prompt="perfume on a marble table in a kitchen", **fields):
    request = RenderRequest(prompt, 128, 128, seed=3, **fields)
    return plan_set(request, read_brief(prompt))[0]


def see(pitch: float, **fields) -> PhotoView:
    return PhotoView(ground_pitch=pitch, pitch_confidence=0.9, **fields)


def measure_ground_pitch(camera) -> float:
    """Returns the degrees at which a camera sees the ground at the product's foot."""
    x, y, z = camera.position
    return math.degrees(math.atan2(y, math.hypot(x, z)))


@pytest.mark.parametrize("pitch", [3.0, 6.0, 10.0, 15.0, 30.0, 45.0, 59.0, 70.0, 90.0])
def test_the_ground_is_seen_as_in_the_photo(pitch):
    camera = plan(view=see(pitch)).camera
    assert measure_ground_pitch(camera) == pytest.approx(pitch, abs=0.01)


def test_a_photo_at_eye_level_gets_a_level_camera():
    camera = plan(view=see(0.5)).camera
    assert camera.pitch == 0.0 and measure_ground_pitch(camera) < 3.0


def test_a_doubtful_pitch_changes_nothing():
    doubtful = PhotoView(ground_pitch=45.0, pitch_confidence=0.2)
    assert plan(view=doubtful).camera == plan().camera


def test_prompt_and_caller_come_before_the_photo():
    view = see(30.0)
    assert plan("a flat lay on linen", view=view).camera.pitch == 90.0
    assert plan(view=view, camera_pitch=4.0).camera.pitch == 4.0


@pytest.mark.parametrize(("azimuth", "side"), [(60.0, 1), (300.0, -1)])
def test_the_light_comes_from_the_side_of_the_photo(azimuth, side):
    assert plan(view=PhotoView(light_azimuth=azimuth)).light_side == side


def test_a_light_that_the_prompt_names_stays():
    prompt = "perfume on marble, light from the left"
    named = read_brief(prompt).light.azimuth
    assert named is not None
    assert plan(prompt, view=PhotoView(light_azimuth=90.0)).brief.light.azimuth == named


def test_the_pose_of_the_photo_is_that_of_the_set_unless_the_prompt_names_one():
    view = PhotoView(stance="hanging")
    assert plan(view=view).brief.pose == "hanging"
    assert plan("perfume floating above marble", view=view).brief.pose == "floating"


def test_a_request_survives_its_recipe():
    request = RenderRequest("x", 128, 96, 5, "people", 12.0, see(20.0), "mug", 95.0)
    recipe = recipe_from_request(request, "3-mitsuba")
    assert recipe == SetRecipe("3-mitsuba", "x", 128, 96, 5, "people", 12.0, "mug", 95.0, see(20.0))
    assert request_from_recipe(recipe) == request


@pytest.mark.parametrize(("side", "is_there"), [("left", 0.6), ("right", 0.4)])
def test_the_product_leaves_room_for_lettering(side, is_there):
    prompt = f"perfume on marble, space for text on the {side}"
    assert plan(prompt).camera.product_x == is_there


def test_the_seed_moves_the_product():
    prompt = "perfume on a marble table"
    requests = (RenderRequest(prompt, 128, 128, seed) for seed in range(12))
    columns = {plan_set(each, read_brief(prompt))[0].camera.product_x for each in requests}
    assert len(columns) > 2 and min(columns) < 0.5 < max(columns)
