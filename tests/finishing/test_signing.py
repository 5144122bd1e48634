"""Finished ads are signed last: what their credentials say, their size, and what fails."""

import hashlib
import json
from functools import partial

import grpc
import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from cyclorama.v1.finishing_pb2_grpc import FinishingServiceStub
from services.credentials.ingredient import archive_photo
from services.finishing.engines import FinishingSettings, open_engine
from services.finishing.lock import hash_certificate
from services.finishing.servicer import STAGE
from services.imaging.images import encode_image
from services.runtime.engines import Engines
from services.runtime.formats import AVIF, JPEG, PNG, RAW_RGB, TIFF, WEBP, name_from_format
from tests.support.pictures import draw_product
from tests.support.serving import read_error_details, serve_service
from tests.support.signing import (
    create_signer_folder,
    encode_as,
    list_actions,
    read_manifest,
    shared_signer,
    sign_photo,
)

PIXELS, PRODUCT = draw_product(200, 160)
AD = encode_image(PIXELS, PNG)
MASK = encode_image(np.where(PRODUCT, np.uint8(255), np.uint8(0)), PNG)
TYPES = {PNG: "png", JPEG: "jpeg", WEBP: "webp", AVIF: "avif", TIFF: "tiff"}
RUNS = (
    ("segmentation", "onnx", "2-x", "u2netp"),
    ("background", "studio", "3-x", ""),
    ("compositing", "opencv", "3-x", ""),
    ("inpainting", "studio", "3-x", ""),
)
STAGES = [
    finishing_pb2.StageRun(stage=stage, engine=engine, version=version, model=model)
    for stage, engine, version, model in RUNS
]
PHOTO = finishing_pb2.PhotoRecord(sha256="ab" * 32)
WHOLE = {"ad": AD, "mask": MASK, "composite": AD, "stages": STAGES, "photo": PHOTO}


def open_stage(settings: FinishingSettings):
    engines = Engines(["pillow"], partial(open_engine, settings=settings))
    return serve_service(STAGE.build_service(STAGE.servicer(engines, settings)))


@pytest.fixture(scope="module")
def stage():
    with open_stage(shared_signer().settings()) as channel:
        yield FinishingServiceStub(channel)


@pytest.fixture(scope="module")
def unsigned_stage():
    with open_stage(FinishingSettings()) as channel:
        yield FinishingServiceStub(channel)


def finish(stage, fmt=PNG, **fields):
    request = finishing_pb2.FinishAdRequest(**WHOLE | {"accept_format": fmt} | fields)
    *_, last = stage.FinishAd(request, timeout=60)
    return last.result


def verify(stage, result, data=None, pixel_lock=None):
    image = type(result.file)(data=data or result.file.data)
    lock = pixel_lock or result.pixel_lock
    return stage.VerifyFile(finishing_pb2.VerifyFileRequest(image=image, pixel_lock=lock))


def list_reasons(result) -> list[str]:
    return [warning.reason for warning in result.run.warnings]


@pytest.mark.parametrize("fmt", TYPES, ids=map(name_from_format, TYPES))
def test_a_file_is_signed_and_its_signature_verified_with_the_lock(stage, unsigned_stage, fmt):
    result = finish(stage, fmt)
    found = verify(stage, result)
    assert found.locked and found.credentials.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED
    assert found.credentials.lock_matches and found.credentials.signer == "Cyclorama trial"
    assert found.credentials.source == found.source == "composite"
    assert result.run.parameters["credentials"]["algorithm"] == "es256"
    assert not list_reasons(result)
    unsigned = finish(unsigned_stage, fmt).file.data
    assert result.unsigned_sha256 == hashlib.sha256(unsigned).hexdigest()
    assert len(result.file.data) - len(unsigned) <= 4096


def test_every_stage_is_an_action_with_its_engine_and_model(stage):
    manifest = read_manifest(finish(stage).file.data, "image/png")
    actions = list_actions(manifest)
    assert [(each["action"], each["description"]) for each in actions] == [
        ("c2pa.created", "background"),
        ("c2pa.edited", "segmentation"),
        ("c2pa.placed", "compositing"),
        ("c2pa.edited", "inpainting"),
        ("c2pa.converted", "finishing"),
    ]
    assert actions[1]["softwareAgent"] == {"name": "onnx", "version": "2-x"}
    assert actions[1]["parameters"]["cyclorama.model"] == "u2netp"
    (photo,) = manifest["ingredients"]
    assert photo["relationship"] == "componentOf"
    assert photo["instance_id"] == "ni:///sha-256;q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"


