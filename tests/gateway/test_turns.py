"""Tests of the turns of queued ads: fairness between callers."""

import asyncio
import threading

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from gateway.jobs.turns import QueuedJob, compute_next_turn
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import token_metadata, write_callers
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=256, height=256)


def campaign(prompts) -> jobs_pb2.Campaign:
    return jobs_pb2.Campaign(photo=PHOTO, prompts=prompts, sizes=[SIZE], seed=7)


def test_the_first_job_starts_at_turn_0():
    assert compute_next_turn("shop", []) == 0


def test_a_callers_jobs_follow_each_other():
    mine = [QueuedJob("shop", turn=3, ads=10, waiting=10), QueuedJob("shop", 13, 2, 2)]
    assert compute_next_turn("shop", mine) == 15


def test_the_job_of_another_caller_starts_at_the_turn_reached_so_far():
    assert compute_next_turn("agency", [QueuedJob("shop", turn=0, ads=1000, waiting=960)]) == 40


def test_a_new_caller_gets_no_credit_for_the_past():
    others = [QueuedJob("shop", 500, 100, 50), QueuedJob("agency", 540, 100, 90)]
    assert compute_next_turn("newcomer", others) == 550


@pytest.mark.slow
async def test_light_callers_are_not_starved_by_heavy_ones(tmp_path):
    path = tmp_path / "callers.toml"
    tokens = write_callers(path)
    heavy, light = (token_metadata(tokens[name]) for name in ("shop", "agency"))
    background = Flat(threading.Event())
    settings = {
        "database": f"sqlite:///{tmp_path}/jobs.db",
        "artifact_store": str(tmp_path / "store"),
    }
    async with (
        serve_system(
            callers=str(path), background=background, max_concurrent_ads=1, **settings
        ) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)

        async def submit(prompts, metadata, **fields):
            request = ads_pb2.SubmitJobRequest(campaign=campaign(prompts), **fields)
            return (await stub.SubmitJob(request, metadata=metadata)).job.name

        async def read_end_time(name, metadata):
            request = ads_pb2.WatchJobRequest(name=name)
            return [e async for e in stub.WatchJob(request, metadata=metadata)][-1].job.update_time

        large = await submit([f"much {n}" for n in range(12)], heavy)
        assert await asyncio.to_thread(background.waiting.wait, 20)
        small = await submit(["little"], light)
        urgent = await submit(["at once"], heavy, priority=9)
        background.go.set()
        first = await read_end_time(urgent, heavy)
        second, third = await read_end_time(small, light), await read_end_time(large, heavy)
        request = ads_pb2.WatchJobRequest(name=large)
        events = [e async for e in stub.WatchJob(request, metadata=heavy)]
    before = [e for e in events if e.job.update_time.ToNanoseconds() < second.ToNanoseconds()]
    assert before[-1].job.counts.succeeded <= 2
    assert first.ToNanoseconds() < second.ToNanoseconds() < third.ToNanoseconds()
