"""Tests of hostile names and texts: no path leads out of the artifact store."""

import json
import re

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, finishing_pb2, image_pb2, jobs_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.hostile import HOSTILE
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=64, height=64)
HASH = "[0-9a-f]{64}"
STORE_PATH = re.compile(
    rf"v2/(objects/[0-9a-f]{{2}}/{HASH}|records/[0-9a-f]{{2}}/{HASH}/[0-9a-z-]+)"
)
REJECTED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of job database and artifact store."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def stub(home):
    stores = job_store_settings(home)
    with (
        serve_system_in_thread(**stores) as running,
        grpc.insecure_channel(running.address) as channel,
    ):
        yield ads_pb2_grpc.AdServiceStub(channel)


@pytest.fixture(scope="module")
def job(stub):
    """A finished job whose prompts are the hostile texts."""
    campaign = jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=HOSTILE, sizes=[SIZE], seed=1)
    name = stub.SubmitJob(ads_pb2.SubmitJobRequest(campaign=campaign)).job.name
    list(stub.WatchJob(ads_pb2.WatchJobRequest(name=name), timeout=60))
    return stub.GetJob(ads_pb2.GetJobRequest(name=name)).job


def catch_error(function) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        function()
    return caught.value


def fetch_artifact(stub, name: str) -> bytes:
    return b"".join(part.data for part in stub.GetArtifact(ads_pb2.GetArtifactRequest(name=name)))


def test_hostile_prompts_are_stored_unchanged_and_only_as_contents(stub, home, job):
    assert [ad.prompt for ad in job.ads] == HOSTILE
    assert {ad.state for ad in job.ads} == {jobs_pb2.JOB_STATE_SUCCEEDED}
    for ad in job.ads:
        assert json.loads(fetch_artifact(stub, ad.manifest))["request"]["prompt"] == ad.prompt
    store = home / "artifacts"
    files = [path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()]
    assert len(files) > len(HOSTILE) and all(map(STORE_PATH.fullmatch, files))
    assert {path.name.partition(".db")[0] for path in home.iterdir()} == {"artifacts", "jobs"}


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_no_name_reaches_outside_of_a_job(stub, job, words):
    names = [words, f"jobs/{words}", f"{job.name}/artifacts/{words}", f"{job.name}/{words}"]
    for name in names:
        error = catch_error(lambda name=name: fetch_artifact(stub, name))
        assert error.code() in REJECTED, name
    for method in (stub.GetJob, stub.CancelJob):
        request = ads_pb2.GetJobRequest if method is stub.GetJob else ads_pb2.CancelJobRequest
        error = catch_error(lambda: method(request(name=f"jobs/{words}")))  # noqa: B023
        assert error.code() in REJECTED


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_hostile_ids_uris_and_profiles_are_invalid(stub, words):
    campaign = jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=["x"], sizes=[SIZE])
    by_uri = ads_pb2.CreateAdRequest(photo=image_pb2.Image(uri=words), prompt="x", size=SIZE)
    delivery = finishing_pb2.Delivery(profile=words)
    calls = [
        lambda: stub.SubmitJob(ads_pb2.SubmitJobRequest(campaign=campaign, request_id=words)),
        lambda: list(stub.CreateAd(by_uri)),
        lambda: stub.CheckAd(ads_pb2.CheckAdRequest(image=PHOTO, profile=words)),
        lambda: list(
            stub.CreateAd(
                ads_pb2.CreateAdRequest(photo=PHOTO, prompt="x", size=SIZE, delivery=delivery)
            )
        ),
        lambda: stub.VerifyAd(ads_pb2.VerifyAdRequest(image=PHOTO, manifest=words)),
        lambda: stub.AssessAd(ads_pb2.AssessAdRequest(image=PHOTO, manifest=words or "7")),
        lambda: stub.VerifyAd(
            ads_pb2.VerifyAdRequest(
                image=PHOTO, manifest=json.dumps({"pixel_lock": words, "ad": 1})
            )
        ),
    ]
    for call in calls:
        assert catch_error(call).code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_a_hostile_file_name_is_only_read(stub, words):
    request = ads_pb2.CheckAdRequest(image=PHOTO, profile="meta-feed", file_name=words)
    assert stub.CheckAd(request).report.profile == "meta-feed"


@pytest.mark.parametrize("depth", [33, 5_000, 100_000])
def test_a_deeply_nested_manifest_is_invalid(stub, depth):
    nested = "[" * depth + "]" * depth
    for text in (nested, f'{{"pixel_lock": {{}}, "ad": {{"sha256": {nested}}}, "stages": []}}'):
        error = catch_error(
            lambda text=text: stub.VerifyAd(ads_pb2.VerifyAdRequest(image=PHOTO, manifest=text))
        )
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_status_for_a_thousand_invalid_fields_is_small_enough(stub):
    overrides = [jobs_pb2.Override(seed=-1, negative_prompt="x" * 2001)] * 1000
    campaign = jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=["x"], overrides=overrides)
    error = catch_error(lambda: stub.SubmitJob(ads_pb2.SubmitJobRequest(campaign=campaign)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "campaign.overrides[0].seed" in error.details()
