"""Pictures that are uploaded once and named in many calls."""

import os

import grpc
import pytest

from cyclorama import AsyncClient, Client, InvalidRequest, NotFound, Unsupported, UploadedImage
from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import hash_content
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system, serve_system_in_thread

PIXELS = draw_product()[0]
PHOTO = encode_image(PIXELS, PNG).data
SMALL = {"size": (256, 256), "seed": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def running(folder):
    with serve_system_in_thread(**job_store_settings(folder)) as running:
        yield running


@pytest.fixture
def client(running):
    with Client(running.address, timeout=60) as client:
        yield client


def test_an_uploaded_photo_makes_the_same_ads_as_its_bytes(client):
    photo = client.upload(PHOTO)
    assert photo.image == image_pb2.Image(uri=hash_content(PHOTO))
    first, again, sent = (client.create_ad(each, "x", **SMALL) for each in (photo, photo, PHOTO))
    assert first.data == again.data == sent.data
    assert first.manifest["photo"] == sent.manifest["photo"]
    assert client.replay(first, photo).data == first.data


def test_an_uploaded_array_keeps_its_format_and_size(client):
    photo = client.upload(PIXELS)
    assert (photo.image.width, photo.image.height) == PIXELS.shape[1::-1]
    by_name, by_value = (client.create_ad(each, "x", **SMALL) for each in (photo, PIXELS))
    assert by_name.data == by_value.data


def test_an_upload_of_a_file_names_the_ads_of_a_campaign(client, tmp_path):
    (tmp_path / "bottle.png").write_bytes(PHOTO)
    photo = client.upload(tmp_path / "bottle.png")
    job = client.jobs.submit(photo, "named", sizes=["256x256"]).wait()
    assert [(ad.photo_name, ad.state) for ad in job.ads] == [("bottle.png", "succeeded")]


def test_campaigns_logos_backdrops_and_files_may_be_uploads(client):
    photo = client.upload(PHOTO)
    job = client.jobs.submit([photo, PHOTO], "sand", sizes=["256x256"], logo=photo).wait()
    assert job.count("succeeded") == 2 and len({ad.photo for ad in job.ads}) == 1
    ad = client.create_ad(photo, "x", backdrop=photo, **SMALL)
    assert ad.manifest["backdrop"]["sha256"] == hash_content(PHOTO)
    file = client.upload(ad)
    assert client.verify(file, ad.manifest).file_unchanged
    assert client.check(file, "meta-feed").profile == "meta-feed"
    assert client.assess(file).score


def test_another_upload_of_the_same_bytes_keeps_them_from_then_on(client, folder):
    first = client.upload(b"picture")
    (file,) = (folder / "artifacts").rglob(first.image.uri)
    long_ago = 1e9
    os.utime(file, (long_ago, long_ago))
    assert client.upload(b"picture") == first
    assert file.stat().st_mtime > long_ago


def test_an_upload_that_does_not_exist_is_not_found(client):
    unknown = UploadedImage(image_pb2.Image(uri="0" * 64))
    for call in (
        lambda: client.create_ad(unknown, "x"),
        lambda: client.jobs.submit(unknown, "x"),
        lambda: client.check(unknown, "meta-feed"),
    ):
        with pytest.raises(NotFound, match="upload it again"):
            call()


def test_what_jobs_store_is_no_upload(client):
    job = client.jobs.submit(PHOTO, "sand", sizes=["256x256"], seed=4).wait()
    key = job.ads[0].artifact.rpartition("/")[2]
    with pytest.raises(NotFound, match="upload it again"):
        client.create_ad(UploadedImage(image_pb2.Image(uri=key)), "x")


def test_an_upload_without_a_picture_is_invalid(running, client):
    with pytest.raises(InvalidRequest) as caught:
        client.upload(b"")
    assert [each.field for each in caught.value.field_violations] == ["image"]
    with (
        grpc.insecure_channel(running.address) as channel,
        pytest.raises(grpc.RpcError, match="send them as data"),
    ):
        by_uri = ads_pb2.UploadImageRequest(image=image_pb2.Image(uri="0" * 64))
        ads_pb2_grpc.AdServiceStub(channel).UploadImage(by_uri)


async def test_a_gateway_without_jobs_takes_no_uploads(tmp_path):
    async with (
        serve_system(artifact_store=str(tmp_path)) as running,
        AsyncClient(running.address) as client,
    ):
        with pytest.raises(Unsupported, match="keeps no jobs"):
            await client.upload(PHOTO)
        with pytest.raises(Unsupported):
            await client.create_ad(UploadedImage(image_pb2.Image(uri="0" * 64)), "x")
