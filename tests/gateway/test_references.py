"""Tests of images by reference: stages share a store, and pixels bypass the gateway."""

import json

import grpc
import pytest

from cyclorama import AsyncClient
from cyclorama.v1 import (
    ads_pb2,
    ads_pb2_grpc,
    image_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import ContentStore, hash_content, object_path_from_key
from tests.support.engines import MiddleCrop
from tests.support.pictures import draw_product
from tests.support.serving import read_error_details
from tests.support.system import QUICK, ServerSettings, serve_system, start_stage

PHOTO = encode_image(draw_product()[0], PNG).data
RAW = image_pb2.IMAGE_FORMAT_RAW_RGBA


@pytest.fixture
def store(tmp_path) -> ContentStore:
    return ContentStore(str(tmp_path))


@pytest.fixture
def segment(tmp_path, store):
    """Starts a segmentation stage on the store; returns a function that calls it."""
    running = start_stage("segmentation", MiddleCrop(), artifact_store=str(tmp_path))
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)

        def call_stage(photo: image_pb2.Image, **fields):
            request = segmentation_pb2.SegmentProductRequest(
                photo=photo, accept_format=RAW, **fields
            )
            return stub.SegmentProduct(request)

        yield call_stage
    running.stop(ServerSettings(**QUICK))


def catch_error(call, *args) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*args)
    return caught.value


async def make_ad(transport: str, folder, **settings):
    async with (
        serve_system(transport=transport, artifact_store=str(folder), **settings) as running,
        AsyncClient(running.address, timeout=20) as client,
    ):
        return await client.create_ad(PHOTO, "a table", size=(256, 320), seed=7)


def test_a_request_with_a_key_returns_a_key(segment, store):
    by_value = segment(image_pb2.Image(data=PHOTO)).cutout
    cutout = segment(image_pb2.Image(uri=store.put(PHOTO)), accept_uri=True).cutout
    assert cutout.uri == hash_content(by_value.data)
    assert (cutout.format, cutout.width) == (by_value.format, by_value.width)
    assert store.get(cutout.uri) == by_value.data


def test_a_request_without_accept_uri_returns_bytes(segment, store):
    assert segment(image_pb2.Image(uri=store.put(PHOTO))).cutout.data


@pytest.mark.parametrize("uri", ["../../etc/passwd", "http://a/b.png", "A" * 64, "0" * 63])
def test_a_uri_that_is_not_a_key_is_invalid(segment, uri):
    error = catch_error(segment, image_pb2.Image(uri=uri))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert read_error_details(error)["BadRequest"].field_violations[0].field == "photo"


def test_a_missing_object_is_data_loss(segment):
    error = catch_error(segment, image_pb2.Image(uri="0" * 64))
    assert error.code() is grpc.StatusCode.DATA_LOSS
    assert read_error_details(error)["ErrorInfo"].reason == "ARTIFACT_LOST"


def test_a_corrupt_object_is_data_loss(segment, store, tmp_path):
    key = store.put(PHOTO)
    (tmp_path / object_path_from_key(key)).write_bytes(PHOTO[:-1])
    assert catch_error(segment, image_pb2.Image(uri=key)).code() is grpc.StatusCode.DATA_LOSS


def test_a_stage_without_a_store_rejects_references():
    running = start_stage("segmentation", MiddleCrop())
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        segment = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct
        for request in (
            segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(uri="0" * 64)),
            segmentation_pb2.SegmentProductRequest(
                photo=image_pb2.Image(data=PHOTO), accept_uri=True
            ),
        ):
            error = catch_error(segment, request)
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED
            assert "CYCLORAMA_ARTIFACT_STORE" in error.details()
    running.stop(ServerSettings(**QUICK))


async def test_the_gateway_rejects_keys_from_callers(tmp_path):
    key = ContentStore(str(tmp_path)).put(PHOTO)
    async with (
        serve_system(transport="reference", artifact_store=str(tmp_path)) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        request = ads_pb2.CreateAdRequest(photo=image_pb2.Image(uri=key), prompt="x")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ads_pb2_grpc.AdServiceStub(channel).CreateAd(request).read()
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_ad_is_the_same_by_value_and_by_reference(tmp_path):
    by_value = await make_ad("raw", tmp_path / "unused")
    by_key = await make_ad("reference", tmp_path / "store")
    assert by_key.data == by_value.data
    assert by_key.manifest["record"] == by_value.manifest["record"]
    *stages, finishing = [stage["output"]["sha256"] for stage in by_key.manifest["stages"]]
    store = ContentStore(str(tmp_path / "store"))
    assert [hash_content(store.get(key)) for key in stages] == stages
    assert finishing == hash_content(by_key.data)


async def test_a_job_computes_a_corrupt_object_again(tmp_path):
    settings = {
        "transport": "reference",
        "database": f"sqlite:///{tmp_path}/jobs.db",
        "artifact_store": str(tmp_path / "store"),
    }
    async with serve_system(**settings) as running, AsyncClient(running.address) as client:

        async def run_job(seed):
            submitted = await client.jobs.submit(PHOTO, ["x"], sizes=[(256, 256)], seed=seed)
            return [event async for event in client.jobs.watch(submitted.name)][-1]

        first = await run_job(7)
        manifest = json.loads(await client.jobs.fetch(first.ads[0].manifest))
        cutout = manifest["stages"][0]["output"]["sha256"]
        (tmp_path / "store" / object_path_from_key(cutout)).write_bytes(b"damaged")
        second = await run_job(8)
    assert second.state == "succeeded" and second.stages["segmentation"] == (1, 0)
    assert ContentStore(str(tmp_path / "store")).get(cutout)
