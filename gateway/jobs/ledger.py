"""What is known of jobs, in a database: campaigns, and the events of their ads."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cyclorama.v1 import jobs_pb2
from gateway.database import create_tables
from gateway.jobs.plan import count_ads, pictures_of
from gateway.jobs.progress import ENDED, Event, Progress, state_of
from gateway.jobs.tables import EVENTS, JOBS
from gateway.jobs.turns import Standing, next_turn
from services.runtime.errors import NotFound

R = TypeVar("R")
Spend = Callable[[sa.Connection], None]

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
        create_tables(writes)

    def open(
        self,
        job: str,
        campaign: jobs_pb2.Campaign,
        owner: str,
        spend: Spend | None = None,
        priority: int = 0,
    ) -> bool:
        """Enters a job, its campaign settled; False when there is one of that id already.

        spend: called in the same transaction; what it raises keeps the job out.
        """
        row = {
            "id": job,
            "created": _now(),
            "state": jobs_pb2.JOB_STATE_QUEUED,
            **dict.fromkeys(("ads", "waiting"), count_ads(campaign)),
            **dict.fromkeys(("events", "succeeded", "cancelled"), 0),
            "campaign": campaign.SerializeToString(),
            "owner": owner,
            "priority": priority,
        }
        try:
            with self._writes.begin() as connection:
                turn = next_turn(owner, _standings(connection))
                connection.execute(JOBS.insert().values(row | {"turn": turn}))
                if spend:
                    spend(connection)
        except IntegrityError:
            return False
        return True

    def progress(self, job: str, until: int | None = None, owner: str | None = None) -> Progress:
        """A job, of an owner if one is named, with its events up to a sequence.

        Raises NotFound when there is none.
        """
        wanted = sa.select(JOBS).where(JOBS.c.id == job)
        if owner is not None:
            wanted = wanted.where(JOBS.c.owner == owner)
        with self._reads.connect() as connection:
            row = connection.execute(wanted).first()
            if row is None:
                raise NotFound(f"there is no jobs/{job}")
            return _progress(row, self._events(connection, job, 0, until))

    def order(self, job: str) -> tuple[str, jobs_pb2.Campaign]:
        """A job's owner and campaign; raises NotFound when there is no such job."""
        wanted = sa.select(JOBS.c.owner, JOBS.c.campaign).where(JOBS.c.id == job)
        with self._reads.connect() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            raise NotFound(f"there is no jobs/{job}")
        return row.owner, jobs_pb2.Campaign.FromString(row.campaign)

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
        self,
        size: int,
        before: int | None = None,
        state: int | None = None,
        owner: str | None = None,
    ) -> tuple[list[jobs_pb2.Job], int | None]:
        """Jobs without their ads, newest first, and what to pass as `before` for more, if any."""
        wanted = sa.select(JOBS).order_by(JOBS.c.number.desc()).limit(size + 1)
        if before is not None:
            wanted = wanted.where(JOBS.c.number < before)
        if state:
            wanted = wanted.where(JOBS.c.state == state)
        if owner is not None:
            wanted = wanted.where(JOBS.c.owner == owner)
        with self._reads.connect() as connection:
            rows = connection.execute(wanted).all()
            times = _last_times(connection, [row.id for row in rows])
        found = [_outline(row, times.get(row.id, row.created)) for row in rows[:size]]
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
        left = self.progress(job).waiting()
        cancelled = dict.fromkeys(left, jobs_pb2.JOB_STATE_CANCELLED)
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


def _standings(connection: sa.Connection) -> list[Standing]:
    columns = JOBS.c.owner, JOBS.c.turn, JOBS.c.ads, JOBS.c.waiting
    rows = connection.execute(sa.select(*columns).where(JOBS.c.state.not_in(ENDED)))
    return [Standing(*row) for row in rows]


def _last_times(connection: sa.Connection, jobs: Sequence[str]) -> dict[str, datetime]:
    columns = EVENTS.c.job, sa.func.max(EVENTS.c.time)
    wanted = sa.select(*columns).where(EVENTS.c.job.in_(jobs)).group_by(EVENTS.c.job)
    return dict(connection.execute(wanted).all())


def _outline(row, updated: datetime) -> jobs_pb2.Job:
    counts = jobs_pb2.AdCounts(
        total=count_ads(jobs_pb2.Campaign.FromString(row.campaign)),
        waiting=row.waiting,
        succeeded=row.succeeded,
        cancelled=row.cancelled,
    )
    counts.failed = counts.total - counts.waiting - counts.succeeded - counts.cancelled
    job = jobs_pb2.Job(name=f"jobs/{row.id}", owner=row.owner, state=row.state, counts=counts)
    job.create_time.FromDatetime(_utc(row.created))
    job.update_time.FromDatetime(_utc(updated))
    return job


def _progress(row, events: Iterable[Event]) -> Progress:
    campaign = jobs_pb2.Campaign.FromString(row.campaign)
    name = f"jobs/{row.id}"
    return Progress(name, campaign, _utc(row.created), row.owner, row.priority, row.turn, events)


def _event(row) -> Event:
    facts = {name: value for name, value in row.items() if name != "job"}
    lists = {name: tuple(facts[name]) for name in ("computed", "cached")}
    return Event(**facts | lists | {"time": _utc(facts["time"])})


def _now() -> datetime:
    return datetime.now(UTC)


def _utc(time: datetime) -> datetime:
    """SQLite forgets the zone, which is always this one."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
