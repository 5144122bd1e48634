"""Tests of the durable queue: which ads a worker claims, ends, loses and takes over."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from cyclorama.v1 import jobs_pb2
from gateway.database import close_database
from gateway.jobs.erasure_ledger import ErasureLedger, JobDeleted
from gateway.jobs.events import AdChange
from gateway.jobs.progress import AdOutcome, create_failure
from gateway.jobs.queue import AdKey, AdQueue, EndedAd
from gateway.jobs.queue_limit import JobQueueFull
from gateway.jobs.tables import JOBS
from services.runtime.errors import NotFound
from tests.support.job_queues import QueueDatabase, end_ad

SUCCEEDED, CANCELLED = jobs_pb2.JOB_STATE_SUCCEEDED, jobs_pb2.JOB_STATE_CANCELLED
QUEUED = jobs_pb2.JOB_STATE_QUEUED
RUNNING, FAILED = jobs_pb2.JOB_STATE_RUNNING, jobs_pb2.JOB_STATE_FAILED


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database(request, tmp_path):
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/jobs.db"
    else:
        address = request.getfixturevalue("postgres")(f"jobs_{time.time_ns()}")
    opened = QueueDatabase(address)
    yield opened
    close_database(opened.engine)


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
    # One of each job: the new one begins at the turn that has been reached.
    database.add_job("small", 3, owner="newcomer")
    queue.exchange_ads([end_ad("urgent", 0), end_ad("urgent", 1)], 3)
    started = [database.list_states(job)[-1][0] for job in ("large", "small")]
    assert started == [1, 0]


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
    assert second.exchange_ads([], 1) == {("job", 0)}
    second.exchange_ads([end_ad("job", 0)], 0)
    assert Counter(database.list_states("job"))[0, SUCCEEDED] == 1


def test_a_worker_that_restarts_under_its_name_continues_its_ads(database):
    database.add_job("job", 3)
    assert database.open_queue("gateway").exchange_ads([], 2) == {("job", 0), ("job", 1)}
    restarted = AdQueue(database.engine, "gateway")
    # It may run fewer at a time by then.
    (first,) = restarted.exchange_ads([], 1)
    (second,) = restarted.exchange_ads([end_ad(*first)], 1)
    assert {first, second} == {("job", 0), ("job", 1)}
    assert database.list_states("job")[:2] == [(0, RUNNING), (1, RUNNING)]


def test_a_cancelled_job_loses_its_claims_and_its_queued_ads(database):
    database.add_job("job", 3)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 1)
    assert database.ledger.cancel_job("job") and not database.ledger.cancel_job("job")
    assert queue.exchange_ads([end_ad("job", 0)], 2) == set()
    cancelled = [(each, CANCELLED) for each in range(3)]
    assert database.list_states("job") == [(0, RUNNING), *cancelled]


def fail_ad(job: str, position: int) -> EndedAd:
    return EndedAd(AdKey(job, position), AdChange(position, FAILED, create_failure(NotFound("no"))))


def charge_nothing(_connection, _ads) -> None:
    pass


def test_failed_ads_wait_behind_the_others_once_more(database):
    database.add_job("job", 4)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 3)
    queue.exchange_ads([fail_ad("job", 2), end_ad("job", 1), fail_ad("job", 0)], 0)
    charged = []
    for _ in range(2):
        database.ledger.retry_failed_ads("job", lambda _, ads: charged.append(ads))
    assert charged == [2]
    order, ended = [], []
    while ads := queue.exchange_ads(ended, 1):
        order += ads
        ended = [end_ad(*ad) for ad in ads]
    assert order == [("job", 3), ("job", 0), ("job", 2)]
    job = database.ledger.load_job("job").to_message()
    assert job.state == SUCCEEDED and job.counts.succeeded == 4
    assert database.ledger.load_basic_job("job").counts == job.counts


def test_a_retry_of_an_ended_job_takes_turns_as_a_new_job_does(database):
    database.add_job("job", 1)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 1)
    queue.exchange_ads([fail_ad("job", 0)], 0)
    database.add_job("other", 3, owner="agency")
    assert queue.exchange_ads([], 1) == {("other", 0)}
    assert queue.exchange_ads([end_ad("other", 0)], 1) == {("other", 1)}
    database.ledger.retry_failed_ads("job", charge_nothing)
    assert database.ledger.load_basic_job("job").state == RUNNING
    assert database.ledger.count_unfinished_ads() == 3
    assert queue.exchange_ads([end_ad("other", 1)], 2) == {("other", 2), ("job", 0)}
    queue.exchange_ads([fail_ad("job", 0)], 0)
    assert database.list_states("job")[2:] == [(0, QUEUED), (0, RUNNING), (0, FAILED)]


def test_a_retry_that_is_refused_changes_nothing(database):
    database.add_job("job", 2)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 2)
    queue.exchange_ads([fail_ad("job", 0), fail_ad("job", 1)], 0)
    before = database.list_states("job")
    with pytest.raises(JobQueueFull):
        database.ledger.retry_failed_ads("job", charge_nothing, max_queued_ads=1)

    def refuse(_connection, _ads) -> None:
        raise NotFound("no quota")

    with pytest.raises(NotFound, match="no quota"):
        database.ledger.retry_failed_ads("job", refuse)
    assert database.list_states("job") == before and queue.exchange_ads([], 2) == set()


def test_a_cancelled_job_loses_its_retries(database):
    database.add_job("job", 3)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 2)
    queue.exchange_ads([fail_ad("job", 0), fail_ad("job", 1)], 0)
    database.ledger.retry_failed_ads("job", charge_nothing)
    assert database.ledger.cancel_job("job")
    assert queue.exchange_ads([], 3) == set()
    counts = database.ledger.load_basic_job("job").counts
    assert (counts.cancelled, counts.failed, counts.waiting) == (3, 0, 0)


def test_a_deleted_job_is_erased_when_its_ads_are_released(database):
    erasures = ErasureLedger(database.engine, database.engine)
    database.add_job("job", 3)
    queue, other = database.open_queue("gateway"), database.open_queue("other")
    queue.exchange_ads([], 2)
    queue.exchange_ads([end_ad("job", 0)], 1)
    with pytest.raises(NotFound):
        erasures.begin_erasure("job", owner="agency")
    erasures.begin_erasure("job", owner="shop")
    with pytest.raises(NotFound):
        database.ledger.load_job("job")
    erasure = erasures.load_erasure("job")
    assert erasure.owner == "shop" and set(erasure.keys) == {"ab", "cd"}
    assert erasures.list_erasures() == ["job"] and not erasures.is_released("job")
    assert queue.exchange_ads([], 3) == other.exchange_ads([], 3) == set()
    database.end_lease("gateway")
    # Nobody makes its ad any more.
    assert other.exchange_ads([], 3) == set() and erasures.is_released("job")
    queue.release_ad(AdKey("job", 1))
    erasures.begin_erasure("job", owner="shop")
    erasures.end_erasure("job")
    assert erasures.load_erasure("job") is None and erasures.list_erasures() == []
    with pytest.raises(NotFound):
        erasures.begin_erasure("job", owner="shop")
    with pytest.raises(JobDeleted):
        database.add_job("job", 1)
    erasures.forget_erasures(datetime.now(UTC) + timedelta(days=1))
    database.add_job("job", 1)


def test_objects_of_other_jobs_are_found_however_many_there_are(database):
    erasures = ErasureLedger(database.engine, database.engine)
    database.add_job("first", 1)
    database.add_job("second", 1)
    erasures.begin_erasure("first")
    keys = {f"{each:064x}" for each in range(25_000)}
    assert erasures.find_shared_objects("first", keys | {"ab"}) == {"ab"}
    erasures.begin_erasure("second")
    assert erasures.find_shared_objects("first", keys | {"ab"}) == set()


def test_ending_an_ad_whose_job_is_missing_has_no_effect(database):
    queue = database.open_queue("gateway")
    assert queue.exchange_ads([end_ad("other", 0)], 2) == set()
    database.add_job("job", 1)
    queue.exchange_ads([], 1)
    with database.engine.begin() as connection:
        connection.execute(JOBS.delete())
    assert queue.exchange_ads([end_ad("job", 0)], 2) == set()


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


def test_a_caller_cannot_overtake_others_with_one_new_job_after_another(database):
    queue = database.open_queue("gateway")
    database.add_job("z", 20)
    order, ended = "", set[AdKey]()
    for job in "abcdefgh":
        database.add_job(job, 1, owner="agency")
        for _ in range(2):
            ended = queue.exchange_ads([end_ad(*ad) for ad in ended], 1)
            order += "".join(ad.job for ad in ended)
    # Each new job has the turn of the other's next ad, which has waited longer.
    assert order == "zazbzczdzezfzgzh"


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


@pytest.mark.parametrize("text", ["nul \x00 here", "half \ud800 character", "bell \x07"])
def test_a_text_that_no_database_stores_is_replaced(database, text):
    database.add_job("job", 1)
    heard = []
    queue = database.open_queue("gateway", on_events=lambda _, events: heard.extend(events))
    queue.exchange_ads([], 1)
    warning = {"reason": "LOW_CONFIDENCE", "message": text}
    outcome = AdOutcome(error={"message": text}, warnings=(warning,), cached=(text,))
    queue.exchange_ads([EndedAd(AdKey("job", 0), AdChange(0, FAILED, outcome))], 1)
    stored = database.ledger.load_events("job", 1, max_events=9)[0]
    assert (stored.outcome.error, stored.outcome.warnings) == (
        heard[-1].outcome.error,
        heard[-1].outcome.warnings,
    )
    message = database.ledger.load_job("job").to_message().ads[0].error.message
    assert "\N{REPLACEMENT CHARACTER}" in message == stored.outcome.error["message"]


def test_an_ad_that_cannot_be_stored_fails_without_the_others(database):
    database.add_job("job", 4)
    queue = database.open_queue("gateway")
    queue.exchange_ads([], 3)
    is_sqlite = database.engine.dialect.name == "sqlite"
    # SQLite stores texts of any length.
    outcome = AdOutcome(quality_report={"no": "bytes"}) if is_sqlite else AdOutcome("long" * 99)
    bad = AdChange(1, SUCCEEDED, outcome)
    ended = [end_ad("job", 0), EndedAd(AdKey("job", 1), bad), end_ad("job", 2)]
    assert queue.exchange_ads(ended, 3) == {("job", 3)}
    ends = [each for each in database.list_states("job") if each[1] != RUNNING]
    assert ends == [(0, SUCCEEDED), (1, FAILED), (2, SUCCEEDED)]
    job = database.ledger.load_job("job").to_message()
    assert "cannot be stored" in job.ads[1].error.message
