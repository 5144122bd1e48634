"""The ledger of jobs in the database: adds, loads, lists, cancels, retries and deletes jobs."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from cyclorama.v1 import jobs_pb2
from gateway.database import create_tables
from gateway.jobs.erasure_ledger import raise_if_deleted
from gateway.jobs.events import (
    AdChange,
    NoteEvents,
    StoreEvents,
    add_events,
    add_objects,
    load_counts,
    load_events,
    store_nothing,
    to_utc,
)
from gateway.jobs.listing import JobFilter, select_jobs
from gateway.jobs.plan import count_ads, list_images
from gateway.jobs.progress import ENDED, JobEvent, JobProgress
from gateway.jobs.queue import QUEUE_LOCK, find_positions, lock_queue
from gateway.jobs.queue_limit import raise_if_full
from gateway.jobs.tables import CLAIMS, EVENTS, JOBS, LABELS, OBJECTS, RETRIES
from gateway.jobs.turns import QueuedJob, compute_next_turn
from services.runtime.errors import NotFound

# Key of the advisory lock of Postgres; next to that of the queue.
SUBMISSION_LOCK = QUEUE_LOCK + 1
EVERY_JOB = JobFilter()

# Those statements are built once that are executed for every job.
LOCK_SUBMISSIONS = sa.select(sa.func.pg_advisory_xact_lock(SUBMISSION_LOCK))
INSERT_JOB = JOBS.insert()
SELECT_UNFINISHED_JOBS = sa.select(*(JOBS.c[each.name] for each in fields(QueuedJob))).where(
    JOBS.c.state.not_in(ENDED)
)
SELECT_JOB = sa.select(JOBS).where(JOBS.c.id == sa.bindparam("job"))
SELECT_OWN_JOB = SELECT_JOB.where(JOBS.c.owner == sa.bindparam("of_owner"))

log = structlog.get_logger()

ChargeQuota = Callable[[sa.Connection], None]
"""Charges the quota of a caller within a transaction, or raises QuotaExceeded."""


class JobLedger:
    """Stores jobs and their events; of images it stores only the keys.

    `job` is the id of a job everywhere; an ad is known by its `position` in its job, from 0.
    """

    def __init__(
        self,
        read_engine: sa.Engine,
        write_engine: sa.Engine,
        on_events: NoteEvents = lambda *_: None,
        store_events: StoreEvents = store_nothing,
    ) -> None:
        """Creates the tables that are missing.

        read_engine, write_engine: connect to one database; the latter is opened with
        `begin_immediate`. on_events: called with the id of a job and events that were added to it.
        store_events: called in the transaction that cancels ads.
        """
        self._read_engine, self._write_engine = read_engine, write_engine
        self._on_events, self._store_events = on_events, store_events
        create_tables(write_engine)

    def add_job(
        self,
        job: str,
        campaign: jobs_pb2.Campaign,
        owner: str,
        charge_quota: ChargeQuota | None = None,
        priority: int = 0,
        max_queued_ads: int | None = None,
    ) -> JobProgress | None:
        """Adds a job and returns it, with all ads queued; None when that id exists already.

        job: its id. campaign: its request, with its defaults filled in. owner: name of its caller.
        charge_quota: called in the same transaction; the job is not added when it raises. priority:
        0 to 9, higher first. max_queued_ads: unfinished ads of all jobs that there may be with this
        one; None for any number. Raises JobQueueFull when there would be more, and JobDeleted.
        """
        row = _row_from_campaign(job, campaign, owner, priority)
        labels = [
            {"job": job, "key": key, "value": campaign.labels[key]} for key in campaign.labels
        ]
        try:
            with self._write_engine.begin() as connection:
                _lock_submissions(connection)
                raise_if_deleted(connection, job)
                queued = _list_queued_jobs(connection)
                # Where its first ad is in the order of all ads.
                turn = compute_next_turn(owner, priority, queued)
                connection.execute(INSERT_JOB, row | {"turn": turn})
                if labels:
                    connection.execute(LABELS.insert(), labels)
                add_objects(connection, job, {image.uri for image in list_images(campaign)})
                if max_queued_ads is not None:
                    unfinished = sum(other.waiting for other in queued)
                    raise_if_full(unfinished, added=row["ads"], limit=max_queued_ads)
                if charge_quota:
                    charge_quota(connection)
        except IntegrityError:
            return None
        log.info("job submitted", job=job, ads=row["ads"])
        return JobProgress(f"jobs/{job}", campaign, created=row["created"], owner=owner)

    def load_job(self, job: str, owner: str | None = None) -> JobProgress:
        """Loads a job with the states of its ads.

        job: its id. owner: whose job it must be; None for any. Raises NotFound when there is no
        such job.
        """
        with self._read_engine.connect() as connection:
            row = _load_row(connection, job, owner)
            return _progress_from_row(row, load_events(connection, job))

    def load_watched_job(
        self, job: str, after_sequence: int, max_events: int, owner: str | None = None
    ) -> tuple[JobProgress, list[JobEvent], int]:
        """Loads a job with the states of its ads after some events, and the events that follow.

        Returns the number of all its events as well. job: its id. after_sequence: number of the
        last event that counts. max_events: that follow. owner: whose job it must be; None for any.
        Raises NotFound when there is no such job.
        """
        last_sequence = after_sequence + max_events
        with self._read_engine.connect() as connection:
            row = _load_row(connection, job, owner)
            # Most are watched right after their submission.
            events = load_events(connection, job, last_sequence=last_sequence) if row.events else []
        progress = _progress_from_row(row, events[:after_sequence])
        return progress, events[after_sequence:], row.events

    def load_campaign(self, job: str) -> tuple[str, jobs_pb2.Campaign]:
        """Loads the owner's name and the campaign of a job: the photos, prompts and options.

        job: its id. Raises NotFound when there is no such job.
        """
        query = sa.select(JOBS.c.owner, JOBS.c.campaign).where(JOBS.c.id == job)
        with self._read_engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"there is no jobs/{job}")
        return row.owner, jobs_pb2.Campaign.FromString(row.campaign)

    def load_events(self, job: str, after_sequence: int, max_events: int) -> list[JobEvent]:
        """Loads at most `max_events` events of a job after a sequence number, in their order."""
        last_sequence = after_sequence + max_events
        with self._read_engine.connect() as connection:
            return load_events(connection, job, after_sequence, last_sequence)

    def count_events(self, jobs: Collection[str]) -> dict[str, int]:
        """Returns the number of events of each of some jobs that exist, by id of the job."""
        query = sa.select(JOBS.c.id, JOBS.c.events).where(JOBS.c.id.in_(jobs))
        with self._read_engine.connect() as connection:
            return {row.id: row.events for row in connection.execute(query)}

    def has_artifact(self, job: str, key: str, owner: str | None = None) -> bool:
        """Returns whether a key is a file, a manifest or a preview of a job's ads.

        owner: whose job it must be; None for any. Raises NotFound when there is no such job.
        """
        query = sa.select(JOBS.c.id).where(JOBS.c.id == job)
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        is_of_ad = sa.or_(
            EVENTS.c.artifact == key, EVENTS.c.manifest == key, EVENTS.c.preview == key
        )
        with self._read_engine.connect() as connection:
            if connection.scalar(query) is None:
                raise NotFound(f"there is no jobs/{job}")
            found = sa.select(sa.literal(1)).where(EVENTS.c.job == job, is_of_ad).limit(1)
            return connection.scalar(found) is not None

    def list_jobs(
        self,
        page_size: int,
        before_number: int | None = None,
        matching: JobFilter = EVERY_JOB,
    ) -> tuple[list[jobs_pb2.Job], int | None]:
        """Lists a page of jobs without their ads, newest first.

        page_size: number of jobs. before_number: the page begins with the newest job whose number
        is lower; None for the newest of all. matching: what the jobs have in common. Returns the
        jobs, and `before_number` of the next page; None when there is no next page.
        """
        conditions = matching.build_conditions()
        if before_number is not None:
            conditions.append(JOBS.c.number < before_number)
        with self._read_engine.connect() as connection:
            return select_jobs(connection, conditions, page_size)

    def load_basic_job(self, job: str, owner: str | None = None) -> jobs_pb2.Job:
        """Loads a job without its ads, which takes equally long for any number of them.

        job: its id. owner: whose job it must be; None for any. Raises NotFound when there is no
        such job.
        """
        conditions = [JOBS.c.id == job]
        if owner is not None:
            conditions.append(JOBS.c.owner == owner)
        with self._read_engine.connect() as connection:
            found, _ = select_jobs(connection, conditions, page_size=1)
        if not found:
            raise NotFound(f"there is no jobs/{job}")
        return found[0]

    def count_unfinished_ads(self) -> int:
        """Returns the number of ads, of all jobs together, that are queued or running."""
        with self._read_engine.connect() as connection:
            total = sa.func.coalesce(sa.func.sum(JOBS.c.waiting), 0)
            query = sa.select(total).where(JOBS.c.state.not_in(ENDED))
            return connection.execute(query).scalar_one()

    def count_jobs_by_state(self) -> dict[int, int]:
        """Returns the number of jobs by jobs_pb2.JobState; states without jobs are left out."""
        query = sa.select(JOBS.c.state, sa.func.count().label("jobs")).group_by(JOBS.c.state)
        with self._read_engine.connect() as connection:
            return {row.state: row.jobs for row in connection.execute(query)}

    def list_artifact_keys(self) -> set[str]:
        """Lists the keys, in the artifact store, of all that jobs refer to.

        These are the images in their campaigns, and the files, manifests and previews of their ads.
        """
        with self._read_engine.connect() as connection:
            return set(connection.scalars(sa.select(OBJECTS.c.key).distinct()))

    def delete_ended_jobs(self, created_before: datetime) -> None:
        """Deletes jobs that have ended and were submitted before a time, with all about them."""
        is_old = sa.and_(JOBS.c.created < created_before, JOBS.c.state.in_(ENDED))
        with self._write_engine.begin() as connection:
            ids = sa.select(JOBS.c.id).where(is_old)
            for table in (EVENTS, LABELS, OBJECTS, RETRIES):
                connection.execute(table.delete().where(table.c.job.in_(ids)))
            connection.execute(JOBS.delete().where(is_old))

    def cancel_job(self, job: str) -> bool:
        """Cancels every ad of a job that has not ended; returns False when all had ended.

        job: its id. Raises NotFound when there is no such job.
        """
        with self._write_engine.begin() as connection:
            lock_queue(connection)
            row = load_counts(connection, job)
            if row is None:
                raise NotFound(f"there is no jobs/{job}")
            claims = CLAIMS.delete().where(CLAIMS.c.job == job).returning(CLAIMS.c.position)
            positions = sorted(connection.scalars(claims))
            if row.claimed < row.places:
                places = range(row.claimed, row.places)
                positions += find_positions(connection, row, places)
            changes = [AdChange(each, jobs_pb2.JOB_STATE_CANCELLED) for each in positions]
            events = add_events(connection, row, changes, claimed=row.places)
            self._store_events(connection, job, events)
        if events:
            self._on_events(job, events)
        return bool(events)

    def retry_failed_ads(
        self,
        job: str,
        charge_quota: Callable[[sa.Connection, int], None],
        max_queued_ads: int | None = None,
        chosen: Collection[int] = (),
    ) -> None:
        """Queues the failed ads of a job once more, all in one transaction.

        job: its id. charge_quota: called with their number in the same transaction; nothing changes
        when it raises. max_queued_ads: as of add_job. chosen: positions of the ads to queue; none
        for all. Raises NotFound when there is no such job,
        and JobQueueFull.
        """
        with self._write_engine.begin() as connection:
            _lock_submissions(connection)
            lock_queue(connection)
            row = load_counts(connection, job)
            if row is None:
                raise NotFound(f"there is no jobs/{job}")
            failed = _find_failed_ads(connection, job)
            positions = [each for each in failed if each in chosen] if chosen else failed
            if not positions:
                return
            queued = _list_queued_jobs(connection)
            if max_queued_ads is not None:
                unfinished = sum(other.waiting for other in queued)
                raise_if_full(unfinished, added=len(positions), limit=max_queued_ads)
            charge_quota(connection, len(positions))
            events = _queue_again(connection, row, positions, _find_turn(connection, row, queued))
        log.info("ads retried", job=job, ads=len(positions))
        self._on_events(job, events)


def _row_from_campaign(
    job: str, campaign: jobs_pb2.Campaign, owner: str, priority: int
) -> dict[str, Any]:
    """Returns a row of the table JOBS, but for its turn; arguments as of JobLedger.add_job."""
    return {
        "id": job,
        "created": _utc_now(),
        "state": jobs_pb2.JOB_STATE_QUEUED,
        # `waiting` decreases as ads end, `places` increases with retries, `ads` stays.
        **dict.fromkeys(("ads", "places", "waiting"), count_ads(campaign)),
        **dict.fromkeys(("events", "succeeded", "cancelled", "claimed"), 0),
        "campaign": campaign.SerializeToString(),
        "owner": owner,
        "priority": priority,
        "display_name": campaign.display_name,
    }


def _lock_submissions(connection: sa.Connection) -> None:
    """Lets one transaction at a time add a job, so that jobs neither share turns nor space.

    Not the lock of the queue, which ads in flight would wait for meanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK_SUBMISSIONS)


