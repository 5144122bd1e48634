"""Images apart from their requests: who has their bytes, and until when."""

import pytest

from cyclorama.v1 import ads_pb2, image_pb2, segmentation_pb2
from gateway.ad_images import HASHED_IN_THREAD_BYTES, AdImages
from gateway.artifacts import ArtifactStore
from services.runtime.errors import NotFound
from services.runtime.objects import hash_content

PHOTO, LOGO = b"photo" * HASHED_IN_THREAD_BYTES, b"logo"


def build_ad(**fields):
    """Builds a request for an ad with two images."""
    return ads_pb2.CreateAdRequest(
        photo=image_pb2.Image(data=PHOTO),
        lettering={"headline": "x", "logo": image_pb2.Image(data=LOGO)},
        **fields,
    )


def build_stage_request(key):
    """Builds a request to segmentation that names a photo by key."""
    return segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(uri=key))


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(str(tmp_path))


async def test_a_request_keeps_keys_in_place_of_its_images(store):
    ad = build_ad(prompt="x")
    images = await AdImages.detach(ad, store)
    assert ad.photo.uri == hash_content(PHOTO) and ad.lettering.logo.uri == hash_content(LOGO)
    assert images.sizes == {ad.photo.uri: len(PHOTO), ad.lettering.logo.uri: len(LOGO)}
    assert ad.ByteSize() < 500 and ad.prompt == "x"


async def test_a_stage_gets_the_bytes_and_other_keys_stay(store):
    ad = build_ad()
    images = await AdImages.detach(ad, store)
    request = build_stage_request(ad.photo.uri)
    sent = type(request).FromString(await images.serialize(request))
    assert sent.photo.data == PHOTO and request.photo.uri == ad.photo.uri
    made_by_a_stage = build_stage_request(hash_content(b"cut-out"))
    assert await images.serialize(made_by_a_stage) == made_by_a_stage.SerializeToString()


async def test_images_passed_by_uri_are_stored_and_sent_as_keys(store):
    ad = build_ad()
    images = await AdImages.detach(ad, store)
    await images.pass_by_uri()
    request = build_stage_request(ad.photo.uri)
    assert await images.serialize(request) == request.SerializeToString()
    assert await store.read_object(ad.photo.uri) == PHOTO


async def test_stored_images_are_read_when_a_stage_needs_them(store):
    ad = build_ad()
    for image in (ad.photo, ad.lettering.logo):
        image.uri = await store.put_object(image.data)
    images = await AdImages.find_stored(ad, store)
    assert images.sizes[ad.photo.uri] == len(PHOTO)
    request = build_stage_request(ad.photo.uri)
    assert type(request).FromString(await images.serialize(request)).photo.data == PHOTO


async def test_a_missing_image_is_not_found(store):
    ad = build_ad()
    await AdImages.detach(ad, store)
    with pytest.raises(NotFound, match="no longer kept"):
        await AdImages.find_stored(ad, store)


async def test_a_photo_is_released_unless_another_image_is_the_same(store):
    ad = build_ad()
    images = await AdImages.detach(ad, store)
    images.release_photo(ad)
    with pytest.raises(NotFound):
        await images.serialize(build_stage_request(ad.photo.uri))
    same = build_ad()
    same.lettering.logo.data = PHOTO
    images = await AdImages.detach(same, store)
    images.release_photo(same)
    assert PHOTO in await images.serialize(build_stage_request(same.photo.uri))
