"""Tests of the turns of queued ads: fairness between callers."""

import asyncio
import threading

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from gateway.jobs.queue import AdKey, AdQueue
from gateway.jobs.turns import QueuedJob, compute_next_turn
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import token_metadata, write_callers
from tests.support.engines import Flat
from tests.support.job_queues import QueueDatabase, end_ad
from tests.support.pictures import draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=256, height=256)


def campaign(prompts) -> jobs_pb2.Campaign:
    return jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=prompts, sizes=[SIZE], seed=7)


def queued(owner: str, turn: int, ads: int, claimed: int = 0, priority: int = 0) -> QueuedJob:
    """A job of which all claimed ads have ended."""
    return QueuedJob(owner, priority, turn, ads, claimed, waiting=ads - claimed)


def test_the_first_job_starts_at_turn_0():
    assert compute_next_turn("shop", 0, []) == 0


def test_a_callers_jobs_follow_each_other():
    mine = [queued("shop", turn=3, ads=10), queued("shop", 13, 2)]
    assert compute_next_turn("shop", 0, mine) == 15


def test_the_job_of_another_caller_starts_at_the_turn_that_runs_next():
    assert compute_next_turn("agency", 0, [queued("shop", turn=0, ads=1000, claimed=40)]) == 40


def test_a_new_caller_gets_no_credit_for_the_past():
    others = [queued("shop", 500, 100, 50), queued("agency", 540, 100, 10)]
    assert compute_next_turn("newcomer", 0, others) == 550


def test_ads_that_run_long_after_they_were_claimed_give_no_credit():
    stuck = QueuedJob("agency", 0, turn=0, places=3, claimed=3, waiting=3)
    assert compute_next_turn("newcomer", 0, [stuck, queued("shop", 0, 100, 50)]) == 50
    # Nor does the owner of the last ads come after all of a newcomer's.
    assert compute_next_turn("newcomer", 0, [stuck]) == compute_next_turn("agency", 0, [stuck]) == 3


def test_jobs_of_other_priorities_have_turns_of_their_own():
    others = [queued("shop", 0, 5, priority=0), queued("agency", 700, 9, 2, priority=9)]
    assert compute_next_turn("newcomer", 5, [*others, queued("shop", 30, 60, 10, 5)]) == 40
    assert compute_next_turn("agency", 5, others) == 0


def claim_in_order(queue: AdQueue, ads: int) -> str:
    """Ends each ad before the next one is claimed; returns the ids of their jobs, one letter."""
    order = ""
    ended: set[AdKey] = set()
    for _ in range(ads):
        ended = queue.exchange_ads([end_ad(*ad) for ad in ended], 1)
        order += "".join(ad.job for ad in ended)
    # The next call continues after these.
    queue.exchange_ads([end_ad(*ad) for ad in ended], 0)
    return order


def test_a_new_caller_takes_turns_with_the_others_while_a_job_is_stuck_behind(tmp_path):
    database = QueueDatabase(f"sqlite:///{tmp_path}/jobs.db")
    stuck, queue = database.open_queue("stuck"), database.open_queue("worker")
    database.add_job("s", 1, owner="stuck", priority=5)
    assert stuck.exchange_ads([], 1)
    database.add_job("l", 5, owner="low")
    database.add_job("a", 60, owner="shop", priority=5)
    database.add_job("c", 60, owner="agency", priority=5)
    assert claim_in_order(queue, 40).count("a") == 20
    database.add_job("b", 30, owner="newcomer", priority=5)
    order = claim_in_order(queue, 30)
    assert [set(order[start : start + 3]) for start in range(0, 30, 3)] == [set("abc")] * 10


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
