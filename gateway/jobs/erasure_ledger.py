"""Deletions of jobs in the database: which are under way, and what they may erase."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

import grpc
import sqlalchemy as sa
import structlog

from cyclorama.v1 import jobs_pb2
from gateway.database import empty_log
from gateway.jobs.leases import LIVE_WORKERS
from gateway.jobs.queue import lock_queue
from gateway.jobs.tables import CLAIMS, ERASURES, EVENTS, JOBS, LABELS, OBJECTS, RETRIES
from gateway.webhooks.tables import DELIVERIES
from services.runtime.errors import NotFound, ServiceError

# Keys in one query. SQLite allows for 32,766 parameters.
KEYS_IN_QUERY = 10_000

log = structlog.get_logger()


class JobDeleted(ServiceError):
    """The job of this request id was deleted; the id is not used again."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "JOB_DELETED"

    def __init__(self) -> None:
        """Sets the error text, which is always the same."""
        super().__init__(
            "the job of this request_id was deleted; submit the campaign with another request_id"
        )


class Erasure(NamedTuple):
    """A job that is being deleted: its owner, its campaign and the keys of its objects."""

    owner: str
    campaign: jobs_pb2.Campaign
    keys: Collection[str]


class ErasureLedger:
    """Moves jobs that are deleted out of the tables of jobs, until nothing of them is stored.

    Of a job that is erased, only the id stays, so that no late repetition of its submission has it
    made again.
    """

    def __init__(self, read_engine: sa.Engine, write_engine: sa.Engine) -> None:
        """read_engine, write_engine: as of JobLedger, which creates the tables."""
        self._read_engine, self._write_engine = read_engine, write_engine

    def begin_erasure(self, job: str, owner: str | None = None) -> None:
        """Deletes a job for all callers; what is stored of it still has to be erased.

        Its ads in flight keep their claims until their workers release them. job: its id. owner:
        whose job it must be; None for any. Raises NotFound when there is no such job; not when the
        job is deleted already and not erased.
        """
        is_visible = sa.true() if owner is None else ERASURES.c.owner == owner
        with self._write_engine.begin() as connection:
            lock_queue(connection)
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job)).first()
            if row is None or owner not in (None, row.owner):
                pending = sa.select(ERASURES.c.job).where(_is_pending(job), is_visible)
                if connection.scalar(pending) is None:
                    raise NotFound(f"there is no jobs/{job}")
                return
            erasure = {"job": job, "owner": row.owner, "campaign": row.campaign}
            connection.execute(ERASURES.insert(), erasure)
            connection.execute(JOBS.delete().where(JOBS.c.id == job))
            for table in (EVENTS, LABELS, RETRIES, DELIVERIES):
                connection.execute(table.delete().where(table.c.job == job))
        log.info("job deleted", job=job)

    def list_erasures(self) -> list[str]:
        """Returns the ids of the jobs that are deleted and not erased."""
        query = sa.select(ERASURES.c.job).where(ERASURES.c.erased.is_(None))
        with self._read_engine.connect() as connection:
            return list(connection.scalars(query))

    def load_erasure(self, job: str) -> Erasure | None:
        """Returns what is known of a job that is deleted; None when it is erased."""
        with self._read_engine.connect() as connection:
            row = connection.execute(sa.select(ERASURES).where(_is_pending(job))).first()
            keys = connection.scalars(sa.select(OBJECTS.c.key).where(OBJECTS.c.job == job)).all()
        if row is None:
            return None
        return Erasure(row.owner, jobs_pb2.Campaign.FromString(row.campaign), keys)

    def is_released(self, job: str) -> bool:
        """Returns whether no gateway that is alive makes an ad of a deleted job any more."""
        claimed = (CLAIMS.c.job == job) & CLAIMS.c.worker.in_(LIVE_WORKERS)
        with self._read_engine.connect() as connection:
            return connection.scalar(sa.select(CLAIMS.c.job).where(claimed).limit(1)) is None

    def has_several_gateways(self) -> bool:
        """Returns whether more than one gateway that is alive uses the database."""
        with self._read_engine.connect() as connection:
            return len(connection.scalars(LIVE_WORKERS).all()) > 1

    def find_jobs(self, jobs: Collection[str]) -> set[str]:
        """Returns those of some ids that are ids of jobs."""
        return self._find(JOBS.c.id, jobs, sa.true())

    def find_shared_objects(
        self, job: str, keys: Collection[str], owner: str | None = None
    ) -> set[str]:
        """Returns those of some keys of objects that a job which is not deleted consists of.

        job: id of a deleted job. owner: whose jobs count; None for all.
        """
        is_of_other = OBJECTS.c.job.not_in(sa.select(ERASURES.c.job)) & (OBJECTS.c.job != job)
        if owner is not None:
            is_of_other &= OBJECTS.c.job.in_(sa.select(JOBS.c.id).where(JOBS.c.owner == owner))
        return self._find(OBJECTS.c.key, keys, is_of_other)

    def end_erasure(self, job: str) -> None:
        """Deletes the rows of a job that is erased, but for its id."""
        with self._write_engine.begin() as connection:
            for table in (OBJECTS, CLAIMS):
                connection.execute(table.delete().where(table.c.job == job))
            erased = {"owner": "", "campaign": b"", "erased": datetime.now(UTC)}
            connection.execute(ERASURES.update().where(ERASURES.c.job == job).values(erased))
        log.info("job erased", job=job)

    def empty_log(self) -> bool:
        """Empties the write-ahead log of SQLite, as of `gateway.database.empty_log`."""
        return empty_log(self._write_engine)

    def forget_erasures(self, erased_before: datetime) -> None:
        """Deletes the ids of jobs that were erased before a time."""
        with self._write_engine.begin() as connection:
            connection.execute(ERASURES.delete().where(ERASURES.c.erased < erased_before))

    def _find(
        self,
        column: "sa.Column[str]",
        values: Collection[str],
        condition: sa.ColumnElement[bool],
    ) -> set[str]:
        """Returns those of some values that a column has in rows that meet a condition."""
        found = set[str]()
        with self._read_engine.connect() as connection:
            for chunk in _chunk(values):
                query = sa.select(column).where(column.in_(chunk), condition)
                found.update(connection.scalars(query))
        return found


def raise_if_deleted(connection: sa.Connection, job: str) -> None:
    """Raises JobDeleted when a job of this id was deleted."""
    if connection.scalar(sa.select(ERASURES.c.job).where(ERASURES.c.job == job)) is not None:
        raise JobDeleted()


def _is_pending(job: str) -> sa.ColumnElement[bool]:
    """Returns the condition for the row of a job that is deleted and not erased."""
    return (ERASURES.c.job == job) & ERASURES.c.erased.is_(None)


def _chunk(values: Collection[str]) -> Iterator[list[str]]:
    """Yields values in lists that fit in one query."""
    remaining = iter(values)
    while chunk := list(islice(remaining, KEYS_IN_QUERY)):
        yield chunk