def test_the_source_says_what_ran(stage):
    runs = [*STAGES[:3], finishing_pb2.StageRun(stage="inpainting", engine="x", generative=True)]
    drawn = list_actions(
        read_manifest(finish(stage, generative=True, stages=runs).file.data, "image/png")
    )
    generative = "compositeWithTrainedAlgorithmicMedia"
    assert drawn[0]["digitalSourceType"].endswith(f"/{generative}")
    assert drawn[3]["digitalSourceType"].endswith(f"/{generative}")
    rendered = list_actions(read_manifest(finish(stage).file.data, "image/png"))
    assert [each.get("digitalSourceType", "").rpartition("/")[2] for each in rendered] == [
        "composite",
        *[""] * 4,
    ]


@pytest.mark.parametrize("fields", [{"stages": ()}, {"stages": STAGES[2:]}, {"photo": None}])
def test_ads_with_less_known_about_them_are_valid_too(stage, fields):
    found = verify(stage, finish(stage, **fields)).credentials
    assert found.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED


def test_the_credentials_of_the_photo_are_kept(stage):
    photo = sign_photo(encode_as(PIXELS, "JPEG"), "image/jpeg")
    record = finishing_pb2.PhotoRecord(sha256="ab" * 32, credentials=archive_photo(photo))
    result = finish(stage, photo=record)
    (ingredient,) = read_manifest(result.file.data, "image/png")["ingredients"]
    assert ingredient["active_manifest"]
    assert verify(stage, result).credentials.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED


def test_the_thumbnail_of_the_photo_is_stored_once(stage):
    plain, kept = encode_as(PIXELS, "JPEG"), []
    for size in (0, 200_000):
        photo = sign_photo(plain, "image/jpeg", thumbnail=b"x" * size)
        record = finishing_pb2.PhotoRecord(credentials=archive_photo(photo))
        result = finish(stage, photo=record)
        kept.append(len(result.file.data))
        (ingredient,) = read_manifest(result.file.data, "image/png")["ingredients"]
        assert verify(stage, result).credentials.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED
    assert 200_000 <= kept[1] - kept[0] < 210_000
    assert ingredient["active_manifest"]
    assert ingredient["thumbnail"]["identifier"].endswith("c2pa.thumbnail.claim")


def test_a_forged_photo_is_recorded_as_one(stage):
    photo = bytearray(sign_photo(encode_as(PIXELS, "PNG"), "image/png"))
    photo[-30] ^= 1
    record = finishing_pb2.PhotoRecord(credentials=archive_photo(bytes(photo)))
    result = finish(stage, photo=record)
    (ingredient,) = read_manifest(result.file.data, "image/png")["ingredients"]
    failures = ingredient["validation_results"]["activeManifest"]["failure"]
    assert "assertion.dataHash.mismatch" in [each["code"] for each in failures]
    assert verify(stage, result).credentials.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED


@pytest.mark.parametrize("fmt", [PNG, JPEG, WEBP, TIFF])
def test_the_size_limit_includes_the_credentials(stage, fmt):
    noise = np.random.default_rng(1).integers(0, 255, PIXELS.shape, np.uint8)
    ad = encode_image(noise, PNG)
    limit = 200 if fmt in (PNG, TIFF) else 45
    delivery = finishing_pb2.Delivery(max_kilobytes=limit)
    result = finish(stage, fmt, ad=ad, composite=ad, delivery=delivery)
    assert len(result.file.data) <= 1000 * limit and result.unsigned_sha256
    if fmt == JPEG:
        with pytest.raises(grpc.RpcError, match="the smallest is"):
            finish(stage, fmt, delivery=finishing_pb2.Delivery(max_kilobytes=5))


