"""The inpainting servicer under grpc's test server; statuses need a real one."""

import grpc
import numpy as np
import pytest

from cyclorama.v1 import image_pb2, inpainting_pb2, inpainting_pb2_grpc, scene_pb2
from services.imaging.images import ImageCodec, encode_image
from services.inpainting.engines import InpaintingSettings, open_engine
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal
from tests.support.serving import read_error_details, serve_service
from tests.support.system import STAGES, build_stage_servicer
from tests.support.unit import call_servicer

RAW_RGB, RAW_GRAY = image_pb2.IMAGE_FORMAT_RAW_RGB, image_pb2.IMAGE_FORMAT_RAW_GRAY
SERVICE = inpainting_pb2.DESCRIPTOR.services_by_name["InpaintingService"]
images = ImageCodec(ImageSettings())


@pytest.fixture
def servicer():
    return build_stage_servicer("inpainting", open_engine("grounding", InpaintingSettings()))


def build_request(**fields):
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


def test_the_last_message_is_the_ad_with_its_run(servicer):
    *_, last = call_servicer(SERVICE, servicer, "InpaintScene", build_request(seed=9))
    result = last.result
    assert images.read(result.ad, "ad").shape == (96, 80, 3)
    assert result.run.engine == "grounding" and result.seed == 9
    assert result.run.parameters["shadow_strength"] == 1
    assert result.run.elapsed.nanos > 0


def test_png_and_raw_masks_give_equal_ads(servicer):
    raw = build_request()
    png = build_request(
        mask=encode_image(images.read_gray(raw.mask, "mask"), image_pb2.IMAGE_FORMAT_PNG)
    )
    results = [
        call_servicer(SERVICE, servicer, "InpaintScene", each)[-1].result for each in (raw, png)
    ]
    assert_image_equal(*(images.read(each.ad, "ad") for each in results))


def test_engines_are_listed(servicer):
    listed = call_servicer(
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
def test_a_mask_of_another_size_or_an_empty_one_is_rejected(servicer, mask, code, field):
    with serve_service(STAGES["inpainting"].build_service(servicer)) as channel:
        stub = inpainting_pb2_grpc.InpaintingServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.InpaintScene(build_request(mask=encode_image(mask, RAW_GRAY)), timeout=5))
    assert caught.value.code() is code
    if field:
        (violation,) = read_error_details(caught.value)["BadRequest"].field_violations
        assert violation.field == field


@pytest.mark.parametrize(
    "read_set_fields",
    [{"light": scene_pb2.Light(azimuth=300)}, {"gloss": 0.5}, {}],
    ids=["light", "gloss", "nothing"],
)
def test_unset_fields_of_a_scene_take_their_defaults(servicer, read_set_fields):
    full = {"ground_line": 0.8, "horizon": 0.3, "gloss": 0.0, "camera_pitch": 15} | read_set_fields
    if "light" in read_set_fields:
        full["light"] = scene_pb2.Light(
            azimuth=300,
            elevation=45,
            softness=0.5,
            color=image_pb2.Color(red=255, green=255, blue=255),
        )
    pictures = [
        images.read(
            call_servicer(
                SERVICE, servicer, "InpaintScene", build_request(scene=scene_pb2.Scene(**scene))
            )[-1].result.ad,
            "ad",
        )
        for scene in (read_set_fields, full)
    ]
    assert_image_equal(*pictures)
