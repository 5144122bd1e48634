"""The compositing service on the wire: backgrounds, sizes, contradictions, parameters."""

import grpc
import numpy as np
import pytest

from cyclorama.v1 import compositing_pb2, image_pb2, scene_pb2
from cyclorama.v1.compositing_pb2_grpc import CompositingServiceStub
from services.compositing.engines.opencv import OpenCVCompositing
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_cutout
from tests.support.serving import read_error_details, serve_service
from tests.support.system import build_stage_service

CUTOUT = encode_image(draw_cutout(), PNG)
WHITE = image_pb2.Color(red=255, green=255, blue=255)


@pytest.fixture(scope="module")
def stage():
    with serve_service(build_stage_service("compositing", OpenCVCompositing())) as channel:
        yield CompositingServiceStub(channel)


def call_stage(stage, **fields):
    return stage.CompositeProduct(compositing_pb2.CompositeProductRequest(cutout=CUTOUT, **fields))


def find_violations(stage, **fields):
    with pytest.raises(grpc.RpcError) as caught:
        call_stage(stage, **fields)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    return [v.field for v in read_error_details(caught.value)["BadRequest"].field_violations]


def decode_image(image):
    return ImageCodec(ImageSettings()).read(image, "picture")


def test_a_plain_color_can_be_the_background(stage):
    options = compositing_pb2.CompositingOptions(
        shadow=compositing_pb2.ShadowOptions(kind=compositing_pb2.SHADOW_KIND_NONE)
    )
    result = call_stage(
        stage, color=WHITE, size=image_pb2.Size(width=300, height=250), options=options
    )
    pixels, mask = decode_image(result.composite), decode_image(result.mask)[..., 0]
    assert pixels.shape == (250, 300, 3)
    assert (pixels[mask == 0] == 255).all()


def test_background_and_scene_are_cropped_to_the_requested_size(stage):
    background = encode_image(np.full((400, 600, 3), 200, np.uint8), PNG)
    scene = scene_pb2.Scene(ground_line=0.75, horizon=0.25)
    size = image_pb2.Size(width=728, height=90)
    result = call_stage(stage, background=background, scene=scene, size=size)
    assert decode_image(result.composite).shape == (90, 728, 3)
    assert result.scene.ground_line == pytest.approx(0.75, abs=0.01)
    assert result.scene.horizon < 0


def test_an_enlarged_background_is_warned_of(stage):
    background = encode_image(np.full((40, 60, 3), 200, np.uint8), PNG)
    result = call_stage(stage, background=background, size=image_pb2.Size(width=600, height=400))
    assert "BACKGROUND_ENLARGED" in [warning.reason for warning in result.run.warnings]


def test_locked_keeps_the_products_colors(stage):
    locked = compositing_pb2.CompositingOptions(locked=True)
    result = call_stage(stage, color=image_pb2.Color(green=255), options=locked)
    pixels, mask = decode_image(result.composite), decode_image(result.mask)[..., 0]
    product = pixels[mask == 255].astype(int)
    distance = [np.abs(product - color).max(axis=1) for color in ((190, 60, 40), (245, 240, 230))]
    assert np.median(np.minimum(*distance)) <= 1
    assert result.run.parameters["tint"] == 0


def test_locked_with_a_tint_is_rejected(stage):
    options = compositing_pb2.CompositingOptions(locked=True, tint=0.1)
    assert find_violations(stage, color=WHITE, options=options) == ["options.tint"]


def test_exactly_one_of_background_and_color_is_required(stage):
    assert find_violations(stage) == ["background"]
    background = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
    assert find_violations(stage, background=background, color=WHITE) == ["background"]


def test_the_run_reports_the_options_as_parameters(stage):
    arrangement = compositing_pb2.Arrangement(
        anchor=compositing_pb2.ANCHOR_TOP_LEFT, margins=compositing_pb2.Margins(left=0.1)
    )
    result = call_stage(
        stage, color=WHITE, options=compositing_pb2.CompositingOptions(arrangement=arrangement)
    )
    parameters = result.run.parameters
    assert parameters["arrangement"]["anchor"] == "top_left"
    assert parameters["shadow"] == "ground"
    assert parameters["arrangement"]["margins"]["left"] == pytest.approx(0.1)
    assert result.placement.box.x == 103


@pytest.mark.parametrize(
    ("stance", "shadow", "stands"),
    [("STANDING", "drop", True), ("FLOATING", "ground", False), ("HANGING", "none", False)],
)
def test_the_scenes_stance_decides_place_and_shadow(stage, stance, shadow, stands):
    scene = scene_pb2.Scene(stance=f"STANCE_{stance}")
    size = image_pb2.Size(width=300, height=300)
    result = call_stage(stage, color=WHITE, size=size, scene=scene)
    assert result.run.parameters["shadow"] == shadow and result.placement.stands is stands
    assert result.scene.stance == scene.stance
    pixels, bottom = decode_image(result.composite), result.placement.box.y
    bottom += result.placement.box.height
    on_the_ground = pixels[round(0.8 * 300), 150].mean()
    assert (on_the_ground < 235) == (shadow == "ground") or stands
    # A product in the air casts nothing right under itself.
    assert stands or pixels[bottom + 4, 150].mean() > 240


