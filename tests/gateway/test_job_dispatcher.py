"""Tests of the dispatcher: ads run as the queue has them, several at a time."""

import asyncio

import pytest

from cyclorama.v1 import jobs_pb2
from gateway.database import close_database
from gateway.jobs import dispatcher
from gateway.jobs.dispatcher import AdDispatcher
from gateway.jobs.queue import AdKey
from services.runtime.errors import JobDatabaseUnavailable
from tests.support.job_queues import QueueDatabase, end_ad


class Studio:
    """Creates ads when it is opened; remembers which ran, and which were stopped."""

    def __init__(self) -> None:
        self.running: set[AdKey] = set()
        self.most = 0
        self.stopped: list[AdKey] = []
        self.open = asyncio.Event()

    async def create_ad(self, job: str, position: int):
        ad = AdKey(job, position)
        self.running.add(ad)
        self.most = max(self.most, len(self.running))
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.stopped.append(ad)
            raise
        finally:
            self.running.remove(ad)
        return end_ad(job, position).change


async def wait_for(is_true) -> None:
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.01)


@pytest.fixture
def database(tmp_path):
    opened = QueueDatabase(f"sqlite:///{tmp_path}/jobs.db")
    yield opened
    close_database(opened.engine)


@pytest.fixture
async def studio():
    return Studio()


@pytest.fixture
async def dispatch():
    """Runs a dispatcher until the end of the test."""
    tasks = []

    def start(queue, studio, max_ads):
        tasks.append(
            asyncio.create_task(AdDispatcher(queue, studio.create_ad, lambda: max_ads).run())
        )

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def wait_for_success(database, job: str) -> None:
    succeeded = jobs_pb2.JOB_STATE_SUCCEEDED
    await wait_for(lambda: database.ledger.load_job(job).state == succeeded)


async def test_at_most_so_many_ads_run_at_a_time(database, studio, dispatch):
    database.add_job("job", 5)
    dispatch(database.open_queue("gateway"), studio, max_ads=2)
    await wait_for(lambda: len(studio.running) == 2)
    studio.open.set()
    await wait_for_success(database, "job")
    assert studio.most == 2 and not studio.stopped


async def test_ads_that_another_gateway_cancels_stop(database, studio, dispatch):
    database.add_job("job", 3)
    dispatch(database.open_queue("gateway"), studio, max_ads=2)
    await wait_for(lambda: len(studio.running) == 2)
    database.ledger.cancel_job("job")
    await wait_for(lambda: sorted(studio.stopped) == [("job", 0), ("job", 1)])
    database.add_job("next", 1)
    await wait_for(lambda: studio.running == {("next", 0)})


async def test_an_ad_that_ended_while_the_database_was_away_is_not_created_again(
    database, studio, dispatch
):
    database.add_job("job", 1)
    queue = database.open_queue("gateway")
    exchange, is_away = queue.exchange_ads, asyncio.Event()

    def exchange_unless_away(ended, max_ads):
        if is_away.is_set():
            raise JobDatabaseUnavailable()
        return exchange(ended, max_ads)

    queue.exchange_ads = exchange_unless_away
    dispatch(queue, studio, max_ads=1)
    await wait_for(lambda: studio.running)
    is_away.set()
    studio.open.set()
    await wait_for(lambda: not studio.running)
    is_away.clear()
    await wait_for_success(database, "job")
    (ad,) = database.ledger.load_job("job").to_message().ads
    assert ad.artifact == "jobs/job/artifacts/cd" and studio.most == 1


async def test_ads_that_end_shortly_after_each_other_share_a_transaction(
    database, studio, dispatch, monkeypatch
):
    monkeypatch.setattr(dispatcher, "BATCH_SECONDS", 0.2)
    database.add_job("job", 12)
    queue = database.open_queue("gateway")
    exchange, ended_ads = queue.exchange_ads, []

    def count_and_exchange(ended, max_ads):
        ended_ads.append(len(ended))
        return exchange(ended, max_ads)

    queue.exchange_ads = count_and_exchange
    ends = [asyncio.Event() for _ in range(12)]

    async def create_ad(job: str, position: int):
        studio.running.add(AdKey(job, position))
        await ends[position].wait()
        return end_ad(job, position).change

    studio.create_ad = create_ad
    dispatch(queue, studio, max_ads=12)
    await wait_for(lambda: len(studio.running) == 12)
    for end in ends:
        end.set()
        await asyncio.sleep(0.01)
    await wait_for_success(database, "job")
    # Apart from the last ones: few ads in flight are ended at once.
    assert max(ended_ads) >= 6
