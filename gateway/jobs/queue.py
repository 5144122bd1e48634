"""The durable queue of ads: workers claim ads in order, and end them, in the tables of jobs.

A job in the database is queued as a whole: its ads have consecutive places and turns, and the
number of places that are claimed is a column of the job. An ad that is retried gets another place
behind them. A claimed ad has a row until it ends; when the lease of its worker expires, another
worker takes the row over.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError, StatementError

from cyclorama.v1 import jobs_pb2
from gateway.database_failures import find_failure
from gateway.jobs.events import (
    CHANGED_COLUMNS,
    AdChange,
    NoteEvents,
    StoreEvents,
    add_events,
    load_counts,
    store_nothing,
)
from gateway.jobs.leases import LIVE_WORKERS
from gateway.jobs.progress import JobEvent, create_failure
from gateway.jobs.tables import CLAIMS, ERASURES, HAS_QUEUED_ADS, JOBS, NEXT_TURN, RETRIES
from services.runtime.errors import ServiceError

# Key of the advisory lock of Postgres that serializes the transactions of the queue, as SQLite does
# with all that write. A chosen number, which no other user of the database may lock.
QUEUE_LOCK = 0x6379_636C_6F72_616D

# Errors of an event that the database cannot store, and of a database that cannot be used.
UNSTORABLE = (StatementError, ValueError, ArithmeticError, TypeError)
NOT_STORED = create_failure(
    ServiceError("the ad's result cannot be stored; the gateway's log has the details")
)

# Statements are built once: that takes several times as long as to execute them.
LOCK = sa.select(sa.func.pg_advisory_xact_lock(QUEUE_LOCK))
LOCK_AND_RELAX = LOCK.add_columns(sa.func.set_config("synchronous_commit", "off", True))
OWN = CLAIMS.c.worker == sa.bindparam("own")
OWN_OR_LOST = OWN | CLAIMS.c.worker.not_in(LIVE_WORKERS)
CLAIM = (CLAIMS.c.job == sa.bindparam("of_job")) & (CLAIMS.c.position == sa.bindparam("of_ad"))
OF_DELETED_JOB = CLAIMS.c.job.in_(sa.select(ERASURES.c.job))
SELECT_OWN_OR_LOST = sa.select(CLAIMS).where(OWN_OR_LOST, ~OF_DELETED_JOB)
RELEASE_OWN_CLAIM = CLAIMS.delete().where(CLAIM & OWN & OF_DELETED_JOB)
DELETE_OWN_CLAIM = CLAIMS.delete().where(CLAIM & OWN)
TAKE_OVER_CLAIM = CLAIMS.update().where(CLAIM).values(worker=sa.bindparam("own"))
INSERT_CLAIMS = CLAIMS.insert()
ORDER_COLUMNS = JOBS.c.priority, JOBS.c.number, NEXT_TURN.label("next_turn")
# The next ads are of these jobs, as the next ad of every other job comes later.
SELECT_NEXT_JOBS: sa.Select[Any] = (
    sa.select(*CHANGED_COLUMNS, *ORDER_COLUMNS)
    .where(HAS_QUEUED_ADS)
    .order_by(JOBS.c.priority.desc(), NEXT_TURN, JOBS.c.number)
    .limit(sa.bindparam("max_ads"))
)

log = structlog.get_logger()

JobEvents = tuple[str, Sequence[JobEvent]]
"""Id of a job, and events that were added to it."""


class AdKey(NamedTuple):
    """An ad of a job: id of the job, and position of the ad in it, from 0."""

    job: str
    position: int


class EndedAd(NamedTuple):
    """An ad that a worker has ended: its last event."""

    ad: AdKey
    change: AdChange


def lock_queue(connection: sa.Connection, *, may_be_undone: bool = False) -> None:
    """Waits until no other transaction changes the queue, and locks it until this one ends.

    connection: in a transaction of an engine that was opened with `begin_immediate`. may_be_undone:
    whether Postgres may report the commit before the disk has it, as SQLite always does here. A
    crash of the database's machine can then undo the transaction, and its ads are created again
    from cached results; a crash of the gateway undoes no transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK_AND_RELAX if may_be_undone else LOCK)


