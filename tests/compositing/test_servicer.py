"""Stage 3 on the wire: own backdrops, sizes, and what contradicts itself."""

import grpc
import numpy as np
import pytest

from cyclorama.v1 import compositing_pb2, image_pb2, scene_pb2
from cyclorama.v1.compositing_pb2_grpc import CompositingServiceStub
from services.compositing.engines.opencv import OpenCV
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_cutout
from tests.support.serving import details_of, served
from tests.support.system import service_of

CUTOUT = encode_image(draw_cutout(), PNG)
WHITE = image_pb2.Color(red=255, green=255, blue=255)


@pytest.fixture(scope="module")
def stage():
    with served(service_of("compositing", OpenCV())) as channel:
        yield CompositingServiceStub(channel)


def ask(stage, **fields):
    return stage.CompositeProduct(compositing_pb2.CompositeProductRequest(cutout=CUTOUT, **fields))


def violations(stage, **fields):
    with pytest.raises(grpc.RpcError) as caught:
        ask(stage, **fields)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    return [v.field for v in details_of(caught.value)["BadRequest"].field_violations]


def read(image):
    return ImageCodec(ImageSettings()).read(image, "picture")


def test_a_plain_color_serves_as_background(stage):
    options = compositing_pb2.CompositingOptions(
        shadow=compositing_pb2.ShadowOptions(kind=compositing_pb2.SHADOW_KIND_NONE)
    )
    made = ask(stage, color=WHITE, size=image_pb2.Size(width=300, height=250), options=options)
    pixels, mask = read(made.composite), read(made.mask)[..., 0]
    assert pixels.shape == (250, 300, 3)
    assert (pixels[mask == 0] == 255).all()


def test_a_background_is_cut_to_the_size_asked_for_and_its_scene_with_it(stage):
    background = encode_image(np.full((400, 600, 3), 200, np.uint8), PNG)
    scene = scene_pb2.Scene(ground_line=0.75, horizon=0.25)
    size = image_pb2.Size(width=728, height=90)
    made = ask(stage, background=background, scene=scene, size=size)
    assert read(made.composite).shape == (90, 728, 3)
    assert made.scene.ground_line == pytest.approx(0.75, abs=0.01)
    assert made.scene.horizon < 0


def test_a_background_that_had_to_grow_is_told(stage):
    background = encode_image(np.full((40, 60, 3), 200, np.uint8), PNG)
    made = ask(stage, background=background, size=image_pb2.Size(width=600, height=400))
    assert "BACKGROUND_ENLARGED" in [warning.reason for warning in made.run.warnings]


def test_locked_keeps_the_products_colors(stage):
    locked = compositing_pb2.CompositingOptions(locked=True)
    made = ask(stage, color=image_pb2.Color(green=255), options=locked)
    pixels, mask = read(made.composite), read(made.mask)[..., 0]
    product = pixels[mask == 255].astype(int)
    distance = [np.abs(product - color).max(axis=1) for color in ((190, 60, 40), (245, 240, 230))]
    assert np.median(np.minimum(*distance)) <= 1
    assert made.run.parameters["tint"] == 0


def test_locked_and_a_tint_contradict_each_other(stage):
    options = compositing_pb2.CompositingOptions(locked=True, tint=0.1)
    assert violations(stage, color=WHITE, options=options) == ["options.tint"]


def test_one_of_background_and_color_is_needed_and_no_more(stage):
    assert violations(stage) == ["background"]
    background = encode_image(np.zeros((64, 64, 3), np.uint8), PNG)
    assert violations(stage, background=background, color=WHITE) == ["background"]


def test_what_shaped_the_composite_is_in_the_run(stage):
    arrangement = compositing_pb2.Arrangement(
        anchor=compositing_pb2.ANCHOR_TOP_LEFT, margins=compositing_pb2.Margins(left=0.1)
    )
    made = ask(
        stage, color=WHITE, options=compositing_pb2.CompositingOptions(arrangement=arrangement)
    )
    told = made.run.parameters
    assert told["arrangement"]["anchor"] == "top_left" and told["shadow"] == "drop"
    assert told["arrangement"]["margins"]["left"] == pytest.approx(0.1)
    assert made.placement.box.x == 103


LIGHT = scene_pb2.Light(azimuth=300)
FULL_LIGHT = scene_pb2.Light(azimuth=300, elevation=45, softness=0.5, color=WHITE)
USUAL = {"ground_line": 0.8, "horizon": 0.3, "gloss": 0.0, "camera_pitch": 15}


@pytest.mark.parametrize(
    ("told", "spelled_out"),
    [
        ({"light": LIGHT}, {**USUAL, "light": FULL_LIGHT}),
        ({"gloss": 0.5}, {**USUAL, "gloss": 0.5}),
        ({}, USUAL),
    ],
    ids=["light", "gloss", "nothing"],
)
@pytest.mark.parametrize("kind", ["SHADOW_KIND_DROP", "SHADOW_KIND_CAST"])
def test_what_a_scene_does_not_tell_takes_its_default(stage, told, spelled_out, kind):
    options = compositing_pb2.CompositingOptions(
        shadow=compositing_pb2.ShadowOptions(kind=kind), tint=0.1
    )
    size = image_pb2.Size(width=300, height=250)
    made, full = (
        ask(stage, color=WHITE, size=size, options=options, scene=scene_pb2.Scene(**fields))
        for fields in (told, spelled_out)
    )
    assert made.placement == full.placement and made.placement.box.height > 100
    assert made.scene == full.scene
    assert_image_equal(read(made.composite), read(full.composite))


def test_a_shadow_by_a_light_of_its_own_needs_no_more_than_its_direction(stage):
    size = image_pb2.Size(width=300, height=250)
    made, full = (
        ask(
            stage,
            color=WHITE,
            size=size,
            options=compositing_pb2.CompositingOptions(
                shadow=compositing_pb2.ShadowOptions(kind="SHADOW_KIND_CAST", light=light)
            ),
        )
        for light in (LIGHT, FULL_LIGHT)
    )
    assert_image_equal(read(made.composite), read(full.composite))


def test_margins_in_the_run_are_those_that_were_told(stage):
    margins = compositing_pb2.Margins(left=0.1)
    arrangement = compositing_pb2.Arrangement(margins=margins)
    options = compositing_pb2.CompositingOptions(arrangement=arrangement)
    made = ask(stage, color=WHITE, options=options)
    assert "top" not in made.run.parameters["arrangement"]["margins"]
    assert made.placement.box.y >= 61
