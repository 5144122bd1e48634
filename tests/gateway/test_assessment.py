"""Tests of AssessAd: ads with their manifests, pictures without, and what is rejected."""

import json

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.v1 import finishing_pb2, image_pb2
from gateway.assessment import build_manifest_assessment
from gateway.circumstances import SOURCES
from services.imaging.images import encode_image
from services.runtime.formats import JPEG, PNG
from tests.support.pictures import draw_product
from tests.support.system import serve_system, serve_system_in_thread

PIXELS = draw_product()[0]
PHOTO = encode_image(PIXELS, PNG).data
SMALL = {"size": (256, 320), "seed": 7}
# Measured on the composite too, which nobody keeps.
ON_COMPOSITE = {"floating_base", "halo", "shadow", "shadow_side"}


@pytest.fixture(scope="module")
def client():
    with serve_system_in_thread() as running, Client(running.address) as client:
        yield client


@pytest.fixture(scope="module")
def ad(client):
    return client.create_ad(PHOTO, "a table", **SMALL)


def measure_by_name(report) -> dict:
    return {each.name: each for each in report.measurements}


def catch_assess_error(client, *arguments) -> CycloramaError:
    with pytest.raises(CycloramaError) as caught:
        client.assess(*arguments)
    return caught.value


def test_an_ad_is_assessed_as_at_its_creation(client, ad):
    assessment = client.assess(ad.data, ad.manifest_json)
    before, after = measure_by_name(ad), measure_by_name(assessment)
    assert before.keys() == after.keys() and not assessment.product_found
    assert {name for name in before if before[name] != after[name]} <= ON_COMPOSITE
    lost = sum(each.cost - before[name].cost for name, each in after.items())
    assert assessment.score == pytest.approx(ad.score - lost, abs=0.11)


def test_the_knowledge_of_the_stages_survives_in_the_manifest(client, ad):
    image = image_pb2.Image(data=ad.data)
    known = build_manifest_assessment(image, ad.manifest_json).circumstances
    set_fields = {field.name for field, _ in known.ListFields()}
    assert {"confidence", "scene", "placement", "color_shift"} <= set_fields
    assert known.placement.box.width > 0 and known.confidence == pytest.approx(0.9)
    assert known.product == ""
    clear = json.loads(ad.manifest_json)
    clear["request"] = {**clear["request"], "segmentation": {"product": "glass jar"}}
    known = build_manifest_assessment(image, json.dumps(clear)).circumstances
    assert known.product == "glass jar"
    backdrop = {"color": {"red": 200, "green": 200, "blue": 200}}
    flat = client.create_ad(PHOTO, "x", **SMALL, options={"backdrop": backdrop})
    assert client.assess(flat.data, flat.manifest_json).measurements


def test_a_lossy_ad_is_assessed_with_its_manifest(client):
    ad = client.create_ad(PHOTO, "a table", **SMALL, format="jpeg")
    assessment = client.assess(ad.data, ad.manifest_json)
    assert measure_by_name(assessment)["pixel_lock"].verdict == "pass"
    assert assessment.score == pytest.approx(ad.score, abs=0.5)


def test_the_product_is_searched_in_a_picture_without_manifest(client):
    assessment = client.assess(PHOTO)
    measured = measure_by_name(assessment)
    # The engine of the test cuts out the middle.
    assert assessment.product_found and measured["product_share"].value == pytest.approx(
        0.5, abs=0.01
    )
    assert measured["color_shift"].verdict == "unknown" and measured["color_shift"].remedy
    assert 0 <= assessment.flaw_probability <= 1 <= assessment.score <= 10


def test_a_picture_without_product_is_assessed_without_one(client):
    assessment = client.assess(encode_image(np.zeros((80, 64, 3), np.uint8), PNG).data)
    assert not assessment.product_found
    assert measure_by_name(assessment)["product_share"].verdict == "unknown"


def test_a_picture_of_6000_pixels_is_assessed(client):
    large = encode_image(np.full((500, 6000, 3), 90, np.uint8), JPEG).data
    assessment = client.assess(large)
    assert assessment.product_found
    assert measure_by_name(assessment)["product_share"].value == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("manifest", [None, "{}"])
def test_a_text_file_is_rejected(client, manifest):
    error = catch_assess_error(client, b"just words", manifest)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT and error.caller_can_fix


def test_a_manifest_of_another_picture_is_rejected(client, ad):
    error = catch_assess_error(client, PHOTO, ad.manifest_json)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "256 x 320" in error.text and "without its manifest" in error.text


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"stages": []}, "how the ad was made"),
        ({"stages": [{"stage": "background", "warnings": []}]}, "how the ad was made"),
        ({"pixel_lock": {}}, "pixel-lock certificate"),
        ({"ad": None}, "with a pixel lock"),
    ],
)
def test_a_document_that_is_no_manifest_is_rejected(client, ad, change, problem):
    error = catch_assess_error(client, ad.data, json.dumps(ad.manifest | change))
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT and problem in error.text


def test_values_out_of_range_in_a_manifest_are_rejected(client, ad):
    stages = [stage | {"confidence": 7} for stage in ad.manifest["stages"]]
    error = catch_assess_error(client, ad.data, json.dumps(ad.manifest | {"stages": stages}))
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT and "confidence" in error.text


async def test_a_stage_that_does_not_answer_is_named():
    async with serve_system() as running, AsyncClient(running.address) as client:
        running.stop_stage("segmentation")
        with pytest.raises(CycloramaError) as caught:
            await client.assess(PHOTO)
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert caught.value.stage == "segmentation"


def test_every_circumstance_is_read_from_the_manifest():
    names = {field.name for field in finishing_pb2.Circumstances.DESCRIPTOR.fields}
    derived = {"doubt", "has_lettering", "product"}
    assert names == derived | {name for each in SOURCES.values() for name in each}
