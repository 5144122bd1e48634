"""How stage 3 follows the photo's view: stance, lean, and angles that do not match."""

import numpy as np
import pytest

from cyclorama.v1 import compositing_pb2, image_pb2, scene_pb2
from cyclorama.v1.compositing_pb2_grpc import CompositingServiceStub
from services.compositing.engines.opencv import OpenCVCompositing
from services.compositing.engines.opencv.orientation import trim_cut_sides
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_cutout
from tests.support.serving import serve_service
from tests.support.system import build_stage_service

CUTOUT = encode_image(draw_cutout(), PNG)
GRAY = image_pb2.Color(red=200, green=200, blue=200)
LIKE_PHOTO, FROM_ABOVE = scene_pb2.Scene(stance="STANCE_STANDING"), scene_pb2.Scene(camera_pitch=90)


@pytest.fixture(scope="module")
def stage():
    with serve_service(build_stage_service("compositing", OpenCVCompositing())) as channel:
        yield CompositingServiceStub(channel)


def composite(stage, view=None, arrangement=None, **fields):
    request = compositing_pb2.CompositeProductRequest(
        cutout=CUTOUT,
        color=GRAY,
        size=image_pb2.Size(width=128, height=128),
        view=scene_pb2.View(**view or {}),
        options=compositing_pb2.CompositingOptions(
            arrangement=compositing_pb2.Arrangement(**arrangement or {})
        ),
        **fields,
    )
    return stage.CompositeProduct(request)


def read_stance(result):
    parameters = result.run.parameters
    return parameters["stance"], parameters["stance_from"]


@pytest.mark.parametrize(
    ("scene", "arrangement", "stance"),
    [
        (None, {}, ("floating", "photo")),
        (scene_pb2.Scene(), {}, ("floating", "photo")),
        (LIKE_PHOTO, {}, ("standing", "scene")),
        (FROM_ABOVE, {}, ("lying", "scene")),
        (LIKE_PHOTO, {"stance": "STANCE_HANGING"}, ("hanging", "caller")),
        (None, {"anchor": "ANCHOR_BOTTOM"}, ("floating", "photo")),
        (None, {"anchor": "ANCHOR_TOP"}, ("floating", "caller")),
    ],
)
def test_caller_then_scene_then_photo_decide_the_stance(stage, scene, arrangement, stance):
    result = composite(stage, {"stance": "STANCE_FLOATING"}, arrangement, scene=scene)
    assert read_stance(result) == stance


def test_without_a_view_the_product_stands(stage):
    assert read_stance(composite(stage)) == ("standing", "default")


@pytest.mark.parametrize(
    ("stance", "shadow"),
    [("STANDING", "drop"), ("LYING", "drop"), ("FLOATING", "ground"), ("HANGING", "none")],
)
def test_the_photos_stance_decides_the_shadow(stage, stance, shadow):
    result = composite(stage, {"stance": f"STANCE_{stance}"})
    assert result.run.parameters["shadow"] == shadow
    # On a plain color, what lies is seen from above.
    assert result.placement.stands is (stance == "STANDING")


@pytest.mark.parametrize(
    ("arrangement", "rotation"),
    [({}, -12), ({"flip": True}, 12), ({"rotation": 0}, 0), ({"rotation": 30}, 30)],
)
def test_a_leaning_product_is_set_upright_unless_the_caller_rotates_it(
    stage, arrangement, rotation
):
    assert composite(stage, {"tilt": 12}, arrangement).placement.rotation == rotation


@pytest.mark.parametrize(
    ("ground_pitch", "confidence", "warns"), [(45, 0.9, True), (45, 0.3, False), (22, 0.9, False)]
)
def test_a_scene_seen_from_another_height_is_warned_of(stage, ground_pitch, confidence, warns):
    view = {"ground_pitch": ground_pitch, "pitch_confidence": confidence}
    result = composite(stage, view, scene=scene_pb2.Scene(camera_pitch=15))
    messages = [w.message for w in result.run.warnings if w.reason == "VIEW_MISMATCH"]
    assert bool(messages) == warns
    assert not warns or ("45 degrees" in messages[0] and "22" in messages[0])


def test_a_scene_without_a_known_camera_cannot_mismatch(stage):
    view = {"ground_pitch": 70, "pitch_confidence": 1}
    assert not composite(stage, view, scene=scene_pb2.Scene(ground_line=0.7)).run.warnings


@pytest.mark.parametrize(("rotation", "runs_out"), [(4, True), (8, False)])
def test_a_slightly_rotated_product_still_runs_out_of_the_picture(stage, rotation, runs_out):
    result = composite(stage, None, {"rotation": rotation}, cut_sides=[image_pb2.SIDE_BOTTOM])
    box = result.placement.box
    assert (box.y + box.height > 128) is runs_out


def test_trimming_leaves_no_clear_wedge_where_the_photo_cut_the_product_off():
    rotated = np.zeros((40, 60, 4), np.uint8)
    trimmed = trim_cut_sides(rotated, [image_pb2.SIDE_BOTTOM], 5, (38, 57))
    assert trimmed.shape == (35, 60, 4)
