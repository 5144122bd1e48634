"""Tests that a job that is deleted leaves nothing in the database and the artifact store."""

import asyncio
import threading
import uuid
from pathlib import Path

import grpc
import numpy as np
import obstore
import pytest

from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2, jobs_pb2, scene_pb2
from gateway.artifacts import ArtifactStore
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.objects import STORE_VERSION, hash_content
from tests.support.campaigns import (
    PHOTO,
    SIZES,
    build_campaign,
    count_results,
    expect_rpc_error,
    fetch_artifact,
    run_job,
    submit_job,
    watch_job,
)
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.serving import read_error_details

WORDS = "a marble table for nobody else"
SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED


async def delete_job(stub, name: str) -> None:
    await stub.DeleteJob(ads_pb2.DeleteJobRequest(name=name))


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def find_bytes(folder: Path, *texts: bytes) -> list[tuple[str, bytes]]:
    """Returns the files below a folder that contain one of some texts."""
    return [
        (path.name, text)
        for path in list_files(folder)
        for text in texts
        if text in path.read_bytes()
    ]


def draw_photo(shade: int) -> image_pb2.Image:
    """A product photo that no other test uses."""
    picture = draw_product()[0].copy()
    picture[::8] = shade
    return encode_image(picture, PNG)


async def test_nothing_of_a_deleted_job_is_left_in_files_and_database(gateway, tmp_path):
    logo = encode_image(np.full((40, 40, 3), 120, np.uint8), PNG)
    backdrop = encode_image(np.full((300, 300, 3), 99, np.uint8), PNG)
    photo = draw_photo(77)
    campaign = build_campaign(
        [WORDS, f"{WORDS}, again"],
        photos=[photo],
        display_name="Secret launch",
        labels={"season": "secret spring"},
        lettering=finishing_pb2.Lettering(headline="Top secret", logo=logo),
        overrides=[{"prompt": WORDS, "backdrop": scene_pb2.Backdrop(picture=backdrop)}],
        variants=2,
    )
    campaign.photos[0].name = "secret-bottle.png"
    async with gateway() as stub:
        job = await run_job(stub, campaign)
        assert job.state == SUCCEEDED
        texts = [picture.data[20:80] for picture in (photo, logo, backdrop)]
        for ad in job.ads:
            for name in filter(None, (ad.artifact, ad.manifest, ad.preview)):
                # Behind the header, which files of one size share.
                texts.append((await fetch_artifact(stub, name))[-200:-20])
        texts += [b"Secret launch", b"secret spring", b"Top secret", b"secret-bottle"]
        texts += [WORDS.encode(), hash_content(photo.data).encode()]
        assert {text for _, text in find_bytes(tmp_path, *texts)} == set(texts)
        await delete_job(stub, job.name)
        assert list_files(tmp_path / "artifacts") == []
        assert find_bytes(tmp_path, *texts) == []
        for call in (
            stub.GetJob(ads_pb2.GetJobRequest(name=job.name)),
            stub.CancelJob(ads_pb2.CancelJobRequest(name=job.name)),
            stub.RetryJob(ads_pb2.RetryJobRequest(name=job.name)),
            watch_job(stub, job.name),
            fetch_artifact(stub, job.ads[0].artifact),
            delete_job(stub, job.name),
        ):
            assert (await expect_rpc_error(call)).code() is grpc.StatusCode.NOT_FOUND
        assert not (await stub.ListJobs(ads_pb2.ListJobsRequest())).jobs
    assert find_bytes(tmp_path, *texts) == []


async def test_a_running_job_is_stopped_and_erased(gateway, tmp_path):
    background = Flat(threading.Event())
    async with gateway(background=background, max_concurrent_ads=2) as stub:
        job = await submit_job(stub, build_campaign([f"{WORDS} {each}" for each in range(5)]))
        watching = asyncio.ensure_future(watch_job(stub, job.name))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        await delete_job(stub, job.name)
        assert list_files(tmp_path / "artifacts") == []
        assert find_bytes(tmp_path, WORDS.encode(), PHOTO.data[:64]) == []
        assert await asyncio.to_thread(background.abandoned.wait, 20)
        assert (await expect_rpc_error(watching)).code() is grpc.StatusCode.NOT_FOUND
        background.go.set()
        assert (await run_job(stub)).state == SUCCEEDED