def test_photo_credentials_are_left_out_of_a_small_file_with_a_warning(stage):
    photo = sign_photo(encode_as(PIXELS, "JPEG"), "image/jpeg")
    record = finishing_pb2.PhotoRecord(sha256="ab" * 32, credentials=archive_photo(photo))
    delivery = finishing_pb2.Delivery(max_kilobytes=14)
    result = finish(stage, JPEG, photo=record, delivery=delivery)
    assert list_reasons(result) == ["PHOTO_CREDENTIALS_LEFT_OUT"]
    (ingredient,) = read_manifest(result.file.data, "image/jpeg")["ingredients"]
    assert "active_manifest" not in ingredient and len(result.file.data) <= 14_000


def test_what_cannot_be_signed_is_delivered_with_a_warning(stage):
    raw = finish(stage, RAW_RGB)
    assert list_reasons(raw) == ["NOT_SIGNED"] and not raw.unsigned_sha256
    layered = finish(stage, delivery=finishing_pb2.Delivery(layers=True))
    assert list_reasons(layered) == ["NOT_SIGNED"] and layered.unsigned_sha256
    assert "its layers and the Photoshop file have none" in layered.run.warnings[0].message


def test_profiles_are_checked_on_the_signed_file(stage):
    result = finish(stage, JPEG, delivery=finishing_pb2.Delivery(profile="google-display"))
    measured = {each.name: each.measured for each in result.profile_report.findings}
    assert float(measured["kilobytes"]) == len(result.file.data) / 1000


def test_a_signature_of_another_lock_is_named(stage):
    result = finish(stage)
    values = json.loads(result.pixel_lock)
    forged = json.dumps(values | {"delta_e_mean": 1.5})
    found = verify(stage, result, pixel_lock=forged).credentials
    assert not found.lock_matches and "another certificate" in found.verdict
    moved = json.dumps(values | {"transform": {"x": 1}}, indent=2)
    assert verify(stage, result, pixel_lock=moved).credentials.lock_matches


def test_certificates_are_hashed_in_canonical_json():
    expected = hashlib.sha256(b'{"a":[1,2.5],"b":0,"c":"x"}').hexdigest()
    assert hash_certificate({"c": "x", "b": 0.0, "a": [1, 2.5], "transform": {}}) == expected


def test_a_changed_file_is_invalid(stage):
    result = finish(stage, JPEG)
    data = bytearray(result.file.data)
    data[-200] ^= 1
    found = verify(stage, result, bytes(data)).credentials
    assert found.state == finishing_pb2.CREDENTIALS_STATE_INVALID
    assert found.problems == ["assertion.dataHash.mismatch"]


def test_an_unsigned_file_has_none(stage):
    found = verify(stage, finish(stage), AD.data).credentials
    assert found.state == finishing_pb2.CREDENTIALS_STATE_ABSENT


@pytest.mark.parametrize(
    ("validity", "more", "code", "reason"),
    [
        ({"days": -0.5}, {}, grpc.StatusCode.FAILED_PRECONDITION, "CREDENTIALS_NOT_USABLE"),
        (
            {},
            {"credentials_signer_url": "http://127.0.0.1:1/"},
            grpc.StatusCode.UNAVAILABLE,
            "SIGNER_UNAVAILABLE",
        ),
        (
            {},
            {"credentials_timestamp_url": "http://127.0.0.1:1/"},
            grpc.StatusCode.UNAVAILABLE,
            "SIGNER_UNAVAILABLE",
        ),
    ],
    ids=["expired", "signer down", "authority down"],
)
def test_an_ad_that_cannot_be_signed_is_refused_or_delivered(
    tmp_path, stage, validity, more, code, reason
):
    own = create_signer_folder(tmp_path, **validity)
    with open_stage(own.settings(**more)) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            finish(FinishingServiceStub(channel))
        assert caught.value.code() is code
        details = read_error_details(caught.value)
        assert details["ErrorInfo"].reason == reason
        assert ("RetryInfo" in details) == (code is grpc.StatusCode.UNAVAILABLE)
        assert str(tmp_path) not in caught.value.details()
    with open_stage(own.settings(**more, credentials_failure="deliver")) as channel:
        limited = finishing_pb2.Delivery(max_kilobytes=400)
        result = finish(FinishingServiceStub(channel), delivery=limited)
    assert list_reasons(result) == ["NOT_SIGNED"] and not result.unsigned_sha256
    found = verify(stage, result).credentials
    assert found.state == finishing_pb2.CREDENTIALS_STATE_ABSENT


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"credentials_key": None}, "set CYCLORAMA_FINISHING_CREDENTIALS_KEY or"),
        ({"credentials_signer_url": "https://signer"}, "and not both"),
    ],
)
def test_a_certificate_needs_one_way_to_sign(fields, message):
    own = {"credentials_cert": shared_signer().cert, "credentials_key": shared_signer().key}
    settings = FinishingSettings(**own | fields)
    engines = Engines(["pillow"], partial(open_engine, settings=settings))
    with pytest.raises(SystemExit, match=message):
        STAGE.servicer(engines, settings)