class AdQueue:
    """The queue as one worker sees it."""

    def __init__(
        self,
        write_engine: sa.Engine,
        worker: str,
        on_events: NoteEvents = lambda *_: None,
        store_events: StoreEvents = store_nothing,
    ) -> None:
        """Continues the ads that a worker of this name did not end: any worker may claim them.

        write_engine: connects to a database with the tables of jobs; opened with `begin_immediate`.
        worker: name of this worker, unique among those that share the database. on_events:
        called with the id of a job and events that were added to it. store_events: called in the
        transaction that ends ads.
        """
        self._write_engine, self._worker = write_engine, worker
        self._on_events, self._store_events = on_events, store_events
        with write_engine.begin() as connection:
            lock_queue(connection)
            connection.execute(CLAIMS.update().where(OWN).values(worker=""), {"own": worker})

    def exchange_ads(self, ended: Sequence[EndedAd], max_ads: int) -> set[AdKey]:
        """Ends ads of this worker, and claims others up to a number; returns all that it has then.

        An ad of this worker that is not returned was cancelled, or another worker took it over; of
        a deleted job it keeps the claim until it is released. Ending such an ad has no effect. All
        is one transaction, safe to repeat when it fails. An ad whose last event cannot be stored
        fails, without the others.
        """
        try:
            return self._exchange_ads(ended, max_ads)
        except UNSTORABLE as error:
            if not ended or _is_outage(error):
                raise
        for each in ended:
            self._end_ad_or_fail_it(each)
        return self._exchange_ads([], max_ads)

    def release_ad(self, ad: AdKey) -> None:
        """Says that an ad that was stopped writes no more; has an effect if its job is deleted."""
        with self._write_engine.begin() as connection:
            lock_queue(connection)
            connection.execute(RELEASE_OWN_CLAIM, self._name_claim(ad))

    def _end_ad_or_fail_it(self, ended: EndedAd) -> None:
        """Ends one ad; as failed when the database works and its last event cannot be stored."""
        try:
            self._exchange_ads([ended], max_ads=0)
        except UNSTORABLE as error:
            if _is_outage(error):
                raise
            log.exception("ad not stored; it fails", **ended.ad._asdict())
            change = AdChange(ended.ad.position, jobs_pb2.JOB_STATE_FAILED, NOT_STORED)
            self._exchange_ads([EndedAd(ended.ad, change)], max_ads=0)

    def _exchange_ads(self, ended: Sequence[EndedAd], max_ads: int) -> set[AdKey]:
        """Does what exchange_ads does in one transaction; raises one of UNSTORABLE as well."""
        with self._write_engine.begin() as connection:
            lock_queue(connection, may_be_undone=True)
            added = self._end_ads(connection, ended)
            ads = self._load_and_take_over_ads(connection, max_ads)
            if len(ads) < max_ads:
                claimed, started = self._claim_ads(connection, max_ads - len(ads))
                ads |= claimed
                added += started
        for job, events in added:
            self._on_events(job, events)
        return ads

    def _end_ads(self, connection: sa.Connection, ended: Iterable[EndedAd]) -> list[JobEvents]:
        """Deletes the claims of ads, and adds their last events, which it returns."""
        changes = defaultdict[str, list[AdChange]](list)
        for ad, change in ended:
            if connection.execute(DELETE_OWN_CLAIM, self._name_claim(ad)).rowcount:
                changes[ad.job].append(change)
        added: list[JobEvents] = []
        for job, of_job in changes.items():
            if row := load_counts(connection, job):
                events = add_events(connection, row, of_job)
                self._store_events(connection, job, events)
                added.append((job, events))
        return added

    def _load_and_take_over_ads(self, connection: sa.Connection, max_ads: int) -> set[AdKey]:
        """Returns the ads of this worker, after taking over, up to a number, those without a lease.

        An ad is without a lease when that of the worker that claimed it has expired. Ads of jobs
        that were deleted are left out.
        """
        rows = connection.execute(SELECT_OWN_OR_LOST, {"own": self._worker}).all()
        own = {AdKey(row.job, row.position) for row in rows if row.worker == self._worker}
        lost = [AdKey(row.job, row.position) for row in rows if row.worker != self._worker]
        taken = lost[: max(0, max_ads - len(own))]
        for ad in taken:
            connection.execute(TAKE_OVER_CLAIM, self._name_claim(ad))
        return own.union(taken)

    def _claim_ads(
        self, connection: sa.Connection, max_ads: int
    ) -> tuple[set[AdKey], list[JobEvents]]:
        """Claims the next queued ads by priority and turn; returns them, and their first events."""
        rows = connection.execute(SELECT_NEXT_JOBS, {"max_ads": max_ads})
        jobs = {row.id: row for row in rows}
        added: list[JobEvents] = []
        ads = set[AdKey]()
        for job, places in _choose_next_places(jobs.values(), max_ads).items():
            positions = find_positions(connection, jobs[job], places)
            started = [AdChange(position, jobs_pb2.JOB_STATE_RUNNING) for position in positions]
            events = add_events(connection, jobs[job], started, claimed=places[-1] + 1)
            added.append((job, events))
            ads |= {AdKey(job, position) for position in positions}
        if ads:
            claims = [{**ad._asdict(), "worker": self._worker} for ad in ads]
            connection.execute(INSERT_CLAIMS, claims)
        return ads, added

    def _name_claim(self, ad: AdKey) -> dict[str, str | int]:
        """Returns the parameters of CLAIM and OWN: an ad, and this worker."""
        return {"of_job": ad.job, "of_ad": ad.position, "own": self._worker}


def _is_outage(error: Exception) -> bool:
    """Returns whether an error says that the database cannot be used, whatever is stored."""
    return isinstance(error, DBAPIError) and find_failure(error) is not None


def find_positions(connection: sa.Connection, row: sa.Row[Any], places: Sequence[int]) -> list[int]:
    """Returns the positions of the ads at some places of a job in the queue, in their order.

    row: the CHANGED_COLUMNS of the job. The places are about to leave the queue.
    """
    if places[-1] < row.ads:
        return list(places)
    retried = (RETRIES.c.job == row.id) & RETRIES.c.place.between(places[0], places[-1])
    rows = connection.execute(sa.select(RETRIES.c.place, RETRIES.c.position).where(retried))
    positions = {each.place: each.position for each in rows}
    connection.execute(RETRIES.delete().where(retried))
    return [positions.get(place, place) for place in places]


def _choose_next_places(jobs: Iterable[sa.Row[Any]], max_ads: int) -> dict[str, list[int]]:
    """Returns the next places in the queue in the order of priorities and turns, by job.

    jobs: `id`, `number`, `places`, `claimed`, `priority` and `next_turn` of jobs with queued ads.
        At equal turns the older job comes first: nobody overtakes it with one new job after
        another.
    """
    ads_by_turn = [
        ((-row.priority, row.next_turn + later, row.number), row.id, row.claimed + later)
        for row in jobs
        for later in range(min(max_ads, row.places - row.claimed))
    ]
    places = defaultdict[str, list[int]](list)
    for _, job, place in heapq.nsmallest(max_ads, ads_by_turn):
        places[job].append(place)
    return places
