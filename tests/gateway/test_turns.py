"""Whose turn it is, of callers who ask for much and for little."""

import asyncio
import threading

import grpc

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from gateway.jobs.turns import Standing, next_turn
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import showing, written_callers
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.system import system

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=256, height=256)


def campaign(prompts) -> jobs_pb2.Campaign:
    return jobs_pb2.Campaign(photo=PHOTO, prompts=prompts, sizes=[SIZE], seed=7)


def test_the_first_job_begins_at_nought():
    assert next_turn("shop", []) == 0


def test_a_callers_jobs_follow_each_other():
    mine = [Standing("shop", turn=3, ads=10, waiting=10), Standing("shop", 13, 2, 2)]
    assert next_turn("shop", mine) == 15


def test_another_callers_job_begins_beside_what_is_at_work_now():
    assert next_turn("agency", [Standing("shop", turn=0, ads=1000, waiting=960)]) == 40


def test_who_was_away_gets_no_turns_for_the_time_before():
    others = [Standing("shop", 500, 100, 50), Standing("agency", 540, 100, 90)]
    assert next_turn("newcomer", others) == 550


async def test_who_asks_for_little_does_not_wait_for_who_asks_for_much(tmp_path):
    path = tmp_path / "callers.toml"
    tokens = written_callers(path)
    many, few = (showing(tokens[name]) for name in ("shop", "agency"))
    background = Flat(threading.Event())
    how = {"database": f"sqlite:///{tmp_path}/jobs.db", "artifact_store": str(tmp_path / "store")}
    async with (
        system(callers=str(path), background=background, max_concurrent_ads=1, **how) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)

        async def enter(prompts, metadata, **how):
            asked = ads_pb2.SubmitJobRequest(campaign=campaign(prompts), **how)
            return (await stub.SubmitJob(asked, metadata=metadata)).job.name

        async def last_change(name, metadata):
            asked = ads_pb2.WatchJobRequest(name=name)
            return [e async for e in stub.WatchJob(asked, metadata=metadata)][-1].job.update_time

        large = await enter([f"much {n}" for n in range(12)], many)
        assert await asyncio.to_thread(background.waiting.wait, 20)
        small = await enter(["little"], few)
        urgent = await enter(["at once"], many, priority=9)
        background.go.set()
        first = await last_change(urgent, many)
        second, third = await last_change(small, few), await last_change(large, many)
        request = ads_pb2.WatchJobRequest(name=large)
        events = [e async for e in stub.WatchJob(request, metadata=many)]
    before = [e for e in events if e.job.update_time.ToNanoseconds() < second.ToNanoseconds()]
    assert before[-1].job.counts.succeeded <= 2
    assert first.ToNanoseconds() < second.ToNanoseconds() < third.ToNanoseconds()
