"""Scenes on the wire: what is set is kept, and what is not takes its default, never 0."""

import pytest

from cyclorama.v1 import image_pb2, scene_pb2
from services.imaging.scene import Light, Scene, light_of, scene_message, scene_of

SCENE = Scene(0.71, 0.33, 0.4, 22.5, Light(300, 40, 0.3, (255, 240, 200)), ((1, 2, 3), (4, 5, 6)))


def test_a_scene_comes_back_as_it_was():
    back = scene_of(scene_pb2.Scene.FromString(scene_message(SCENE).SerializeToString()))
    assert back.palette == SCENE.palette and back.light.color == SCENE.light.color
    for name in ("ground_line", "horizon", "gloss", "camera_pitch"):
        assert getattr(back, name) == pytest.approx(getattr(SCENE, name), rel=1e-7)


def test_an_empty_scene_is_the_default_one():
    assert scene_of(scene_pb2.Scene()) == Scene()
    assert light_of(scene_pb2.Light()) == Light()


def test_an_unset_color_of_a_light_is_white_and_a_black_one_black():
    assert light_of(scene_pb2.Light(azimuth=90)).color == (255, 255, 255)
    assert light_of(scene_pb2.Light(color=image_pb2.Color())).color == (0, 0, 0)


@pytest.mark.parametrize("name", ["ground_line", "horizon", "gloss", "camera_pitch"])
def test_one_field_leaves_the_others_at_their_defaults(name):
    assert scene_of(scene_pb2.Scene(**{name: 0})) == Scene(**{name: 0})


@pytest.mark.parametrize("name", ["azimuth", "elevation", "softness"])
def test_a_light_may_name_one_thing_only(name):
    assert light_of(scene_pb2.Light(**{name: 0})) == Light(**{name: 0})


def test_the_digits_that_another_stage_computed_are_kept():
    message = scene_pb2.Scene(ground_line=0.7123456)
    assert scene_of(message).ground_line == message.ground_line