async def test_what_an_ad_still_writes_that_was_cancelled_a_moment_before_is_erased(
    gateway, tmp_path, monkeypatch
):
    begun, put = asyncio.Event(), obstore.put_async

    async def put_slowly(store, path, data, **options) -> object:
        if "/ad-" in path:
            begun.set()
        await asyncio.sleep(0.2)
        return await put(store, path, data, **options)

    async with gateway() as stub:
        monkeypatch.setattr("gateway.artifacts.obstore.put_async", put_slowly)
        job = await submit_job(stub, build_campaign([WORDS]))
        async with asyncio.timeout(20):
            await begun.wait()
        await stub.CancelJob(ads_pb2.CancelJobRequest(name=job.name))
        await delete_job(stub, job.name)
        assert list_files(tmp_path / "artifacts") == []
        await asyncio.sleep(0.5)
        assert list_files(tmp_path / "artifacts") == []


async def test_the_files_of_an_ad_that_never_finished_are_erased(gateway, tmp_path, monkeypatch):
    stored, overwrite = asyncio.Event(), ArtifactStore.overwrite_object

    async def stop_after_manifest(self, data, key="") -> str:
        key = await overwrite(self, data, key)
        if data.startswith(b"{"):
            stored.set()
            await asyncio.Event().wait()
        return key

    monkeypatch.setattr(ArtifactStore, "overwrite_object", stop_after_manifest)
    async with gateway() as stub:
        job = await submit_job(stub, build_campaign([WORDS]))
        async with asyncio.timeout(20):
            await stored.wait()
        assert find_bytes(tmp_path / "artifacts" / STORE_VERSION / "objects", WORDS.encode())
        await delete_job(stub, job.name)
    assert list_files(tmp_path / "artifacts") == []


async def test_a_deletion_fails_while_an_ad_does_not_stop_and_is_completed_later(
    gateway, tmp_path, monkeypatch
):
    monkeypatch.setattr("gateway.jobs.erasure.STOP_SECONDS", 0.3)
    background = Flat(threading.Event())
    async with gateway(background=background) as stub:
        job = await submit_job(stub, build_campaign([WORDS]))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        with monkeypatch.context() as patch:
            patch.setattr("gateway.jobs.queue.AdQueue.release_ad", lambda *_: None)
            error = await expect_rpc_error(delete_job(stub, job.name))
            assert read_error_details(error)["ErrorInfo"].reason == "JOB_STILL_STOPPING"
            assert "RetryInfo" in read_error_details(error)
    async with gateway() as stub:
        await delete_job(stub, job.name)
    assert list_files(tmp_path / "artifacts") == []


async def test_a_deletion_goes_on_when_its_caller_leaves(gateway, tmp_path, monkeypatch):
    erased, delete = asyncio.Event(), ArtifactStore.delete_object

    async def delete_slowly(self, key) -> None:
        await asyncio.sleep(0.3)
        await delete(self, key)
        erased.set()

    async with gateway() as stub:
        job = await run_job(stub)
        monkeypatch.setattr(ArtifactStore, "delete_object", delete_slowly)
        request = ads_pb2.DeleteJobRequest(name=job.name)
        error = await expect_rpc_error(stub.DeleteJob(request, timeout=0.2))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(20):
            await erased.wait()
            while list_files(tmp_path / "artifacts"):
                await asyncio.sleep(0.05)