def _load_row(connection: sa.Connection, job: str, owner: str | None) -> sa.Row[Any]:
    """Returns the row of a job; raises NotFound unless there is one, of that owner if not None."""
    query = SELECT_JOB if owner is None else SELECT_OWN_JOB
    row = connection.execute(query, {"job": job, "of_owner": owner}).first()
    if row is None:
        raise NotFound(f"there is no jobs/{job}")
    return row


def _find_failed_ads(connection: sa.Connection, job: str) -> list[int]:
    """Returns the positions of the ads of a job whose last event is that they failed."""
    last = sa.select(sa.func.max(EVENTS.c.sequence)).where(EVENTS.c.job == job)
    is_last = EVENTS.c.sequence.in_(last.group_by(EVENTS.c.position))
    failed = (EVENTS.c.job == job) & (EVENTS.c.state == jobs_pb2.JOB_STATE_FAILED) & is_last
    return list(
        connection.scalars(sa.select(EVENTS.c.position).where(failed).order_by(EVENTS.c.position))
    )


def _queue_again(
    connection: sa.Connection, row: sa.Row[Any], positions: Sequence[int], turn: int
) -> list[JobEvent]:
    """Adds places in the queue for ads of a job that failed; returns the events that say so.

    row: the CHANGED_COLUMNS of the job. positions: of the ads. turn: of the job's first place.
    """
    retries = [
        {"job": row.id, "place": place, "position": position}
        for place, position in enumerate(positions, start=row.places)
    ]
    connection.execute(RETRIES.insert(), retries)
    changes = [AdChange(each, jobs_pb2.JOB_STATE_QUEUED) for each in positions]
    return add_events(connection, row, changes, places=row.places + len(positions), turn=turn)