def test_the_scene_of_a_composite_has_the_stance_of_the_product(stage):
    arrangement = compositing_pb2.Arrangement(stance=scene_pb2.STANCE_HANGING)
    options = compositing_pb2.CompositingOptions(arrangement=arrangement)
    for known in ({}, {"scene": scene_pb2.Scene(stance=scene_pb2.STANCE_FLOATING)}):
        result = call_stage(stage, color=WHITE, options=options, **known)
        assert result.scene.stance == scene_pb2.STANCE_HANGING
    picture = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG)
    assert not call_stage(stage, background=picture).HasField("scene")


def test_a_color_gets_a_scene_that_the_view_of_the_photo_decides(stage):
    view = scene_pb2.View(ground_pitch=40, pitch_confidence=0.9, light_azimuth=70)
    blue, size = image_pb2.Color(red=40, green=60, blue=180), image_pb2.Size(width=200, height=200)
    plain, seen = (
        call_stage(stage, color=blue, size=size, **each) for each in ({}, {"view": view})
    )
    assert plain.scene.camera_pitch == 15 and plain.scene.ground_line == pytest.approx(0.8)
    assert 270 < plain.scene.light.azimuth < 360 and plain.scene.gloss > 0
    assert seen.scene.light.azimuth == 70 and 25 < seen.scene.camera_pitch < 40
    assert seen.scene.stance == scene_pb2.STANCE_STANDING
    assert list(seen.scene.palette) == [blue]
    own = scene_pb2.Scene(camera_pitch=5, ground_line=0.7)
    kept = call_stage(stage, color=blue, size=size, scene=own, view=view).scene
    assert kept.camera_pitch == 5 and not kept.HasField("light")


LIGHT = scene_pb2.Light(azimuth=300)
FULL_LIGHT = scene_pb2.Light(azimuth=300, elevation=45, softness=0.5, color=WHITE)
DEFAULTS = {"ground_line": 0.8, "horizon": 0.3, "gloss": 0.0, "camera_pitch": 15}


@pytest.mark.parametrize(
    ("read_set_fields", "all_fields"),
    [
        ({"light": LIGHT}, {**DEFAULTS, "light": FULL_LIGHT}),
        ({"gloss": 0.5}, {**DEFAULTS, "gloss": 0.5}),
        ({}, DEFAULTS),
    ],
    ids=["light", "gloss", "nothing"],
)
@pytest.mark.parametrize("kind", ["SHADOW_KIND_DROP", "SHADOW_KIND_CAST"])
def test_unset_fields_of_a_scene_take_their_defaults(stage, read_set_fields, all_fields, kind):
    options = compositing_pb2.CompositingOptions(
        shadow=compositing_pb2.ShadowOptions(kind=kind), tint=0.1
    )
    size = image_pb2.Size(width=300, height=250)
    result, full = (
        call_stage(stage, color=WHITE, size=size, options=options, scene=scene_pb2.Scene(**fields))
        for fields in (read_set_fields, all_fields)
    )
    assert result.placement == full.placement and result.placement.box.height > 100
    assert result.scene == full.scene
    assert_image_equal(decode_image(result.composite), decode_image(full.composite))


def test_a_shadows_own_light_needs_only_a_direction(stage):
    size = image_pb2.Size(width=300, height=250)
    result, full = (
        call_stage(
            stage,
            color=WHITE,
            size=size,
            options=compositing_pb2.CompositingOptions(
                shadow=compositing_pb2.ShadowOptions(kind="SHADOW_KIND_CAST", light=light)
            ),
        )
        for light in (LIGHT, FULL_LIGHT)
    )
    assert_image_equal(decode_image(result.composite), decode_image(full.composite))


def test_the_run_reports_only_the_margins_that_were_set(stage):
    margins = compositing_pb2.Margins(left=0.1)
    arrangement = compositing_pb2.Arrangement(margins=margins)
    options = compositing_pb2.CompositingOptions(arrangement=arrangement)
    result = call_stage(stage, color=WHITE, options=options)
    assert "top" not in result.run.parameters["arrangement"]["margins"]
    assert result.placement.box.y >= 61


def test_a_spot_is_where_the_product_is_and_keeps_its_stance(stage):
    spot = compositing_pb2.Spot(center_x=0.3, center_y=0.6, width=0.2)
    options = compositing_pb2.CompositingOptions(arrangement={"spot": spot})
    result = call_stage(
        stage, color=WHITE, size=image_pb2.Size(width=400, height=300), options=options
    )
    box = result.placement.box
    assert (box.x + box.width / 2, box.y + box.height / 2) == pytest.approx((120, 180), abs=1)
    assert box.width == 80 and result.placement.stands
    parameters = result.run.parameters["arrangement"]["spot"]
    assert dict(parameters) == pytest.approx({"center_x": 0.3, "center_y": 0.6, "width": 0.2})


def test_a_spot_outside_the_picture_is_rejected(stage):
    options = compositing_pb2.CompositingOptions(
        arrangement={"spot": {"center_x": 1.2, "width": 3}}
    )
    fields = find_violations(stage, color=WHITE, options=options)
    assert fields == [f"options.arrangement.spot.{name}" for name in ("center_x", "width")]