async def test_what_another_job_consists_of_stays_until_that_is_deleted(gateway, tmp_path):
    async with gateway() as stub:
        first, second = await run_job(stub), await run_job(stub)
        assert first.ads[0].artifact.split("/")[-1] == second.ads[0].artifact.split("/")[-1]
        await delete_job(stub, first.name)
        photo = hash_content(PHOTO.data)
        assert photo in [path.name for path in list_files(tmp_path / "artifacts")]
        for name in (second.ads[0].artifact, second.ads[0].manifest, second.ads[0].preview):
            assert await fetch_artifact(stub, name)
        third = await run_job(stub)
        # Its photo is there still, the cached results of its photo are not.
        assert third.state == SUCCEEDED and count_results(third)["segmentation"] == (1, 0)
        await delete_job(stub, second.name)
        await delete_job(stub, third.name)
        assert list_files(tmp_path / "artifacts") == []


async def test_an_uploaded_photo_of_a_deleted_job_is_erased(gateway, tmp_path):
    async with gateway() as stub:
        uploaded = (await stub.UploadImage(ads_pb2.UploadImageRequest(image=PHOTO))).image
        job = await run_job(stub, build_campaign(photos=[uploaded]))
        assert job.state == SUCCEEDED and job.ads[0].photo == uploaded.uri
        await delete_job(stub, job.name)
        assert list_files(tmp_path / "artifacts") == []
        error = await expect_rpc_error(submit_job(stub, build_campaign(photos=[uploaded])))
        assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_an_upload_is_erased_with_the_last_job_that_has_it(gateway, tmp_path):
    async with gateway() as stub:
        uploaded = (await stub.UploadImage(ads_pb2.UploadImageRequest(image=PHOTO))).image
        campaigns = [build_campaign([text], photos=[uploaded]) for text in ("a table", "a beach")]
        first, second = [await run_job(stub, campaign) for campaign in campaigns]
        await delete_job(stub, first.name)
        third = await run_job(stub, campaigns[0])
        assert third.state == SUCCEEDED
        for job in (second, third):
            await delete_job(stub, job.name)
        assert list_files(tmp_path / "artifacts") == []


async def test_jobs_with_other_photos_and_prompts_keep_their_cached_results(gateway):
    # With results of other bytes, which are stored once.
    wide = encode_image(draw_product(320, 200)[0], PNG)
    other = build_campaign(["a beach"], photos=[wide], seed=9, sizes=SIZES[1:])
    async with gateway() as stub:
        kept, deleted = await run_job(stub, other), await run_job(stub)
        await delete_job(stub, deleted.name)
        again = await run_job(stub, other)
    assert count_results(again) == dict.fromkeys(count_results(kept), (0, 1))


async def test_the_request_id_of_a_deleted_job_is_not_used_again(gateway):
    request_id = str(uuid.uuid4())
    async with gateway() as stub:
        job = await run_job(stub, request_id=request_id)
        await delete_job(stub, job.name)
        error = await expect_rpc_error(submit_job(stub, request_id=request_id))
        assert read_error_details(error)["ErrorInfo"].reason == "JOB_DELETED"
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_an_interrupted_deletion_is_completed_when_the_gateway_starts(
    gateway, tmp_path, monkeypatch
):
    async with gateway() as stub:
        job = await run_job(stub, build_campaign([WORDS]))
        with monkeypatch.context() as patch:
            patch.setattr("gateway.jobs.erasure.JobEraser.erase_job", interrupt)
            assert (await expect_rpc_error(delete_job(stub, job.name))).code()
        gone = await expect_rpc_error(stub.GetJob(ads_pb2.GetJobRequest(name=job.name)))
        assert gone.code() is grpc.StatusCode.NOT_FOUND
        assert list_files(tmp_path / "artifacts")
    async with gateway():
        async with asyncio.timeout(20):
            while list_files(tmp_path / "artifacts"):
                await asyncio.sleep(0.05)
    assert find_bytes(tmp_path, WORDS.encode()) == []


async def interrupt(*_args) -> None:
    raise RuntimeError("interrupted")


@pytest.mark.parametrize("name", ["jobs/none", "none"])
async def test_a_job_that_does_not_exist_cannot_be_deleted(gateway, name):
    async with gateway() as stub:
        error = await expect_rpc_error(delete_job(stub, name))
    assert error.code() is grpc.StatusCode.NOT_FOUND
