"""Tests of job ownership: several callers at one gateway with one store."""

import uuid
from contextlib import asynccontextmanager
from types import SimpleNamespace

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import token_metadata, write_callers
from tests.support.pictures import draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG)
SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED


def campaign(prompt="a table") -> jobs_pb2.Campaign:
    size = image_pb2.Size(width=256, height=256)
    return jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=[prompt], sizes=[size], seed=7)


class CallerClient:
    """A client of AdService with the token of one caller."""

    def __init__(self, channel, token: str) -> None:
        self._stub, self._options = (
            ads_pb2_grpc.AdServiceStub(channel),
            {"metadata": token_metadata(token)},
        )

    async def submit_job(self, prompt="a table", request_id="") -> jobs_pb2.Job:
        request = ads_pb2.SubmitJobRequest(campaign=campaign(prompt), request_id=request_id)
        return (await self._stub.SubmitJob(request, **self._options)).job

    async def run_job(self, prompt="a table", request_id="") -> jobs_pb2.Job:
        return (await self.watch_job((await self.submit_job(prompt, request_id)).name))[-1]

    async def watch_job(self, name: str) -> list[jobs_pb2.Job]:
        request = ads_pb2.WatchJobRequest(name=name)
        return [
            event.job async for event in self._stub.WatchJob(request, timeout=60, **self._options)
        ]

    async def get_job(self, name: str) -> jobs_pb2.Job:
        return (await self._stub.GetJob(ads_pb2.GetJobRequest(name=name), **self._options)).job

    async def cancel_job(self, name: str) -> jobs_pb2.Job:
        return (
            await self._stub.CancelJob(ads_pb2.CancelJobRequest(name=name), **self._options)
        ).job

    async def fetch_artifact(self, name: str) -> bytes:
        request = ads_pb2.GetArtifactRequest(name=name)
        return b"".join([c.data async for c in self._stub.GetArtifact(request, **self._options)])

    async def upload_photo(self) -> image_pb2.Image:
        request = ads_pb2.UploadImageRequest(image=PHOTO)
        return (await self._stub.UploadImage(request, **self._options)).image

    async def create_ad(self, photo: image_pb2.Image) -> bytes:
        size = image_pb2.Size(width=256, height=256)
        request = ads_pb2.CreateAdRequest(photo=photo, prompt="a table", size=size, seed=7)
        events = [each async for each in self._stub.CreateAd(request, **self._options)]
        return events[-1].ad.image.data

    async def delete_job(self, name: str) -> None:
        await self._stub.DeleteJob(ads_pb2.DeleteJobRequest(name=name), **self._options)

    async def list_jobs(self, size: int = 100, owner: str = "") -> list[str]:
        names, token = [], None
        while token != "":
            request = ads_pb2.ListJobsRequest(page_size=size, page_token=token or "", owner=owner)
            page = await self._stub.ListJobs(request, **self._options)
            names, token = names + [job.name for job in page.jobs], page.next_page_token
        return names


