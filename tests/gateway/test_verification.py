"""Tests of VerifyAd with delivered, changed and converted files."""

import io
import json

import grpc
import numpy as np
import pytest
from PIL import Image

from cyclorama import AsyncClient, CycloramaError
from services.imaging.images import encode_image
from services.inpainting.engines import InpaintingSettings, open_engine
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.system import serve_system
from tools.doubles.a1111.process import run_double

PHOTO = encode_image(draw_product()[0], PNG).data
SMALL = {"size": (256, 320), "seed": 7}


async def make_ad(client, **fields):
    return await client.create_ad(PHOTO, "a table", **SMALL | fields)


def rewrite_file(data: bytes, edit_pixels=None, name="PNG", **options) -> bytes:
    """Returns the image in a new file without metadata; `edit_pixels` may change it."""
    pixels = np.asarray(Image.open(io.BytesIO(data))).copy()
    if edit_pixels:
        edit_pixels(pixels)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, name, **options)
    return out.getvalue()


def flip_middle_pixel(pixels):
    pixels[200, 128, 1] ^= 1


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "avif", "tiff"])
async def test_a_delivered_file_matches_its_manifest(name):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client, format=name)
        found = await client.verify(ad.data, ad.manifest_json)
    assert found.locked and found.file_unchanged and found.pixels_unchanged
    assert found.record_matches and found.source == "composite"
    assert ad.manifest["pixel_lock"]["differing_pixels"] == 0
    assert ad.manifest["pixel_lock"]["locked_pixels"] > 5000
    assert ad.manifest["pixel_lock"]["lossless"] == (name in ("png", "webp", "tiff"))


async def test_a_changed_product_pixel_is_located():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        found = await client.verify(rewrite_file(ad.data, flip_middle_pixel), ad.manifest_json)
    assert not found.locked and found.differing == ((128, 200, 1, 1),)
    assert "x 128, y 200" in found.verdict


async def test_a_file_without_metadata_is_still_locked():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        found = await client.verify(rewrite_file(ad.data), ad.manifest_json)
    assert found.locked and found.pixels_unchanged and not found.file_unchanged
    assert not found.source and not found.record_matches
    assert "marks were removed" in found.verdict


async def test_a_file_in_another_encoding_is_not_locked():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        converted = rewrite_file(ad.data, name="JPEG", quality=80)
        found = await client.verify(converted, ad.manifest_json)
    assert not found.locked and "another encoding" in found.verdict


async def test_a_changed_manifest_is_reported():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        forged = ad.manifest | {"request": ad.manifest["request"] | {"prompt": "gold"}}
        found = await client.verify(ad.data, json.dumps(forged))
    assert not found.record_matches and "manifest was changed" in found.verdict


async def test_the_product_stays_locked_when_the_server_changes_every_pixel():
    with run_double("a1111", 0, "") as server:
        engine = open_engine("a1111", InpaintingSettings(a1111_url=server.url))
        async with (
            serve_system(inpainting=engine) as running,
            AsyncClient(running.address) as client,
        ):
            ad = await make_ad(client)
            found = await client.verify(ad.data, ad.manifest_json)
        assert server.image_requests and found.locked
    assert ad.manifest["pixel_lock"]["differing_pixels"] == 0
    assert found.source == "compositeWithTrainedAlgorithmicMedia"


@pytest.mark.parametrize("manifest", ["no json", "[]", "{}"])
async def test_an_invalid_manifest_is_rejected(manifest):
    async with serve_system() as running, AsyncClient(running.address) as client:
        with pytest.raises(CycloramaError, match="no manifest") as caught:
            await client.verify(PHOTO, manifest)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
