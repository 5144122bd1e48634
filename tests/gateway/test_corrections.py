"""Cut-outs that callers correct: seen alone through the gateway, and in ads made with a mask."""

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, Client, CycloramaError, InvalidRequest
from cyclorama.v1 import segmentation_pb2, segmentation_pb2_grpc
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import hash_content
from services.segmentation.engines.classic import ClassicSegmentation
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system, serve_system_in_thread

PIXELS = draw_product(320, 256)[0]
PHOTO = encode_image(PIXELS, PNG).data
SMALL = {"size": (256, 256), "seed": 3}


def draw_mask(left: int, top: int, width: int, height: int, shape=PIXELS.shape) -> bytes:
    """A mask of the photo's shape that is white in a box."""
    mask = np.zeros(shape[:2], np.uint8)
    mask[top : top + height, left : left + width] = 255
    return encode_image(mask, PNG).data


MASK = draw_mask(90, 110, 60, 80)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    jobs = job_store_settings(tmp_path_factory.mktemp("kept"))
    with (
        serve_system_in_thread(segmentation=ClassicSegmentation(), **jobs) as running,
        Client(running.address, timeout=60) as client,
    ):
        yield client


def read_bounds(cutout) -> tuple[int, ...]:
    box = cutout.reply.bounds
    return box.x, box.y, box.width, box.height


def test_the_gateway_cuts_out_alone(client):
    cutout = client.segment(PHOTO, MASK, format="webp")
    assert read_bounds(cutout) == pytest.approx((90, 110, 60, 80), abs=9)
    assert cutout.data[8:12] == b"WEBP" and cutout.reply.photo_size.width == PIXELS.shape[1]
    found = client.segment(PHOTO, points=[(120, 150)])
    assert read_bounds(found) != read_bounds(cutout)


def test_an_ad_is_made_with_the_mask_and_again_from_its_manifest(client):
    ad = client.create_ad(PHOTO, "x", mask=MASK, reuse=True, **SMALL)
    (cut,) = (each for each in ad.manifest["stages"] if each["stage"] == "segmentation")
    assert (cut["bounds"]["width"], cut["bounds"]["height"]) == pytest.approx((60, 80), abs=9)
    assert ad.manifest["mask"] == {"sha256": hash_content(MASK), "bytes": len(MASK)}
    assert "mask" not in ad.manifest["request"]
    assert client.replay(ad, PHOTO, MASK).data == ad.data
    with pytest.raises(ValueError, match="names a mask; send it"):
        client.replay(ad, PHOTO)
    with pytest.raises(ValueError, match="not the mask"):
        client.replay(ad, PHOTO, draw_mask(0, 0, 9, 9))


def test_another_mask_is_another_ad_though_results_are_cached(client):
    first = client.create_ad(PHOTO, "y", mask=MASK, reuse=True, **SMALL)
    other = client.create_ad(PHOTO, "y", mask=draw_mask(60, 60, 120, 160), reuse=True, **SMALL)
    without = client.create_ad(PHOTO, "y", reuse=True, **SMALL)
    assert len({first.data, other.data, without.data}) == 3
    assert len({each.manifest["record"] for each in (first, other, without)}) == 3
    assert client.verify(first, first.manifest).record_matches
    forged = first.manifest | {"mask": other.manifest["mask"]}
    assert not client.verify(first, forged).record_matches


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (draw_mask(10, 10, 20, 20, (100, 400)), "photo's aspect ratio"),
        (draw_mask(0, 0, 0, 0), "marks nothing or everything"),
        (b"no picture", "mask"),
    ],
)
def test_a_mask_that_cannot_be_used_is_named(client, mask, words):
    for call in (client.segment, lambda *given: client.create_ad(given[0], "x", mask=given[1])):
        with pytest.raises(InvalidRequest, match=words) as caught:
            call(PHOTO, mask)
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def measure_overlap(cutout) -> float:
    """Returns the overlap (IoU) of a cut-out with MASK."""
    drawn, found = np.zeros((2, *PIXELS.shape[:2]), bool)
    drawn[110:190, 90:150] = True
    x, y, width, height = read_bounds(cutout)
    found[y : y + height, x : x + width] = cutout.to_numpy()[..., 3] > 127
    return (drawn & found).sum() / (drawn | found).sum()


def test_the_edge_of_a_mask_is_used_as_it_is_where_the_caller_says_so(client):
    assert measure_overlap(client.segment(PHOTO, MASK, edge="mask")) > 0.97
    assert measure_overlap(client.segment(PHOTO, MASK)) < 0.95
    corrected = client.segment(
        PHOTO, MASK, edge="mask", points=[{"x": 100, "y": 120, "outside": True}]
    )
    assert measure_overlap(corrected) < 0.97
    with pytest.raises(InvalidRequest, match="send a mask as well"):
        client.segment(PHOTO, edge="mask")


def test_the_levels_of_a_mask_are_the_alpha_of_its_edge(client):
    mask = np.zeros(PIXELS.shape[:2], np.uint8)
    mask[100:200, 80:160] = 96
    mask[110:190, 90:150] = 255
    cutout = client.segment(PHOTO, encode_image(mask, PNG).data, edge="mask", opaque=True)
    alpha = cutout.to_numpy()[..., 3]
    assert alpha[4, 40] == pytest.approx(96, abs=12) and alpha[50, 40] == 255


def test_an_uploaded_photo_is_cut_out_by_its_name(client):
    assert client.segment(client.upload(PHOTO), MASK).data == client.segment(PHOTO, MASK).data


async def test_cut_outs_come_as_bytes_and_engines_are_listed():
    async with serve_system() as running, grpc.aio.insecure_channel(running.address) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        request = segmentation_pb2.SegmentProductRequest(accept_uri=True)
        request.photo.data = PHOTO
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.SegmentProduct(request)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        listed = await stub.ListEngines(segmentation_pb2.SegmentationServiceListEnginesRequest())
        assert listed.engines[0].name == "crop"


async def test_a_cut_out_needs_the_stage(tmp_path):
    async with serve_system() as running, AsyncClient(running.address, max_retries=0) as client:
        running.stop_stage("segmentation")
        with pytest.raises(CycloramaError) as caught:
            await client.segment(PHOTO, timeout=20)
    assert caught.value.stage == "segmentation"
