"""Tests how views and recipes travel between the stages."""

from cyclorama.v1 import scene_pb2
from services.imaging.recipe import Crop, SetRecipe, recipe_from_message, recipe_to_message
from services.imaging.view import PhotoView, view_from_message, view_to_message

VIEW = PhotoView(
    ground_pitch=21.5,
    camera_pitch=14.25,
    pitch_confidence=0.75,
    stance="hanging",
    tilt=-3.5,
    focal_length_mm=85.0,
    light_azimuth=270.0,
)
RECIPE = SetRecipe(
    "3-mitsuba",
    "a table",
    640,
    480,
    7,
    negative_prompt="people",
    camera_pitch=12.3,
    product="mug",
    product_height_mm=95.0,
    view=VIEW,
    crop=Crop(0.25, 0.125, 0.5, 0.75),
)


def test_a_view_survives_its_message():
    assert view_from_message(view_to_message(VIEW)) == VIEW
    assert view_from_message(view_to_message(PhotoView())) == PhotoView()


def test_what_is_not_known_stays_unset():
    message = view_to_message(PhotoView())
    assert not message.HasField("ground_pitch") and not message.HasField("stance")
    assert not message.HasField("light_azimuth")


def test_a_pitch_is_followed_only_when_it_is_sure():
    assert PhotoView(ground_pitch=30.0, pitch_confidence=0.5).followed_pitch == 30.0
    assert PhotoView(ground_pitch=30.0, pitch_confidence=0.49).followed_pitch is None


def test_a_lying_product_of_unknown_pitch_is_seen_from_above():
    assert PhotoView(stance="lying").followed_pitch == 90.0
    seen = PhotoView(stance="lying", ground_pitch=40.0, pitch_confidence=0.9)
    assert seen.followed_pitch == 40.0


def test_a_recipe_survives_its_message():
    assert recipe_from_message(recipe_to_message(RECIPE)) == RECIPE


def test_a_recipe_without_a_view_and_a_crop_shows_the_whole_set():
    recipe = SetRecipe("3", "x", 256, 256, 0)
    message = recipe_to_message(recipe)
    assert not message.HasField("view") and not message.HasField("crop")
    assert recipe_from_message(message) == recipe
    assert recipe_from_message(scene_pb2.SetRecipe()).crop == Crop()


def test_a_part_of_a_part_is_a_part_of_the_whole():
    half = Crop(0.5, 0.0, 0.5, 1.0)
    assert half.cut(Crop(0.5, 0.25, 0.5, 0.5)) == Crop(0.75, 0.25, 0.25, 0.5)
