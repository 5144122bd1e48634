"""Whose jobs are whose: several callers at one gateway and in one store."""

import uuid
from contextlib import asynccontextmanager
from types import SimpleNamespace

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import showing, written_callers
from tests.support.pictures import draw_product
from tests.support.system import system

PHOTO = encode_image(draw_product()[0], PNG)
SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED


def campaign(prompt="a table") -> jobs_pb2.Campaign:
    size = image_pb2.Size(width=256, height=256)
    return jobs_pb2.Campaign(photo=PHOTO, prompts=[prompt], sizes=[size], seed=7)


class As:
    """AdService as one caller sees it."""

    def __init__(self, channel, token: str) -> None:
        self._stub, self._how = ads_pb2_grpc.AdServiceStub(channel), {"metadata": showing(token)}

    async def submit(self, prompt="a table", request_id="") -> jobs_pb2.Job:
        asked = ads_pb2.SubmitJobRequest(campaign=campaign(prompt), request_id=request_id)
        return (await self._stub.SubmitJob(asked, **self._how)).job

    async def done(self, prompt="a table", request_id="") -> jobs_pb2.Job:
        return (await self.watched((await self.submit(prompt, request_id)).name))[-1]

    async def watched(self, name: str) -> list[jobs_pb2.Job]:
        asked = ads_pb2.WatchJobRequest(name=name)
        return [event.job async for event in self._stub.WatchJob(asked, timeout=60, **self._how)]

    async def get(self, name: str) -> jobs_pb2.Job:
        return (await self._stub.GetJob(ads_pb2.GetJobRequest(name=name), **self._how)).job

    async def cancel(self, name: str) -> jobs_pb2.Job:
        return (await self._stub.CancelJob(ads_pb2.CancelJobRequest(name=name), **self._how)).job

    async def fetch(self, name: str) -> bytes:
        asked = ads_pb2.GetArtifactRequest(name=name)
        return b"".join([c.data async for c in self._stub.GetArtifact(asked, **self._how)])

    async def listed(self, size: int = 100) -> list[str]:
        names, token = [], None
        while token != "":
            asked = ads_pb2.ListJobsRequest(page_size=size, page_token=token or "")
            page = await self._stub.ListJobs(asked, **self._how)
            names, token = names + [job.name for job in page.jobs], page.next_page_token
        return names


@pytest.fixture
def gateway(tmp_path):
    """Opens a gateway with four callers and gives its face to each by name."""
    tokens = written_callers(tmp_path / "callers.toml")
    kept = {
        "callers": str(tmp_path / "callers.toml"),
        "database": f"sqlite:///{tmp_path}/jobs.db",
        "artifact_store": str(tmp_path / "artifacts"),
    }

    @asynccontextmanager
    async def opened(**how):
        async with (
            system(**kept | how) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield SimpleNamespace(**{name: As(channel, token) for name, token in tokens.items()})

    return opened


async def refused(call) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, caught.value.details()


async def test_a_job_and_its_artifacts_are_its_owners_alone(gateway):
    async with gateway() as callers:
        job = await callers.shop.done()
        assert job.owner == "shop" and job.state == SUCCEEDED
        assert await callers.shop.listed() == [job.name]
        assert await callers.agency.listed() == []
        for others in (callers.agency, callers.screen):
            for way in ("get", "watched"):
                refusal = await refused(getattr(others, way)(job.name))
                assert refusal == ("NOT_FOUND", f"there is no {job.name}")
            for name in (job.ads[0].artifact, job.ads[0].manifest):
                assert await refused(others.fetch(name)) == ("NOT_FOUND", f"there is no {job.name}")
        assert (await refused(callers.agency.cancel(job.name)))[0] == "NOT_FOUND"
        assert len(await callers.shop.fetch(job.ads[0].artifact)) > 1000


async def test_anothers_job_is_refused_in_the_words_for_none(gateway):
    async with gateway() as callers:
        theirs = (await callers.shop.submit()).name
        none = f"jobs/{uuid.uuid4().hex}"
        for way in ("get", "watched", "cancel", "fetch"):
            first, second = [
                await refused(getattr(callers.agency, way)(name)) for name in (theirs, none)
            ]
            assert first[0] == second[0]
            assert first[1].replace(theirs, "") == second[1].replace(none, "")


async def test_an_admin_sees_fetches_and_stops_everybodys(gateway):
    async with gateway() as callers:
        job = await callers.shop.done()
        assert await callers.boss.listed() == [job.name]
        assert (await callers.boss.get(job.name)).owner == "shop"
        assert len(await callers.boss.fetch(job.ads[0].artifact)) > 1000
        assert (await callers.boss.cancel(job.name)).state == SUCCEEDED


async def test_equal_request_ids_of_two_callers_are_two_jobs(gateway):
    request_id = str(uuid.uuid4())
    async with gateway() as callers:
        mine, again = [await callers.shop.submit("a table", request_id) for _ in range(2)]
        theirs = await callers.agency.submit("a beach", request_id)
        assert mine.name == again.name != theirs.name
        assert theirs.ads[0].prompt == "a beach" and theirs.owner == "agency"


async def test_nothing_tells_that_another_made_the_same(gateway):
    """Equal photos, prompts and seeds: the second caller's answer is as if it were the first."""
    async with gateway() as callers:
        first, second = await callers.shop.done(), await callers.agency.done()
        assert {each.stage: (each.computed, each.cached) for each in second.stages} == {
            each.stage: (1, 0) for each in first.stages
        }
        third = await callers.shop.done()
        assert all(each.cached == 1 for each in third.stages)


async def test_an_artifacts_key_opens_nothing_by_itself(gateway):
    async with gateway() as callers:
        theirs, mine = await callers.shop.done("a table"), await callers.agency.done("a beach")
        key = theirs.ads[0].artifact.rpartition("/")[2]
        for name in (f"{mine.name}/artifacts/{key}", f"jobs/artifacts/{key}", key):
            assert (await refused(callers.agency.fetch(name)))[0] == "NOT_FOUND"
        stolen = campaign()
        stolen.photo.CopyFrom(image_pb2.Image(uri=theirs.ads[0].photo))
        asked = ads_pb2.SubmitJobRequest(campaign=stolen)
        call = callers.agency._stub.SubmitJob(asked, **callers.agency._how)
        assert (await refused(call))[0] == "UNIMPLEMENTED"


async def test_pages_count_only_the_callers_jobs(gateway):
    async with gateway() as callers:
        names = []
        for _ in range(3):
            names.append((await callers.shop.submit()).name)
            await callers.agency.submit("a beach")
        assert await callers.shop.listed(size=1) == names[::-1]
