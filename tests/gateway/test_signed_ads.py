"""Signed ads from photo to verification: ingredient, manifest, replay, cached results."""

import base64
import hashlib
import json

import pytest

from cyclorama import AsyncClient, compare_manifests
from gateway import result_cache
from services.credentials.store import has_credentials
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.gateway.test_verification import rewrite_file
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.signing import (
    create_signer_folder,
    encode_as,
    list_actions,
    read_manifest,
    shared_signer,
    sign_photo,
)
from tests.support.system import job_store_settings, serve_system

PIXELS = draw_product()[0]
PLAIN = encode_image(PIXELS, PNG).data
SMALL = {"size": (256, 320), "seed": 7}


@pytest.fixture
def signing(monkeypatch):
    """Lets stages that start sign ads."""
    own = shared_signer()
    set_signer(monkeypatch, own)
    return own


def set_signer(monkeypatch, own, **more) -> None:
    files = {"CERT": own.cert, "KEY": own.key, "TRUST": own.folder / "ca.pem"} | more
    for name, value in files.items():
        monkeypatch.setenv(f"CYCLORAMA_FINISHING_CREDENTIALS_{name}", str(value))


async def make_ad(client, photo=PLAIN, **fields):
    return await client.create_ad(photo, "a table", **SMALL | fields)


async def test_an_ad_is_signed_verified_and_replayed(signing):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        found = await client.verify(ad.data, ad.manifest_json)
        replayed = await client.replay(ad.manifest, PLAIN)
    assert found.is_authentic and found.file_unchanged
    assert found.credentials.state == "trusted" and found.credentials.lock_matches
    assert "signed by Cyclorama trial, who is trusted" in found.verdict
    assert ad.manifest["ad"]["sha256"] == hashlib.sha256(ad.data).hexdigest()
    assert replayed.data != ad.data
    assert compare_manifests(ad.manifest, replayed.manifest) == "identical"
    actions = list_actions(read_manifest(ad.data, "image/png"))
    ran = [(stage["engine"], stage["version"]) for stage in ad.manifest["stages"]]
    agents = [each["softwareAgent"] for each in actions]
    assert sorted(ran) == sorted((each["name"], each["version"]) for each in agents)
    (photo,) = read_manifest(ad.data, "image/png")["ingredients"]
    assert photo["instance_id"].startswith("ni:///sha-256;")


@pytest.mark.parametrize(("name", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
async def test_the_credentials_of_the_photo_reach_the_ad(signing, name, media_type):
    photo = sign_photo(encode_as(PIXELS, name), media_type)
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client, photo)
        found = await client.verify(ad.data, ad.manifest_json)
    (ingredient,) = read_manifest(ad.data, "image/png")["ingredients"]
    assert ingredient["active_manifest"] and found.credentials.state == "trusted"


async def test_removed_and_changed_credentials_are_reported(signing):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        removed = await client.verify(rewrite_file(ad.data), ad.manifest_json)
        # Not PNG, whose checksums make it a damaged file.
        ad = await make_ad(client, format="jpeg")
        changed = bytearray(ad.data)
        # In the claim, which no decoder of pictures reads.
        place = changed.index(b"cyclorama.lock")
        changed[place] ^= 1
        invalid = await client.verify(bytes(changed), ad.manifest_json)
    assert removed.credentials.state == "absent"
    assert "its Content Credentials were removed" in removed.verdict and removed.locked
    assert invalid.credentials.state == "invalid" and not invalid.is_authentic


class LongNamed(Flat):
    """A background engine whose server names its model at length."""

    def model(self) -> str:
        return "model\n" + "x" * 999


async def test_the_name_of_a_model_may_be_of_any_length(signing):
    async with (
        serve_system(background=LongNamed()) as running,
        AsyncClient(running.address) as client,
    ):
        ad = await make_ad(client)
    (created, *_) = list_actions(read_manifest(ad.data, "image/png"))
    assert created["parameters"]["cyclorama.model"] == "model" + "x" * 251


async def test_bytes_that_no_signature_covers_are_reported(signing):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client, format="jpeg")
        changed = bytearray(ad.data)
        # In the zeros that are reserved for the signature.
        changed[changed.index(bytes(400)) + 100] ^= 1
        found = await client.verify(bytes(changed), ad.manifest_json)
    assert found.credentials.state == "trusted" and not found.file_unchanged
    assert "changed where no signature reaches" in found.verdict


async def test_an_unsigned_ad_is_verified_as_before():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        found = await client.verify(ad.data, ad.manifest_json)
    assert not has_credentials(ad.data) and "unsigned_sha256" not in ad.manifest["ad"]
    assert found.credentials.state == "absent" and found.is_authentic
    assert "Credentials" not in found.verdict


async def test_a_signed_ad_replays_without_a_signer(signing, monkeypatch):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
    for name in ("CERT", "KEY", "TRUST"):
        monkeypatch.delenv(f"CYCLORAMA_FINISHING_CREDENTIALS_{name}")
    async with serve_system() as running, AsyncClient(running.address) as client:
        replayed = await client.replay(ad.manifest, PLAIN)
    assert compare_manifests(ad.manifest, replayed.manifest) == "identical"


async def test_a_cached_ad_keeps_its_signature(signing, tmp_path):
    settings = job_store_settings(tmp_path)
    async with serve_system(**settings) as running, AsyncClient(running.address) as client:
        first = await make_ad(client, reuse=True)
        second = await make_ad(client, reuse=True)
        found = await client.verify(second.data, second.manifest_json)
    assert first.data == second.data and found.credentials.state == "trusted"


async def test_an_ad_delivered_unsigned_is_not_cached(tmp_path, monkeypatch):
    own = create_signer_folder(tmp_path / "signer", days=-0.5)
    set_signer(monkeypatch, own, FAILURE="deliver")
    settings = job_store_settings(tmp_path)
    async with serve_system(**settings) as running, AsyncClient(running.address) as client:
        unsigned = await make_ad(client, reuse=True)
        own.issue()
        signed = await make_ad(client, reuse=True)
    assert "NOT_SIGNED" in [warning.reason for warning in unsigned.warnings]
    assert not has_credentials(unsigned.data) and has_credentials(signed.data)


def test_only_a_file_that_should_be_signed_lacks_a_signature():
    result = result_cache.finishing_pb2.FinishAdResult()
    assert not result_cache._lacks_signature(result)
    result.run.warnings.add(reason="NOT_SIGNED")
    assert result_cache._lacks_signature(result)
    result.unsigned_sha256 = "x"
    assert not result_cache._lacks_signature(result)


async def test_the_hash_of_the_lock_follows_from_the_manifest(signing):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
    (lock,) = (
        each["data"]["sha256"]
        for each in read_manifest(ad.data, "image/png")["assertions"]
        if each["label"] == "cyclorama.lock"
    )
    certificate = json.loads(ad.manifest_json)["pixel_lock"]
    del certificate["transform"]
    text = json.dumps(certificate, sort_keys=True, separators=(",", ":")).replace(":0.0,", ":0,")
    assert hashlib.sha256(text.encode()).digest() == base64.b64decode(lock)
