"""Tests of the slots of ads in flight: who is next, and what those who wait learn."""

import asyncio
import threading

import grpc
import pytest

from cyclorama.v1 import ads_pb2_grpc
from gateway.ad_slots import AdSlots
from gateway.intake import CallIntake
from gateway.settings import GatewaySettings
from tests.gateway.test_shares import AD
from tests.support.campaigns import expect_rpc_error
from tests.support.engines import Flat
from tests.support.system import serve_system


class SlotHolder:
    """An ad that takes a slot and keeps it until `end` is set."""

    def __init__(self, slots: AdSlots, caller: str = "shop") -> None:
        self.places: list[int] = []
        self.runs, self.end = False, asyncio.Event()
        self.task = asyncio.create_task(self._run(slots, caller))

    async def _run(self, slots: AdSlots, caller: str) -> None:
        async with slots.acquire(caller, self.places.append):
            self.runs = True
            await self.end.wait()


async def settle() -> None:
    """Lets every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_ads_beyond_the_limit_wait_in_order_and_learn_their_places():
    slots = AdSlots(2)
    ads = [SlotHolder(slots) for _ in range(5)]
    await settle()
    assert [ad.runs for ad in ads] == [True, True, False, False, False]
    assert [ad.places for ad in ads] == [[], [], [2], [3], [4]]
    ads[0].end.set()
    ads[3].task.cancel()
    await settle()
    assert [ad.runs for ad in ads] == [True, True, True, False, False]
    assert ads[4].places[-1] == 2
    for ad in ads:
        ad.end.set()
    await asyncio.gather(*(ad.task for ad in ads), return_exceptions=True)
    assert ads[4].runs and not ads[3].runs


async def test_callers_take_turns_however_many_ads_one_of_them_sends():
    slots = AdSlots(1)
    heavy = [SlotHolder(slots, "heavy") for _ in range(4)]
    await settle()
    light = SlotHolder(slots, "light")
    await settle()
    assert light.places == [1] and [ad.places[-1] for ad in heavy[1:]] == [2, 3, 4]
    for ad in (*heavy, light):
        ad.end.set()
    await asyncio.gather(*(ad.task for ad in (*heavy, light)))


async def test_single_ads_come_before_those_of_jobs_and_leave_them_one_slot():
    slots = AdSlots(3)
    assert slots.job_limit == 3
    with slots.count_job_ad(), slots.count_job_ad():
        ads = [SlotHolder(slots) for _ in range(3)]
        await settle()
        assert [ad.runs for ad in ads] == [True, False, False]
        assert slots.job_limit == 1
    await settle()
    assert all(ad.runs for ad in ads) and slots.job_limit == 1
    for ad in ads:
        ad.end.set()
    await asyncio.gather(*(ad.task for ad in ads))
    assert slots.job_limit == 3


async def test_an_ad_that_is_cancelled_as_its_turn_comes_leaves_its_slot_to_the_next():
    slots = AdSlots(1)
    first, second = SlotHolder(slots), SlotHolder(slots)
    await settle()

    def cancel_second(place: int) -> None:
        # At this moment it has its slot, and does not know it yet.
        if place == 1:
            second.task.cancel()

    async def run_third() -> bool:
        async with slots.acquire("shop", cancel_second):
            return True

    third = asyncio.create_task(run_third())
    await settle()
    first.end.set()
    assert await third and not second.runs


@pytest.mark.parametrize(
    ("settings", "cores", "limit"),
    [
        ({}, 2, 2),
        ({}, 64, 4),
        ({"background_address": "gpu:50052"}, 2, 4),
        ({"background_address": "gpu:50052", "max_calls_per_stage": 16}, 2, 16),
        ({"max_concurrent_ads": 7}, 2, 7),
    ],
)
def test_the_limit_follows_the_cores_or_the_calls_that_stages_take(
    monkeypatch, settings, cores, limit
):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    assert GatewaySettings(**settings).ad_limit == limit


async def read_until(call, kind):
    """Returns the events of a call up to the first one of a kind."""
    events = []
    async for response in call:
        events.append(response)
        if response.WhichOneof("event") == kind:
            return events
    raise AssertionError(f"no event {kind}")


async def test_time_in_the_queue_is_reported_and_does_not_count_as_work(monkeypatch):
    started = []
    read_deadline = CallIntake.read_deadline

    def note_start(self, context):
        started.append(context)
        return read_deadline(self, context)

    monkeypatch.setattr(CallIntake, "read_deadline", note_start)
    background = Flat(threading.Event())
    async with (
        serve_system(background=background, max_concurrent_ads=1) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)
        first = stub.CreateAd(AD)
        assert await asyncio.to_thread(background.waiting.wait, 20)
        second = stub.CreateAd(AD)
        (queued,) = await read_until(second, "queued")
        assert queued.queued.ads_before == 1
        assert len(started) == 1
        background.go.set()
        await read_until(first, "ad")
        kinds = [each.WhichOneof("event") for each in await read_until(second, "ad")]
        assert len(started) == 2
    assert kinds[0] == "started" and "queued" not in kinds


async def test_an_ad_that_runs_out_of_time_names_the_ads_that_slowed_it_down():
    background = Flat(threading.Event())
    async with (
        serve_system(background=background, max_concurrent_ads=2, ad_timeout_seconds=1) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)
        first = stub.CreateAd(AD, timeout=60)
        assert await asyncio.to_thread(background.waiting.wait, 20)
        error = await expect_rpc_error(read_until(stub.CreateAd(AD), "ad"))
        background.go.set()
        await read_until(first, "ad")
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "did not finish in time while 2 ads were made at once" in error.details()