def _find_turn(connection: sa.Connection, row: sa.Row[Any], queued: Sequence[QueuedJob]) -> int:
    """Returns the turn of a job's first place when ads get further places: as if submitted now.

    row: the CHANGED_COLUMNS of the job. queued: all jobs that have not ended. While the job has
    places in the queue, its turn stays, and the further places follow them.
    """
    columns = JOBS.c.turn, JOBS.c.owner, JOBS.c.priority
    job = connection.execute(sa.select(*columns).where(JOBS.c.id == row.id)).one()
    if row.claimed < row.places:
        return int(job.turn)
    return compute_next_turn(job.owner, job.priority, queued) - row.claimed


def _list_queued_jobs(connection: sa.Connection) -> list[QueuedJob]:
    """Returns owner, priority, turn and numbers of ads of every job that has not ended."""
    return [QueuedJob(*row) for row in connection.execute(SELECT_UNFINISHED_JOBS)]


def _progress_from_row(row: sa.Row[Any], events: Iterable[JobEvent]) -> JobProgress:
    """Returns a job with the states of its ads after some events.

    row: of the table JOBS. events: of the job, from the first one on.
    """
    return JobProgress(
        name=f"jobs/{row.id}",
        campaign=jobs_pb2.Campaign.FromString(row.campaign),
        created=to_utc(row.created),
        owner=row.owner,
        events=events,
    )


def _utc_now() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)
