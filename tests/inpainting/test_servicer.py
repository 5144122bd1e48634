"""The servicer alone under grpc's own test server; statuses need a real one."""

import grpc
import numpy as np
import pytest

from cyclorama.v1 import image_pb2, inpainting_pb2, inpainting_pb2_grpc, scene_pb2
from services.imaging.images import ImageCodec, encode_image
from services.inpainting.engines import Settings, open_engine
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal
from tests.support.serving import details_of, served
from tests.support.system import STAGES, servicer_of
from tests.support.unit import ask

RAW_RGB, RAW_GRAY = image_pb2.IMAGE_FORMAT_RAW_RGB, image_pb2.IMAGE_FORMAT_RAW_GRAY
SERVICE = inpainting_pb2.DESCRIPTOR.services_by_name["InpaintingService"]
images = ImageCodec(ImageSettings())


@pytest.fixture
def servicer():
    return servicer_of("inpainting", open_engine("grounding", Settings()))


def request(**fields):
    composite = np.full((96, 80, 3), 200, np.uint8)
    mask = np.zeros((96, 80), np.uint8)
    mask[20:70, 20:60] = 255
    return inpainting_pb2.InpaintSceneRequest(
        **{
            "composite": encode_image(composite, RAW_RGB),
            "mask": encode_image(mask, RAW_GRAY),
            "accept_format": RAW_RGB,
        }
        | fields
    )


def test_the_last_answer_is_the_ad_with_what_ran(servicer):
    *_, last = ask(SERVICE, servicer, "InpaintScene", request(seed=9))
    result = last.result
    assert images.read(result.ad, "ad").shape == (96, 80, 3)
    assert result.run.engine == "grounding" and result.seed == 9
    assert result.run.parameters["shadow_strength"] == 1
    assert result.run.elapsed.nanos > 0


def test_a_mask_in_png_works_like_a_raw_one(servicer):
    raw = request()
    png = request(mask=encode_image(images.read_gray(raw.mask, "mask"), image_pb2.IMAGE_FORMAT_PNG))
    results = [ask(SERVICE, servicer, "InpaintScene", each)[-1].result for each in (raw, png)]
    assert_image_equal(*(images.read(each.ad, "ad") for each in results))


def test_engines_are_listed(servicer):
    listed = ask(
        SERVICE, servicer, "ListEngines", inpainting_pb2.InpaintingServiceListEnginesRequest()
    )
    assert [(each.name, each.ready) for each in listed.engines] == [("grounding", True)]


@pytest.mark.parametrize(
    ("mask", "code", "field"),
    [
        (np.zeros((96, 81), np.uint8), grpc.StatusCode.INVALID_ARGUMENT, "mask"),
        (np.zeros((96, 80), np.uint8), grpc.StatusCode.FAILED_PRECONDITION, None),
    ],
)
def test_a_mask_that_does_not_fit_or_is_empty_is_refused(servicer, mask, code, field):
    with served(STAGES["inpainting"].build_service(servicer)) as channel:
        stub = inpainting_pb2_grpc.InpaintingServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.InpaintScene(request(mask=encode_image(mask, RAW_GRAY)), timeout=5))
    assert caught.value.code() is code
    if field:
        (violation,) = details_of(caught.value)["BadRequest"].field_violations
        assert violation.field == field


@pytest.mark.parametrize(
    "told",
    [{"light": scene_pb2.Light(azimuth=300)}, {"gloss": 0.5}, {}],
    ids=["light", "gloss", "nothing"],
)
def test_what_a_scene_does_not_tell_takes_its_default(servicer, told):
    full = {"ground_line": 0.8, "horizon": 0.3, "gloss": 0.0, "camera_pitch": 15} | told
    if "light" in told:
        full["light"] = scene_pb2.Light(
            azimuth=300,
            elevation=45,
            softness=0.5,
            color=image_pb2.Color(red=255, green=255, blue=255),
        )
    pictures = [
        images.read(
            ask(SERVICE, servicer, "InpaintScene", request(scene=scene_pb2.Scene(**scene)))[
                -1
            ].result.ad,
            "ad",
        )
        for scene in (told, full)
    ]
    assert_image_equal(*pictures)
