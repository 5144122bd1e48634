"""Deliveries in the database: stored with the state they report, claimed, ended, replayed."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from cyclorama.v1 import jobs_pb2
from gateway.database import close_database
from gateway.jobs.erasure_ledger import ErasureLedger
from gateway.jobs.events import AdChange
from gateway.jobs.ledger import JobLedger
from gateway.jobs.progress import create_failure
from gateway.jobs.queue import AdKey, EndedAd
from gateway.webhooks.attempts import Attempt, FailureReason, judge_response
from gateway.webhooks.endpoint_file import WebhookEndpoints
from gateway.webhooks.ledger import SELECT_DUE, DeliveryFilter, DeliveryLedger, EndedAttempt
from gateway.webhooks.outbox import WebhookOutbox
from gateway.webhooks.schedule import (
    JITTER,
    MAX_RETRY_AFTER_SECONDS,
    RETRY_SECONDS,
    compute_retry_seconds,
    parse_retry_after,
)
from gateway.webhooks.tables import (
    DELIVERED,
    FAILED,
    MISSING_ENDPOINTS,
    PAUSED_ENDPOINTS,
    WAITING,
)
from services.runtime.errors import NotFound, ServiceError
from tests.support.job_queues import QueueDatabase, end_ad
from tests.support.webhooks import write_endpoints

FAILURE = create_failure(ServiceError("the stage is away"))
EVENTS = ["ad.succeeded", "ad.failed", "job.succeeded", "job.partially_succeeded", "job.failed"]
EVENTS += ["job.canceled"]
UNREACHABLE = Attempt(reason=FailureReason.UNREACHABLE)


class WebhookDatabase(QueueDatabase):
    """A database whose jobs have webhooks for one endpoint, `shop`."""

    def __init__(self, address: str, folder) -> None:
        super().__init__(address)
        path = write_endpoints(
            folder / "webhooks.toml", shop={"url": "https://shop.example/", "events": EVENTS}
        )
        self.store = WebhookOutbox(WebhookEndpoints(str(path))).add_deliveries
        self.ledger = JobLedger(self.engine, self.engine, store_events=self.store)
        self.queue = self.open_queue("gateway", store_events=self.store)

    def open_deliveries(self, worker: str = "gateway") -> DeliveryLedger:
        return DeliveryLedger(self.engine, self.engine, worker)

    def run_job(self, job: str, *ends: EndedAd) -> None:
        """Runs a job whose ads end as given; those that are missing succeed."""
        self.queue.exchange_ads([], 100)
        self.queue.exchange_ads(list(ends), 0)

    def list_types(self) -> list[str]:
        rows, _ = self.open_deliveries().list_deliveries(DeliveryFilter(), 1000)
        return [row.type for row in reversed(rows)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database(request, tmp_path):
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/jobs.db"
    else:
        address = request.getfixturevalue("postgres")(f"webhooks_{time.time_ns()}")
    opened = WebhookDatabase(address, tmp_path)
    yield opened
    close_database(opened.engine)


def fail_ad(job: str, position: int) -> EndedAd:
    return EndedAd(AdKey(job, position), AdChange(position, jobs_pb2.JOB_STATE_FAILED, FAILURE))


def claim(ledger: DeliveryLedger, most: int = 10, ended=()):
    return ledger.exchange_deliveries(ended, {"shop": most})


def read_states(ledger: DeliveryLedger) -> list[tuple[int, str, int]]:
    """Returns state, reason and number of attempts of all deliveries, the oldest first."""
    rows, _ = ledger.list_deliveries(DeliveryFilter(), 1000)
    return [(row.state, row.reason, row.attempts) for row in reversed(rows)]


def test_each_end_of_an_ad_and_of_a_job_is_stored_once(database):
    database.add_job("mixed", 3)
    database.run_job("mixed", end_ad("mixed", 0))
    assert database.list_types() == ["ad.succeeded"]
    database.run_job("mixed", fail_ad("mixed", 1), end_ad("mixed", 2))
    ads = ["ad.succeeded", "ad.failed", "ad.succeeded"]
    assert database.list_types() == [*ads, "job.partially_succeeded"]
    database.add_job("canceled", 2)
    database.ledger.cancel_job("canceled")
    database.ledger.cancel_job("canceled")
    assert database.list_types()[4:] == ["job.canceled"]
    (last,) = claim(database.open_deliveries())[-1:]
    assert json.loads(last.payload)["data"]["job"]["counts"]["cancelled"] == 2


def test_retried_ads_report_the_end_of_their_job_once_more(database):
    database.add_job("job", 1)
    database.run_job("job", fail_ad("job", 0))
    database.ledger.retry_failed_ads("job", lambda *_: None)
    database.run_job("job", end_ad("job", 0))
    assert database.list_types() == ["ad.failed", "job.failed", "ad.succeeded", "job.succeeded"]


def test_an_event_is_stored_with_the_state_it_reports_or_not_at_all(database):
    def store_and_fail(*event) -> None:
        database.store(*event)
        raise RuntimeError("as a crash before the commit")

    database.add_job("job", 1)
    queue = database.open_queue("other", store_events=store_and_fail)
    queue.exchange_ads([], 1)
    with pytest.raises(RuntimeError):
        queue.exchange_ads([end_ad("job", 0)], 0)
    assert database.list_types() == []
    assert database.list_states("job") == [(0, jobs_pb2.JOB_STATE_RUNNING)]


def test_deliveries_are_claimed_once_however_many_gateways_look(database):
    database.add_job("job", 40)
    database.run_job("job", *(end_ad("job", each) for each in range(40)))
    with database.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO cyclorama_workers VALUES ('b', 1e12)"))
    ledgers = [database.open_deliveries(name) for name in ("gateway", "b")]
    with ThreadPoolExecutor(2) as threads:
        rounds = [threads.map(lambda each: claim(each, 5), ledgers) for _ in range(5)]
        claimed = [each.number for found in rounds for due in found for each in due]
    assert len(claimed) == len(set(claimed)) == 41


def test_what_a_gateway_had_in_flight_continues_when_it_restarts_or_its_lease_ends(database):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    first = database.open_deliveries()
    assert len(claim(first)) == 2 and not claim(first)
    other = database.open_deliveries("other")
    assert not claim(other)
    database.end_lease("gateway")
    taken = claim(other)
    assert len(taken) == 2
    # What the first one still reports has no effect.
    late = [EndedAttempt(each, Attempt(200), None) for each in taken]
    first.exchange_deliveries(late, {})
    assert read_states(other) == [(WAITING, "", 0)] * 2
    assert len(claim(database.open_deliveries("other"))) == 2


def test_attempts_end_as_delivered_waiting_or_failed(database):
    database.add_job("job", 2)
    database.run_job("job", end_ad("job", 0), end_ad("job", 1))
    ledger = database.open_deliveries()
    first, second, third = claim(ledger)
    ended = [
        EndedAttempt(first, judge_response(200, None), None),
        EndedAttempt(second, UNREACHABLE, 3600.0),
        EndedAttempt(third, UNREACHABLE, None),
    ]
    assert claim(ledger, ended=ended) == []
    states = [(DELIVERED, "", 1), (WAITING, "UNREACHABLE", 1), (FAILED, "UNREACHABLE", 1)]
    assert read_states(ledger) == states
    # As after a commit whose answer was lost.
    claim(ledger, ended=ended)
    assert read_states(ledger) == states
    assert ledger.count_waiting()["shop"].waiting == 1


def test_a_replay_starts_all_attempts_over_with_the_same_id(database):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    ledger = database.open_deliveries()
    first, second = claim(ledger)
    claim(
        ledger,
        ended=[EndedAttempt(first, Attempt(200), None), EndedAttempt(second, UNREACHABLE, None)],
    )
    assert ledger.replay_deliveries(DeliveryFilter(states=[FAILED]), ["shop"]) == 1
    (again,) = claim(ledger)
    assert again == second
    with pytest.raises(NotFound):
        ledger.replay_deliveries(DeliveryFilter(id=first.id, owner="agency"), ["shop"])
    # Not of an endpoint that was removed from the file.
    assert ledger.replay_deliveries(DeliveryFilter(id=first.id), ["other"]) == 0
    since = DeliveryFilter(created_from=datetime.now(UTC) - timedelta(minutes=1))
    assert ledger.replay_deliveries(since, ["shop"]) == 1
    assert ledger.replay_deliveries(DeliveryFilter(created_from=datetime.now(UTC)), ["shop"]) == 0


def test_an_endpoint_that_is_gone_is_disabled_until_it_is_enabled(database):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    ledger = database.open_deliveries()
    first, second = claim(ledger)
    gone = [EndedAttempt(each, judge_response(410, None), None) for each in (first, second)]
    claim(ledger, ended=gone)
    assert ledger.load_disabled().keys() == {"shop"}
    database.add_job("later", 1)
    database.run_job("later", end_ad("later", 0))
    assert claim(ledger) == []
    assert read_states(ledger)[2:] == [(FAILED, "DISABLED", 0)] * 2
    ledger.enable_endpoint("shop")
    assert ledger.replay_deliveries(DeliveryFilter(states=[FAILED]), ["shop"]) == 4


def test_deliveries_of_deleted_jobs_are_deleted_and_old_ones_too(database):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    ErasureLedger(database.engine, database.engine).begin_erasure("job")
    assert database.list_types() == []
    database.add_job("next", 1)
    database.run_job("next", end_ad("next", 0))
    ledger = database.open_deliveries()
    first, second = claim(ledger)
    ends = [EndedAttempt(first, Attempt(200), None), EndedAttempt(second, UNREACHABLE, None)]
    claim(ledger, ended=ends)
    future, past = (datetime.now(UTC) + timedelta(days=each) for each in (1, -1))
    ledger.delete_ended(past, past)
    assert len(read_states(ledger)) == 2
    ledger.delete_ended(delivered_before=future, failed_before=past)
    assert read_states(ledger) == [(FAILED, "UNREACHABLE", 1)]


def test_events_wait_for_an_endpoint_that_a_file_lacks_and_then_fail(database):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    ledger = database.open_deliveries()
    waiting, removed = [(WAITING, "", 0)] * 2, [(FAILED, "REMOVED", 0)] * 2
    with database.engine.begin() as connection:
        # However old the events are, the file lacks their endpoint since the first look.
        connection.execute(sa.text("UPDATE cyclorama_webhook_deliveries SET created = 0"))
    for names, passed in ((["other"], 3599), (["shop"], 7200), (["other"], 3599)):
        ledger.fail_removed(names, 3600)
        assert read_states(ledger) == waiting
        let_missing_time_pass(database, passed)
        ledger.fail_removed(names, 3600)
        assert read_states(ledger) == waiting
    let_missing_time_pass(database, 2)
    database.open_deliveries().fail_removed(["other"], 3600)
    assert read_states(ledger) == removed


def let_missing_time_pass(database, seconds: float) -> None:
    """Makes endpoints that are missing so for some seconds longer."""
    with database.engine.begin() as connection:
        connection.execute(
            MISSING_ENDPOINTS.update().values(since=MISSING_ENDPOINTS.c.since - seconds)
        )


@pytest.mark.parametrize("worker", ["gateway", "other"])
def test_a_pause_holds_for_new_events_restarted_and_other_gateways(database, worker):
    database.add_job("job", 1)
    database.run_job("job", end_ad("job", 0))
    ledger = database.open_deliveries()
    first, second = claim(ledger)
    # The second answer does not shorten the pause, with which no other attempt follows.
    answers = [judge_response(503, "600"), judge_response(503, "0")]
    ends = [EndedAttempt(first, answers[0], 0.0), EndedAttempt(second, answers[1], None)]
    assert claim(ledger, ended=ends) == []
    database.add_job("later", 1)
    database.run_job("later", end_ad("later", 0))
    restarted = database.open_deliveries(worker)
    assert claim(restarted) == []
    with database.engine.begin() as connection:
        until = PAUSED_ENDPOINTS.c.until
        connection.execute(PAUSED_ENDPOINTS.update().values(until=until - 599))
    assert claim(restarted) == []
    with database.engine.begin() as connection:
        connection.execute(PAUSED_ENDPOINTS.update().values(until=until - 1))
    assert len(claim(restarted)) == 3
    # A later pause replaces one that is over.
    last = EndedAttempt(second, judge_response(429, "60"), None)
    assert claim(restarted, ended=[last]) == []
    database.add_job("last", 1)
    database.run_job("last", end_ad("last", 0))
    assert claim(restarted) == []


def test_claims_use_an_index_however_many_deliveries_have_ended(tmp_path):
    database = WebhookDatabase(f"sqlite:///{tmp_path}/jobs.db", tmp_path)
    claims = SELECT_DUE.compile(database.engine)
    values = claims.construct_params({"own": "gateway", "of_endpoint": "shop", "most": 4})
    with database.engine.connect() as connection:
        # With parameters, as it is executed: those of a condition can prevent the use of an index.
        ordered = tuple(values[name] for name in claims.positiontup)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {claims}", ordered).all()
    close_database(database.engine)
    assert "cyclorama_webhook_deliveries_in_order" in str(plan)


def test_pauses_grow_over_more_than_a_day_with_jitter():
    pauses = [compute_retry_seconds(tries, RETRY_SECONDS) for tries in range(1, 8)]
    assert all(
        base <= pause <= base * (1 + JITTER)
        for base, pause in zip(RETRY_SECONDS, pauses, strict=True)
    )
    assert 86_400 < sum(RETRY_SECONDS) < 2 * 86_400
    assert compute_retry_seconds(8, RETRY_SECONDS) is None
    assert len({compute_retry_seconds(1, RETRY_SECONDS) for _ in range(10)}) > 1
    assert compute_retry_seconds(1, RETRY_SECONDS, retry_after=60.0) == 60
    assert compute_retry_seconds(8, RETRY_SECONDS, retry_after=60.0) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 0),
        ("99999999999999999999", MAX_RETRY_AFTER_SECONDS),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert parse_retry_after(value) == seconds