@pytest.fixture
def gateway(tmp_path):
    """Opens a gateway with four callers; yields a client for each by name."""
    tokens = write_callers(tmp_path / "callers.toml")
    settings = {
        "callers": str(tmp_path / "callers.toml"),
        "database": f"sqlite:///{tmp_path}/jobs.db",
        "artifact_store": str(tmp_path / "artifacts"),
    }

    @asynccontextmanager
    async def open_gateway(**overrides):
        async with (
            serve_system(**settings | overrides) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield SimpleNamespace(
                **{name: CallerClient(channel, token) for name, token in tokens.items()}
            )

    return open_gateway


async def catch_error(call) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, caught.value.details()


async def test_an_upload_can_be_named_only_by_its_owner(gateway):
    async with gateway() as callers:
        photo = await callers.shop.upload_photo()
        ad = await callers.shop.create_ad(photo)
        for other in (callers.agency, callers.boss):
            status, text = await catch_error(other.create_ad(photo))
            assert status == "NOT_FOUND" and "upload it again" in text
        # The same bytes are an upload of each caller who sent them.
        assert await callers.agency.upload_photo() == photo
        assert await callers.agency.create_ad(photo) == ad
        assert (await catch_error(callers.screen.upload_photo()))[0] == "PERMISSION_DENIED"


async def test_a_deleted_job_takes_no_upload_of_another_caller_with_it(gateway, tmp_path):
    async with gateway() as callers:
        photo = await callers.shop.upload_photo()
        assert await callers.agency.upload_photo() == photo
        job = await callers.agency.run_job()
        await callers.agency.delete_job(job.name)
        assert await callers.shop.create_ad(photo)
        assert (await catch_error(callers.agency.create_ad(photo)))[0] == "NOT_FOUND"
        job = await callers.shop.run_job()
        await callers.shop.delete_job(job.name)
        assert not [path for path in (tmp_path / "artifacts").rglob(photo.uri) if path.is_file()]


async def test_a_job_and_its_artifacts_are_visible_only_to_its_owner(gateway):
    async with gateway() as callers:
        job = await callers.shop.run_job()
        assert job.owner == "shop" and job.state == SUCCEEDED
        assert await callers.shop.list_jobs() == [job.name]
        assert await callers.agency.list_jobs() == []
        assert await callers.agency.list_jobs(owner="shop") == []
        assert await callers.boss.list_jobs(owner="shop") == [job.name]
        assert await callers.boss.list_jobs(owner="agency") == []
        for others in (callers.agency, callers.screen):
            for method in ("get_job", "watch_job"):
                error = await catch_error(getattr(others, method)(job.name))
                assert error == ("NOT_FOUND", f"there is no {job.name}")
            for name in (job.ads[0].artifact, job.ads[0].manifest):
                assert await catch_error(others.fetch_artifact(name)) == (
                    "NOT_FOUND",
                    f"there is no {job.name}",
                )
        assert (await catch_error(callers.agency.cancel_job(job.name)))[0] == "NOT_FOUND"
        assert len(await callers.shop.fetch_artifact(job.ads[0].artifact)) > 1000


async def test_the_error_for_a_job_of_another_caller_equals_that_for_a_missing_one(gateway):
    async with gateway() as callers:
        theirs = (await callers.shop.submit_job()).name
        none = f"jobs/{uuid.uuid4().hex}"
        for method in ("get_job", "watch_job", "cancel_job", "fetch_artifact"):
            first, second = [
                await catch_error(getattr(callers.agency, method)(name)) for name in (theirs, none)
            ]
            assert first[0] == second[0]
            assert first[1].replace(theirs, "") == second[1].replace(none, "")


async def test_an_admin_can_see_read_and_cancel_the_jobs_of_all_callers(gateway):
    async with gateway() as callers:
        job = await callers.shop.run_job()
        assert await callers.boss.list_jobs() == [job.name]
        assert (await callers.boss.get_job(job.name)).owner == "shop"
        assert len(await callers.boss.fetch_artifact(job.ads[0].artifact)) > 1000
        assert (await callers.boss.cancel_job(job.name)).state == SUCCEEDED


async def test_equal_request_ids_of_two_callers_are_two_jobs(gateway):
    request_id = str(uuid.uuid4())
    async with gateway() as callers:
        mine, again = [await callers.shop.submit_job("a table", request_id) for _ in range(2)]
        theirs = await callers.agency.submit_job("a beach", request_id)
        assert mine.name == again.name != theirs.name
        assert theirs.ads[0].prompt == "a beach" and theirs.owner == "agency"


async def test_cached_results_are_not_shared_between_callers(gateway):
    """With equal photos, prompts and seeds, the stages run again for the second caller."""
    async with gateway() as callers:
        first, second = await callers.shop.run_job(), await callers.agency.run_job()
        assert {each.stage: (each.computed, each.cached) for each in second.stages} == {
            each.stage: (1, 0) for each in first.stages
        }
        third = await callers.shop.run_job()
        assert all(each.cached == 1 for each in third.stages)


async def test_the_key_of_an_artifact_is_not_enough_to_read_it(gateway):
    async with gateway() as callers:
        theirs, mine = (
            await callers.shop.run_job("a table"),
            await callers.agency.run_job("a beach"),
        )
        key = theirs.ads[0].artifact.rpartition("/")[2]
        for name in (f"{mine.name}/artifacts/{key}", f"jobs/artifacts/{key}", key):
            assert (await catch_error(callers.agency.fetch_artifact(name)))[0] == "NOT_FOUND"
        stolen = campaign()
        stolen.photos[0].image.uri = theirs.ads[0].photo
        request = ads_pb2.SubmitJobRequest(campaign=stolen)
        call = callers.agency._stub.SubmitJob(request, **callers.agency._options)
        assert (await catch_error(call))[0] == "NOT_FOUND"


async def test_pages_contain_only_the_jobs_of_the_caller(gateway):
    async with gateway() as callers:
        names = []
        for _ in range(3):
            names.append((await callers.shop.submit_job()).name)
            await callers.agency.submit_job("a beach")
        assert await callers.shop.list_jobs(size=1) == names[::-1]
