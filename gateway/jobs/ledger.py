"""What is known of jobs, in a database: campaigns, and the events of their ads."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cyclorama.v1 import jobs_pb2
from gateway.jobs.plan import ENDED, Event, Progress, count_ads, pictures_of, state_of
from services.runtime.errors import NoSuchThing

R = TypeVar("R")

TABLES = sa.MetaData()
JOBS = sa.Table(
    "cyclorama_jobs",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), unique=True, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.Integer, nullable=False, index=True),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("succeeded", sa.Integer, nullable=False),
    sa.Column("cancelled", sa.Integer, nullable=False),
    sa.Column("campaign", sa.LargeBinary, nullable=False),
)
EVENTS = sa.Table(
    "cyclorama_events",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("artifact", sa.String(64), nullable=False),
    sa.Column("manifest", sa.String(64), nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("made", sa.JSON, nullable=False),
    sa.Column("served", sa.JSON, nullable=False),
    sa.Index("cyclorama_events_of_ads", "job", "position"),
)
ROUNDS = 20


def _unheard(_job: str) -> None:
    """What a ledger tells when nobody listens."""


class Ledger:
    """Keeps jobs and their events; pictures are elsewhere, and only their keys are here.

    writes: opened with `writes_first`. on_event: called with a job after each of its events.
    """

    def __init__(
        self, reads: sa.Engine, writes: sa.Engine, on_event: Callable[[str], None] = _unheard
    ) -> None:
        self._reads, self._writes, self._on_event = reads, writes, on_event
        TABLES.create_all(writes)

    def open(self, job: str, campaign: jobs_pb2.Campaign) -> bool:
        """Enters a job, its campaign settled; False when there is one of that id already."""
        row = {
            "id": job,
            "created": _now(),
            "state": jobs_pb2.JOB_STATE_QUEUED,
            "waiting": count_ads(campaign),
            **dict.fromkeys(("events", "succeeded", "cancelled"), 0),
            "campaign": campaign.SerializeToString(),
        }
        try:
            with self._writes.begin() as connection:
                connection.execute(JOBS.insert().values(row))
        except IntegrityError:
            return False
        return True

    def progress(self, job: str, until: int | None = None) -> Progress:
        """A job with its events up to a sequence; raises NoSuchThing when there is none."""
        with self._reads.connect() as connection:
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job)).first()
            if row is None:
                raise NoSuchThing(f"there is no jobs/{job}")
            return _progress(row, self._events(connection, job, 0, until))

    def campaign(self, job: str) -> jobs_pb2.Campaign:
        """A job's campaign; raises NoSuchThing when there is no such job."""
        with self._reads.connect() as connection:
            row = connection.execute(sa.select(JOBS.c.campaign).where(JOBS.c.id == job)).first()
        if row is None:
            raise NoSuchThing(f"there is no jobs/{job}")
        return jobs_pb2.Campaign.FromString(row.campaign)

    def state(self, job: str, position: int) -> int:
        """The state of one ad."""
        with self._reads.connect() as connection:
            states = self._states(connection, job, [position])
        return states.get(position, jobs_pb2.JOB_STATE_QUEUED)

    def events(self, job: str, after: int) -> list[Event]:
        """The events of a job that come after a sequence."""
        with self._reads.connect() as connection:
            return self._events(connection, job, after, None)

    def page(
        self, size: int, before: int | None = None, state: int | None = None
    ) -> tuple[list[Progress], int | None]:
        """Jobs, newest first, and what to pass as `before` for more; None when there are none."""
        wanted = sa.select(JOBS).order_by(JOBS.c.number.desc()).limit(size + 1)
        if before is not None:
            wanted = wanted.where(JOBS.c.number < before)
        if state:
            wanted = wanted.where(JOBS.c.state == state)
        with self._reads.connect() as connection:
            rows = connection.execute(wanted).all()
            found = [_progress(r, self._events(connection, r.id, 0, None)) for r in rows[:size]]
        return found, rows[size - 1].number if len(rows) > size else None

    def unfinished(self) -> list[Progress]:
        """Every job that has not ended."""
        with self._reads.connect() as connection:
            rows = connection.execute(sa.select(JOBS).where(JOBS.c.state.not_in(ENDED))).all()
            return [_progress(row, self._events(connection, row.id, 0, None)) for row in rows]

    def waiting(self) -> int:
        """How many ads of all jobs have not ended."""
        with self._reads.connect() as connection:
            total = sa.func.coalesce(sa.func.sum(JOBS.c.waiting), 0)
            return connection.scalar(sa.select(total).where(JOBS.c.state.not_in(ENDED)))

    def counts(self) -> dict[int, int]:
        """How many jobs there are in each state that any is in."""
        wanted = sa.select(JOBS.c.state, sa.func.count()).group_by(JOBS.c.state)
        with self._reads.connect() as connection:
            return dict(connection.execute(wanted).all())

    def keys(self) -> set[str]:
        """The pictures sent, and the ads and manifests made, of every job."""
        with self._reads.connect() as connection:
            campaigns = connection.scalars(sa.select(JOBS.c.campaign)).all()
            made = connection.execute(sa.select(EVENTS.c.artifact, EVENTS.c.manifest)).all()
        pictures = map(pictures_of, map(jobs_pb2.Campaign.FromString, campaigns))
        sent = {picture.uri for picture in chain.from_iterable(pictures)}
        return sent | set(chain.from_iterable(made))

    def forget(self, before: datetime) -> None:
        """Drops jobs that have ended and were submitted before a time, and their events."""
        old = sa.and_(JOBS.c.created < before, JOBS.c.state.in_(ENDED))
        with self._writes.begin() as connection:
            ids = sa.select(JOBS.c.id).where(old)
            connection.execute(EVENTS.delete().where(EVENTS.c.job.in_(ids)))
            connection.execute(JOBS.delete().where(old))

    def tell(self, job: str, position: int, state: int, **facts) -> bool:
        """Adds an event to an ad that has not ended; False where it had, or was in that state."""
        return self._add(job, {position: state}, facts)

    def cancel(self, job: str) -> bool:
        """Ends every ad that has not ended; False where none was left."""
        progress = self.progress(job)
        everything = range(count_ads(progress.campaign))
        cancelled = dict.fromkeys(everything, jobs_pb2.JOB_STATE_CANCELLED)
        return self._add(job, cancelled, {})

    def _add(self, job: str, states: dict[int, int], facts: dict) -> bool:
        added = self._retry(lambda connection: self._tell(connection, job, states, facts))
        if added:
            self._on_event(job)
        return added

    def _tell(self, connection, job: str, states: dict[int, int], facts: dict) -> bool:
        row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job).with_for_update()).one()
        before = self._states(connection, job, list(states))
        news = {
            position: state
            for position, state in states.items()
            if before.get(position) not in (*ENDED, state)
        }
        if not news:
            return False
        numbered = enumerate(news.items(), row.events + 1)
        events = [Event(number, _now(), *each, **facts) for number, each in numbered]
        connection.execute(EVENTS.insert(), [asdict(event) | {"job": job} for event in events])
        counts = Counter(news.values())
        after = {
            "events": row.events + len(news),
            "waiting": row.waiting - sum(counts[state] for state in ENDED),
            "succeeded": row.succeeded + counts[jobs_pb2.JOB_STATE_SUCCEEDED],
            "cancelled": row.cancelled + counts[jobs_pb2.JOB_STATE_CANCELLED],
        }
        values = after | {"state": state_of(**after)}
        connection.execute(JOBS.update().where(JOBS.c.id == job).values(values))
        return True

    def _states(self, connection, job: str, positions: list[int]) -> dict[int, int]:
        """The last state of each ad that has an event."""
        wanted = sa.select(EVENTS.c.position, EVENTS.c.state).where(EVENTS.c.job == job)
        if len(positions) == 1:
            wanted = wanted.where(EVENTS.c.position == positions[0])
        return dict(connection.execute(wanted.order_by(EVENTS.c.sequence)).all())

    def _retry(self, work: Callable[[sa.Connection], R]) -> R:
        """Runs a transaction, anew where another one took the sequence that it wanted."""
        for _ in range(ROUNDS):
            try:
                with self._writes.begin() as connection:
                    return work(connection)
            except IntegrityError:
                continue
        raise RuntimeError("the ledger's events could not be ordered")

    def _events(self, connection, job: str, after: int, until: int | None) -> list[Event]:
        wanted = sa.select(EVENTS).where(EVENTS.c.job == job, EVENTS.c.sequence > after)
        if until is not None:
            wanted = wanted.where(EVENTS.c.sequence <= until)
        rows = connection.execute(wanted.order_by(EVENTS.c.sequence)).mappings()
        return [_event(row) for row in rows]


def _progress(row, events: Sequence[Event]) -> Progress:
    campaign = jobs_pb2.Campaign.FromString(row.campaign)
    return Progress(f"jobs/{row.id}", campaign, _utc(row.created), list(events))


def _event(row) -> Event:
    facts = {name: value for name, value in row.items() if name != "job"}
    lists = {"made": tuple(facts["made"]), "served": tuple(facts["served"])}
    return Event(**facts | lists | {"time": _utc(facts["time"])})


def _now() -> datetime:
    return datetime.now(UTC)


def _utc(time: datetime) -> datetime:
    """SQLite forgets the zone, which is always this one."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
