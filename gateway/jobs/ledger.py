"""The ledger of jobs in the database: campaigns, and the events of their ads."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from cyclorama.v1 import jobs_pb2
from gateway.database import create_tables
from gateway.jobs.plan import count_ads, list_images
from gateway.jobs.progress import (
    ENDED,
    NO_OUTCOME,
    AdOutcome,
    JobEvent,
    JobProgress,
    derive_job_state,
)
from gateway.jobs.queue_limit import raise_if_full
from gateway.jobs.tables import EVENTS, JOBS
from gateway.jobs.turns import QueuedJob, compute_next_turn
from services.runtime.errors import NotFound

# Attempts to add events. One fails only when another gateway adds an event to the same job at the
# same time. Larger: more gateways can work on one job; a real defect is reported later.
MAX_ATTEMPTS = 20

# Columns of JOBS with numbers of ads; the others of a job failed.
COUNTED_STATES = ("waiting", "succeeded", "cancelled")

log = structlog.get_logger()

R = TypeVar("R")
ChargeQuota = Callable[[sa.Connection], None]
"""Charges the quota of a caller within a transaction, or raises QuotaExceeded."""


def _ignore_event(_job: str) -> None:
    """Does nothing; the default listener."""


class JobLedger:
    """Stores jobs and their events; of images it stores only the keys.

    `job` is the id of a job everywhere; an ad is known by its `position` in its job, from 0.
    """

    def __init__(
        self,
        read_engine: sa.Engine,
        write_engine: sa.Engine,
        on_event: Callable[[str], None] = _ignore_event,
    ) -> None:
        """Creates the tables that are missing.

        read_engine, write_engine: connect to one database; the latter is opened with
        `begin_immediate`. on_event: called with the id of a job after each of its events.
        """
        self._read_engine, self._write_engine = read_engine, write_engine
        self._on_event = on_event
        create_tables(write_engine)

    def add_job(
        self,
        job: str,
        campaign: jobs_pb2.Campaign,
        owner: str,
        charge_quota: ChargeQuota | None = None,
        priority: int = 0,
        max_queued_ads: int | None = None,
    ) -> bool:
        """Adds a job whose ads are all queued; returns False when a job of that id exists already.

        job: its id. campaign: its request, with its defaults filled in. owner: name of its caller.
        charge_quota: called in the same transaction; the job is not added when it raises. priority:
        0 to 9, higher first. max_queued_ads: unfinished ads of all jobs that there may be with this
        one; None for any number. Raises JobQueueFull when there would be more.
        """
        row: dict[str, Any] = {
            "id": job,
            "created": _utc_now(),
            "state": jobs_pb2.JOB_STATE_QUEUED,
            # `waiting` decreases as ads end, `ads` stays.
            **dict.fromkeys(("ads", "waiting"), count_ads(campaign)),
            **dict.fromkeys(("events", "succeeded", "cancelled"), 0),
            "campaign": campaign.SerializeToString(),
            "owner": owner,
            "priority": priority,
        }
        try:
            with self._write_engine.begin() as connection:
                queued = _list_queued_jobs(connection)
                # Where its first ad is in the order of all ads.
                turn = compute_next_turn(owner, queued)
                connection.execute(JOBS.insert().values(row | {"turn": turn}))
                if max_queued_ads is not None:
                    unfinished = sum(other.waiting for other in queued)
                    raise_if_full(unfinished, added=row["ads"], limit=max_queued_ads)
                if charge_quota:
                    charge_quota(connection)
        except IntegrityError:
            return False
        log.info("job submitted", job=job, ads=row["ads"])
        return True

    def load_job(
        self, job: str, last_sequence: int | None = None, owner: str | None = None
    ) -> JobProgress:
        """Loads a job with the states of its ads after some events.

        job: its id. last_sequence: number of the last event that counts; None for all events.
        owner: whose job it must be; None for any. Raises NotFound when there is no such job.
        """
        query = sa.select(JOBS).where(JOBS.c.id == job)
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        with self._read_engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                raise NotFound(f"there is no jobs/{job}")
            return _progress_from_row(
                row, _load_events(connection, job, after_sequence=0, last_sequence=last_sequence)
            )

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

    def load_ad_state(self, job: str, position: int) -> jobs_pb2.JobState:
        """Loads the state of one ad, by the id of its job and its position in the job."""
        with self._read_engine.connect() as connection:
            states = _load_ad_states(connection, job, [position])
        # Without an event, an ad is queued.
        return states.get(position, jobs_pb2.JOB_STATE_QUEUED)

    def load_events(self, job: str, after_sequence: int, max_events: int) -> list[JobEvent]:
        """Loads at most `max_events` events of a job after a sequence number, in their order."""
        last_sequence = after_sequence + max_events
        with self._read_engine.connect() as connection:
            return _load_events(connection, job, after_sequence, last_sequence)

    def count_events(self, job: str) -> int:
        """Returns the number of events of a job; raises NotFound when there is no such job."""
        with self._read_engine.connect() as connection:
            count = connection.scalar(sa.select(JOBS.c.events).where(JOBS.c.id == job))
        if count is None:
            raise NotFound(f"there is no jobs/{job}")
        return count

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
        state: "jobs_pb2.JobState | None" = None,
        owner: str | None = None,
    ) -> tuple[list[jobs_pb2.Job], int | None]:
        """Lists a page of jobs without their ads, newest first.

        page_size: number of jobs. before_number: the page begins with the newest job whose number
        is lower; None for the newest of all. state, owner: lists only such jobs; None for any.
        Returns the jobs, and `before_number` of the next page; None when there is no next page.
        """
        # One more than on the page: whether it exists says whether there is a next page.
        query = sa.select(JOBS).order_by(JOBS.c.number.desc()).limit(page_size + 1)
        if before_number is not None:
            query = query.where(JOBS.c.number < before_number)
        if state:
            query = query.where(JOBS.c.state == state)
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        with self._read_engine.connect() as connection:
            rows = connection.execute(query).all()
            updated = _load_update_times(connection, [row.id for row in rows])
        jobs = [_job_from_row(row, updated.get(row.id, row.created)) for row in rows[:page_size]]
        return jobs, rows[page_size - 1].number if len(rows) > page_size else None

    def load_unfinished_jobs(self) -> list[JobProgress]:
        """Loads every job that has not ended, with the states of its ads."""
        with self._read_engine.connect() as connection:
            rows = connection.execute(sa.select(JOBS).where(JOBS.c.state.not_in(ENDED))).all()
            return [
                _progress_from_row(
                    row, _load_events(connection, row.id, after_sequence=0, last_sequence=None)
                )
                for row in rows
            ]

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
            campaigns = connection.scalars(sa.select(JOBS.c.campaign)).all()
            columns = EVENTS.c.artifact, EVENTS.c.manifest, EVENTS.c.preview
            outputs = connection.execute(sa.select(*columns)).all()
        images = map(list_images, map(jobs_pb2.Campaign.FromString, campaigns))
        input_keys = {image.uri for image in chain.from_iterable(images)}
        return input_keys | set(chain.from_iterable(outputs))

    def delete_ended_jobs(self, created_before: datetime) -> None:
        """Deletes jobs, with their events, that have ended and were submitted before a time."""
        is_old = sa.and_(JOBS.c.created < created_before, JOBS.c.state.in_(ENDED))
        with self._write_engine.begin() as connection:
            ids = sa.select(JOBS.c.id).where(is_old)
            connection.execute(EVENTS.delete().where(EVENTS.c.job.in_(ids)))
            connection.execute(JOBS.delete().where(is_old))

    def add_event(
        self,
        job: str,
        position: int,
        state: jobs_pb2.JobState,
        outcome: AdOutcome = NO_OUTCOME,
    ) -> bool:
        """Adds an event: the ad at a position of a job enters a state.

        outcome: what the event says besides, such as the key of the file. Returns False, and adds
        nothing, when the ad has ended or is already in that state.
        """
        return self._add_events(job, {position: state}, outcome)

    def cancel_job(self, job: str) -> bool:
        """Cancels every ad of a job that has not ended; returns False when all had ended.

        job: its id. Raises NotFound when there is no such job.
        """
        unfinished = self.load_job(job).list_unfinished()
        cancelled = dict.fromkeys(unfinished, jobs_pb2.JOB_STATE_CANCELLED)
        return self._add_events(job, cancelled, outcome=NO_OUTCOME)

    def _add_events(
        self, job: str, states: Mapping[int, jobs_pb2.JobState], outcome: AdOutcome
    ) -> bool:
        """Adds an event for each ad whose state changes, then calls the listener for events.

        states: the new state of each ad, by its position in the job. outcome: of every event.
        Returns False, and calls nothing, when no state changed.
        """
        counts = self._retry_conflicts(
            lambda connection: _insert_events(connection, job, states, outcome)
        )
        if counts is None:
            return False
        self._on_event(job)
        _log_if_ended(job, counts)
        return True

    def _retry_conflicts(self, run: Callable[[sa.Connection], R]) -> R:
        """Calls a function in a transaction; returns its result.

        Calls it again, in a new transaction, when a row that it inserted exists already: another
        gateway has then given the same sequence number to an event.
        """
        for _ in range(MAX_ATTEMPTS):
            try:
                with self._write_engine.begin() as connection:
                    return run(connection)
            except IntegrityError:
                continue
        raise RuntimeError("the ledger's events could not be ordered")


def _insert_events(
    connection: sa.Connection,
    job: str,
    states: Mapping[int, jobs_pb2.JobState],
    outcome: AdOutcome,
) -> jobs_pb2.AdCounts | None:
    """Inserts an event for each ad whose state changes, and updates the row of its job.

    job: its id. states: the new state of each ad, by its position in the job. outcome: of every
    event. An ad that has ended changes no more. Returns how many ads of the job are in each state;
    None when no state changes.
    """
    row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job).with_for_update()).one()
    old_states = _load_ad_states(connection, job, list(states))
    changes = {
        position: state
        for position, state in states.items()
        if old_states.get(position) not in (*ENDED, state)
    }
    if not changes:
        return None
    events = [
        JobEvent(sequence, _utc_now(), position, state, outcome)
        for sequence, (position, state) in enumerate(changes.items(), start=row.events + 1)
    ]
    connection.execute(EVENTS.insert(), [_row_from_event(job, event) for event in events])
    # How many ads enter each state.
    changed = Counter(changes.values())
    counts = {
        "events": row.events + len(changes),
        "waiting": row.waiting - sum(changed[state] for state in ENDED),
        "succeeded": row.succeeded + changed[jobs_pb2.JOB_STATE_SUCCEEDED],
        "cancelled": row.cancelled + changed[jobs_pb2.JOB_STATE_CANCELLED],
    }
    values = counts | {"state": derive_job_state(**counts)}
    connection.execute(JOBS.update().where(JOBS.c.id == job).values(values))
    return _count_ads(total=row.ads, **{key: counts[key] for key in COUNTED_STATES})


def _log_if_ended(job: str, counts: jobs_pb2.AdCounts) -> None:
    """Logs a line when no ad of a job waits any longer. job: its id. counts: its ads by state."""
    if counts.waiting:
        return
    fields = {name: getattr(counts, name) for name in ("succeeded", "failed", "cancelled")}
    log.info("job ended", job=job, ads=counts.total, **fields)


def _count_ads(total: int, waiting: int, succeeded: int, cancelled: int) -> jobs_pb2.AdCounts:
    """Returns the numbers of ads by state; those in none of the given states failed."""
    return jobs_pb2.AdCounts(
        total=total,
        waiting=waiting,
        succeeded=succeeded,
        cancelled=cancelled,
        failed=total - waiting - succeeded - cancelled,
    )


def _load_ad_states(
    connection: sa.Connection, job: str, positions: Collection[int]
) -> dict[int, jobs_pb2.JobState]:
    """Returns the state of each ad that has an event, by its position in the job.

    positions: of the ads that must be included if they have one; others may be as well.
    """
    query = sa.select(EVENTS.c.position, EVENTS.c.state).where(EVENTS.c.job == job)
    # Several ads may be thousands, too many for a condition: then all events are read.
    if len(positions) == 1:
        query = query.where(EVENTS.c.position.in_(positions))
    rows = connection.execute(query.order_by(EVENTS.c.sequence))
    # A later event of an ad replaces its earlier ones.
    return {row.position: row.state for row in rows}


def _load_events(
    connection: sa.Connection, job: str, after_sequence: int, last_sequence: int | None
) -> list[JobEvent]:
    """Returns the events of a job after one sequence number and up to another, in their order.

    after_sequence: 0 to begin with the first event. last_sequence: None to end with the last one.
    """
    query = sa.select(EVENTS).where(EVENTS.c.job == job, EVENTS.c.sequence > after_sequence)
    if last_sequence is not None:
        query = query.where(EVENTS.c.sequence <= last_sequence)
    return [_event_from_row(row) for row in connection.execute(query.order_by(EVENTS.c.sequence))]


def _list_queued_jobs(connection: sa.Connection) -> list[QueuedJob]:
    """Returns owner, turn and numbers of ads of every job that has not ended."""
    columns = JOBS.c.owner, JOBS.c.turn, JOBS.c.ads, JOBS.c.waiting
    rows = connection.execute(sa.select(*columns).where(JOBS.c.state.not_in(ENDED)))
    return [
        QueuedJob(owner=row.owner, turn=row.turn, ads=row.ads, waiting=row.waiting) for row in rows
    ]


def _load_update_times(connection: sa.Connection, jobs: Sequence[str]) -> dict[str, datetime]:
    """Returns the time of the last event of each job that has one, by id of the job.

    jobs: ids of the jobs.
    """
    columns = EVENTS.c.job, sa.func.max(EVENTS.c.time).label("time")
    query = sa.select(*columns).where(EVENTS.c.job.in_(jobs)).group_by(EVENTS.c.job)
    return {row.job: row.time for row in connection.execute(query)}


def _job_from_row(row: sa.Row[Any], updated: datetime) -> jobs_pb2.Job:
    """Returns a job, without its ads, as clients see it.

    row: of the table JOBS. updated: time of its last event.
    """
    counts = _count_ads(
        row.ads, waiting=row.waiting, succeeded=row.succeeded, cancelled=row.cancelled
    )
    job = jobs_pb2.Job(name=f"jobs/{row.id}", owner=row.owner, state=row.state, counts=counts)
    job.create_time.FromDatetime(_to_utc(row.created))
    job.update_time.FromDatetime(_to_utc(updated))
    return job


def _progress_from_row(row: sa.Row[Any], events: Iterable[JobEvent]) -> JobProgress:
    """Returns a job with the states of its ads after some events.

    row: of the table JOBS. events: of the job, from the first one on.
    """
    return JobProgress(
        name=f"jobs/{row.id}",
        campaign=jobs_pb2.Campaign.FromString(row.campaign),
        created=_to_utc(row.created),
        owner=row.owner,
        priority=row.priority,
        turn=row.turn,
        events=events,
    )


def _event_from_row(row: sa.Row[Any]) -> JobEvent:
    """Converts a row of the table EVENTS to the event that it stores."""
    outcome = AdOutcome(
        artifact=row.artifact,
        manifest=row.manifest,
        preview=row.preview,
        error=row.error,
        warnings=tuple(row.warnings),
        quality_report=row.quality_report,
        profile_report=row.profile_report,
        computed=tuple(row.computed),
        cached=tuple(row.cached),
        engines=tuple(row.engines),
    )
    return JobEvent(row.sequence, _to_utc(row.time), row.position, row.state, outcome)


def _row_from_event(job: str, event: JobEvent) -> dict[str, object]:
    """Converts an event to a row of the table EVENTS, by name of the column.

    job: id of its job.
    """
    return {
        "job": job,
        "sequence": event.sequence,
        "time": event.time,
        "position": event.position,
        "state": event.state,
        **asdict(event.outcome),
    }


def _utc_now() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)


def _to_utc(time: datetime) -> datetime:
    """Returns a time with its zone, which SQLite does not store; all times are UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
