"""Tests of feeds: watchers get the events of every gateway in their order."""

import asyncio

import pytest

from gateway.database import close_database
from gateway.jobs import feeds
from gateway.jobs.feeds import JobFeeds
from gateway.jobs.watches import stream_job
from services.runtime.errors import NotFound
from tests.support.job_queues import QueueDatabase, end_ad


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setattr(feeds, "POLL_SECONDS", 0.02)
    opened = QueueDatabase(f"sqlite:///{tmp_path}/jobs.db")
    opened.add_job("job", 3)
    yield opened
    close_database(opened.engine)


async def load_sequences(feed, after: int) -> list[int]:
    return [event.sequence for event in await feed.load_events(after)]


async def test_events_of_this_gateway_need_no_query(database, monkeypatch):
    watched = JobFeeds(database.ledger)
    queue = database.open_queue("gateway", on_events=watched.add_events)
    with watched.watch_job("job") as feed:
        assert await load_sequences(feed, 0) == []
        version = feed.version
        monkeypatch.setattr(database.ledger, "load_events", None)
        queue.exchange_ads([], 1)
        await feed.wait_for_events(version)
        assert await load_sequences(feed, 0) == [1]
        assert await load_sequences(feed, 1) == []
        queue.exchange_ads([end_ad("job", 0)], 1)
        assert await load_sequences(feed, 1) == [2, 3]


async def test_events_of_other_gateways_arrive_in_their_order(database):
    watched = JobFeeds(database.ledger)
    own = database.open_queue("own", on_events=watched.add_events)
    other = database.open_queue("other")
    with watched.watch_job("job") as feed:
        own.exchange_ads([], 1)
        assert await load_sequences(feed, 0) == [1]
        other.exchange_ads([], 1)
        own.exchange_ads([end_ad("job", 0)], 0)
        assert await load_sequences(feed, 1) == [2, 3]
        version = feed.version
        other.exchange_ads([end_ad("job", 1)], 0)
        await feed.wait_for_events(version)
        assert await load_sequences(feed, 3) == [4]


async def test_every_watcher_of_a_job_that_has_ended_is_at_its_end(database):
    watched = JobFeeds(database.ledger)
    queue = database.open_queue("gateway", on_events=watched.add_events)
    queue.exchange_ads([], 3)
    queue.exchange_ads([end_ad("job", position) for position in range(3)], 0)
    with watched.watch_job("job") as feed:
        for _ in range(2):
            async with asyncio.timeout(10):
                changes = stream_job(database.ledger, feed, "job", 6, None)
                assert not [each async for each in changes]


async def test_watching_a_job_that_was_deleted_is_not_found(database):
    watched = JobFeeds(database.ledger)
    with watched.watch_job("none") as feed:
        await feed.wait_for_events(feed.version)
        with pytest.raises(NotFound, match="there is no jobs/none"):
            await feed.load_events(0)
