"""Events of ads in the database: stores the states that ads enter, and loads them in order."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from cyclorama.v1 import jobs_pb2
from gateway.database import build_insert_if_missing
from gateway.jobs.progress import ENDED_ADS, NO_OUTCOME, AdOutcome, JobEvent, derive_job_state
from gateway.jobs.stored_text import make_storable
from gateway.jobs.tables import EVENTS, JOBS, OBJECTS

# Columns of JOBS with numbers of ads; the others of a job failed.
COUNTED_STATES = ("waiting", "succeeded", "cancelled")
# Columns of JOBS that events change or need.
CHANGED_COLUMNS = tuple(
    JOBS.c[each] for each in ("id", "ads", "claimed", "places", "events", *COUNTED_STATES)
)
# Statements are built once: that takes several times as long as to execute them.
SELECT_COUNTS = sa.select(*CHANGED_COLUMNS).where(JOBS.c.id == sa.bindparam("job"))
UPDATE_JOB = JOBS.update().where(JOBS.c.id == sa.bindparam("job"))
INSERT_EVENTS = EVENTS.insert()
SELECT_EVENTS = (
    sa.select(EVENTS)
    .where(
        EVENTS.c.job == sa.bindparam("job"),
        EVENTS.c.sequence > sa.bindparam("after"),
        EVENTS.c.sequence <= sa.bindparam("last"),
    )
    .order_by(EVENTS.c.sequence)
)
# The largest number of an event that the column can store.
MAX_SEQUENCE = 2**31 - 1

log = structlog.get_logger()


NoteEvents = Callable[[str, Sequence[JobEvent]], None]
"""Called with the id of a job and events that were added to it."""
StoreEvents = Callable[[sa.Connection, str, Sequence[JobEvent]], None]
"""The same within the transaction that adds events which end ads; it stores more about them."""


def store_nothing(*_: object) -> None:
    """Stores nothing more about events; a StoreEvents."""


class AdChange(NamedTuple):
    """The ad at a position of a job enters a state; outcome: what its event says besides."""

    position: int
    state: jobs_pb2.JobState
    outcome: AdOutcome = NO_OUTCOME


def load_counts(connection: sa.Connection, job: str) -> sa.Row[Any] | None:
    """Returns the CHANGED_COLUMNS of a job; None when there is no such job."""
    return connection.execute(SELECT_COUNTS, {"job": job}).first()


def add_events(
    connection: sa.Connection, row: sa.Row[Any], changes: Sequence[AdChange], **values: object
) -> list[JobEvent]:
    """Adds an event for each change of an ad, and updates the row of its job; returns the events.

    connection: within a transaction that has locked the queue. row: the CHANGED_COLUMNS of the job.
    changes: of its ads; none of them has ended, but those that are queued again have failed.
    values: other columns of the job to update.
    """
    if not changes:
        return []
    now = datetime.now(UTC)
    events = [
        JobEvent(sequence, now, change.position, change.state, _make_storable(change.outcome))
        for sequence, change in enumerate(changes, start=row.events + 1)
    ]
    connection.execute(INSERT_EVENTS, [_row_from_event(row.id, event) for event in events])
    add_objects(connection, row.id, {key for event in events for key in event.outcome.keys})
    # How many ads enter each state.
    entered = Counter(change.state for change in changes)
    counts = {
        "waiting": row.waiting
        - sum(entered[state] for state in ENDED_ADS)
        + entered[jobs_pb2.JOB_STATE_QUEUED],
        "succeeded": row.succeeded + entered[jobs_pb2.JOB_STATE_SUCCEEDED],
        "cancelled": row.cancelled + entered[jobs_pb2.JOB_STATE_CANCELLED],
    }
    state = derive_job_state(row.ads, has_begun=True, **counts)
    values |= counts | {"events": row.events + len(changes), "state": state}
    connection.execute(UPDATE_JOB, values | {"job": row.id})
    if not counts["waiting"]:
        ended = count_ads_by_state(row.ads, **counts)
        numbers = {name: getattr(ended, name) for name in ("succeeded", "failed", "cancelled")}
        log.info("job ended", job=row.id, ads=row.ads, **numbers)
    return events


def add_objects(connection: sa.Connection, job: str, keys: Collection[str]) -> None:
    """Notes that a job consists of some objects of the artifact store, as well as of others.

    keys: of the objects; some may be noted already.
    """
    if keys:
        statement = build_insert_if_missing(OBJECTS, connection.dialect.name)
        connection.execute(statement, [{"job": job, "key": key} for key in keys])


def load_events(
    connection: sa.Connection, job: str, after_sequence: int = 0, last_sequence: int | None = None
) -> list[JobEvent]:
    """Returns the events of a job after one sequence number and up to another, in their order.

    after_sequence: 0 to begin with the first event. last_sequence: None to end with the last one.
    """
    last = MAX_SEQUENCE if last_sequence is None else last_sequence
    values = {"job": job, "after": after_sequence, "last": last}
    return [_event_from_row(row) for row in connection.execute(SELECT_EVENTS, values)]


def count_ads_by_state(
    total: int, waiting: int, succeeded: int, cancelled: int
) -> jobs_pb2.AdCounts:
    """Returns the numbers of ads by state; those in none of the given states failed."""
    return jobs_pb2.AdCounts(
        total=total,
        waiting=waiting,
        succeeded=succeeded,
        cancelled=cancelled,
        failed=total - waiting - succeeded - cancelled,
    )


def to_utc(time: datetime) -> datetime:
    """Returns a time with its zone, which SQLite does not store; all times are UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _make_storable(outcome: AdOutcome) -> AdOutcome:
    """Returns an outcome with texts that every database stores; those of engines are any."""
    if outcome is NO_OUTCOME:
        return outcome
    return AdOutcome(**{name: make_storable(value) for name, value in vars(outcome).items()})


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
    return JobEvent(row.sequence, to_utc(row.time), row.position, row.state, outcome)


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
        **vars(event.outcome),
    }