@pytest.mark.parametrize("name", ["key", "signer_url", "signer_token", "timestamp_url"])
def test_settings_of_signing_without_a_certificate_end_the_process(name):
    value = "https://host" if name.endswith("url") else shared_signer().key
    settings = FinishingSettings(**{f"credentials_{name}": value})
    with pytest.raises(SystemExit, match=rf"{name.upper()} is set; set .*_CREDENTIALS_CERT too"):
        STAGE.servicer(Engines(["pillow"], partial(open_engine, settings=settings)), settings)


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff", "key"])
def test_a_trust_list_without_certificates_ends_the_process(tmp_path, content):
    trust = tmp_path / "trust.pem"
    trust.write_bytes(shared_signer().key.read_bytes() if content == "key" else content)
    settings = FinishingSettings(credentials_trust=trust)
    with pytest.raises(SystemExit, match=r"trust list .*trust\.pem cannot be read: it is no PEM"):
        STAGE.servicer(Engines(["pillow"], partial(open_engine, settings=settings)), settings)


def test_a_changed_trust_list_is_read_again(tmp_path):
    own = create_signer_folder(tmp_path / "signer")
    trust = tmp_path / "trust.pem"
    trust.write_text(shared_signer().trust)
    with open_stage(own.settings(credentials_trust=trust)) as channel:
        stage = FinishingServiceStub(channel)
        result, states = finish(stage), []
        for text in (shared_signer().trust, own.trust, "junk"):
            trust.write_text(text)
            states.append(verify(stage, result).credentials.state)
    # What is no list leaves the former one in use.
    assert states == [
        finishing_pb2.CREDENTIALS_STATE_UNKNOWN_SIGNER,
        *[finishing_pb2.CREDENTIALS_STATE_TRUSTED] * 2,
    ]


def test_a_wrong_key_ends_the_process_with_a_sentence(tmp_path):
    own = create_signer_folder(tmp_path)
    own.key.write_text("x")
    settings = own.settings()
    engines = Engines(["pillow"], partial(open_engine, settings=settings))
    with pytest.raises(SystemExit, match=r"Content Credentials: .*key\.pem cannot be read"):
        STAGE.servicer(engines, settings)


@pytest.mark.parametrize("url", ["ftp://host/", "signer:80", "http://"])
def test_a_url_of_another_kind_is_rejected(monkeypatch, url):
    monkeypatch.setenv("CYCLORAMA_FINISHING_CREDENTIALS_SIGNER_URL", url)
    with pytest.raises(SystemExit, match="is no URL that starts with"):
        FinishingSettings.from_environment()


def test_a_renewed_certificate_changes_the_settings_of_the_engine(tmp_path):
    own = create_signer_folder(tmp_path)
    engine = open_engine("pillow", own.settings())
    before = engine.settings_hash
    own.issue()
    assert before and engine.settings_hash not in ("", before)
    assert not open_engine("pillow", FinishingSettings()).settings_hash


@pytest.mark.parametrize(
    ("photo", "field"),
    [
        (finishing_pb2.PhotoRecord(sha256="x"), "photo.sha256"),
        (finishing_pb2.PhotoRecord(credentials=bytes(2**20 + 1)), "photo.credentials"),
        (finishing_pb2.PhotoRecord(credentials=b"junk"), "photo.credentials"),
    ],
)
def test_an_invalid_photo_record_is_rejected(stage, photo, field):
    with pytest.raises(grpc.RpcError, match=field) as caught:
        finish(stage, photo=photo)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
