"""Scenes in messages: set fields are kept, unset ones get their defaults."""

import pytest

from cyclorama.v1 import image_pb2, scene_pb2
from services.imaging.scene import (
    Light,
    Scene,
    light_from_message,
    scene_from_message,
    scene_to_message,
)
from services.studio.camera import create_camera

SCENE = Scene(
    *(0.71, 0.33, 0.4, 22.5),
    Light(300, 40, 0.3, (255, 240, 200)),
    ((1, 2, 3), (4, 5, 6)),
    stance="hanging",
)


def test_a_scene_survives_a_round_trip_through_its_message():
    back = scene_from_message(
        scene_pb2.Scene.FromString(scene_to_message(SCENE).SerializeToString())
    )
    assert back.palette == SCENE.palette and back.light.color == SCENE.light.color
    assert back.stance == SCENE.stance
    for name in ("ground_line", "horizon", "gloss", "camera_pitch"):
        assert getattr(back, name) == pytest.approx(getattr(SCENE, name), rel=1e-7)


def test_an_empty_message_is_the_default_scene():
    assert scene_from_message(scene_pb2.Scene()) == Scene()
    assert light_from_message(scene_pb2.Light()) == Light()


def test_an_unset_light_color_is_white_but_a_set_black_stays_black():
    assert light_from_message(scene_pb2.Light(azimuth=90)).color == (255, 255, 255)
    assert light_from_message(scene_pb2.Light(color=image_pb2.Color())).color == (0, 0, 0)


@pytest.mark.parametrize("name", ["ground_line", "horizon", "gloss", "camera_pitch"])
def test_a_scene_with_one_field_has_defaults_elsewhere(name):
    assert scene_from_message(scene_pb2.Scene(**{name: 0})) == Scene(**{name: 0})


@pytest.mark.parametrize("name", ["azimuth", "elevation", "softness"])
def test_a_light_with_one_field_has_defaults_elsewhere(name):
    assert light_from_message(scene_pb2.Light(**{name: 0})) == Light(**{name: 0})


def test_all_digits_of_a_number_are_kept():
    message = scene_pb2.Scene(ground_line=0.7123456)
    assert scene_from_message(message).ground_line == message.ground_line


@pytest.mark.parametrize("pitch", [0.0, 8.0, 25.0, 50.0])
@pytest.mark.parametrize("line", [0.5, 0.7, 0.9])
def test_the_ground_is_seen_as_steeply_as_by_the_camera_of_a_set(pitch, line):
    camera = create_camera(512, 512, pitch, line, view_angle=22)
    scene = Scene(ground_line=line, horizon=camera.horizon_row(), camera_pitch=pitch)
    assert scene.ground_pitch == pytest.approx(pitch + camera.ground_offset, abs=0.2)


def test_a_horizon_that_does_not_belong_to_the_pitch_is_ignored():
    assert Scene(camera_pitch=15, horizon=0.45).ground_pitch == pytest.approx(21.6, abs=0.1)
