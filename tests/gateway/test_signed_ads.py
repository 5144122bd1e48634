"""Signed ads from photo to verification: ingredient, manifest, replay, cached results."""

import base64
import hashlib
import json

import pytest

from cyclorama import AsyncClient, compare_manifests
from gateway import result_cache
from services.credentials.store import has_credentials
from services.finishing import credentials_report
from services.finishing.lock import hash_certificate
from services.finishing.provenance import add_pixel_lock
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.gateway.test_verification import rewrite_file
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.signing import (
    CAPTURED,
    create_signer_folder,
    describe_photo,
    encode_as,
    list_actions,
    read_manifest,
    shared_signer,
    sign_photo,
    strip_credentials,
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
    assert not removed.is_authentic
    assert invalid.credentials.state == "invalid" and not invalid.is_authentic


def sign_again(ad, own=None, source=CAPTURED, *, has_lock=True) -> bytes:
    """Returns an ad without its credentials, with others of a forger who copies its lock."""
    data = strip_credentials(ad.data)
    manifest = describe_photo(source)
    lock = hash_certificate(ad.manifest["pixel_lock"])
    manifest = add_pixel_lock(manifest, lock) if has_lock else manifest
    return sign_photo(data, "image/png", own, manifest)


async def test_the_signature_of_a_signer_who_is_not_trusted_is_not_authentic(signing, tmp_path):
    composite = CAPTURED.replace("digitalCapture", "composite")
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        forged = sign_again(ad, create_signer_folder(tmp_path), composite)
        found = await client.verify(forged, ad.manifest_json)
    assert found.locked and found.credentials.lock_matches
    assert found.credentials.state == "unknown_signer" and not found.is_authentic


async def test_without_a_trust_list_every_signer_is_accepted(signing, monkeypatch):
    monkeypatch.delenv("CYCLORAMA_FINISHING_CREDENTIALS_TRUST")
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        found = await client.verify(ad.data, ad.manifest_json)
    assert found.credentials.state == "unknown_signer" and found.is_authentic


async def test_a_signature_of_another_source_or_of_no_lock_is_not_authentic(signing):
    composite = CAPTURED.replace("digitalCapture", "composite")
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        other = await client.verify(sign_again(ad), ad.manifest_json)
        unlocked = sign_again(ad, source=composite, has_lock=False)
        without = await client.verify(unlocked, ad.manifest_json)
        same = await client.verify(sign_again(ad, source=composite), ad.manifest_json)
    assert other.credentials.state == "trusted" and not other.is_authentic
    assert "another source (digitalCapture) than the manifest (composite)" in other.verdict
    assert not without.is_authentic and "lacks the hash of the certificate" in without.verdict
    assert same.is_authentic


async def test_a_signed_ad_that_no_stage_can_check_is_not_authentic(signing, monkeypatch):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client)
        monkeypatch.setattr(credentials_report, "is_library_installed", lambda: False)
        found = await client.verify(ad.data, ad.manifest_json)
    assert found.credentials.state == "unchecked" and not found.is_authentic
    assert "install the extra c2pa" in found.verdict


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


async def test_the_format_of_an_avif_is_covered_by_the_hash_of_the_file(signing):
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await make_ad(client, format="avif")
        changed = bytearray(ad.data)
        # The minor version in the box ftyp, which the signature leaves out.
        changed[15] ^= 1
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
