"""The ledger of deliveries in the database: claims, ends, lists, replays and deletes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from gateway.database import insert_if_missing
from gateway.jobs.leases import LIVE_WORKERS, DatabaseClock
from gateway.webhooks.attempts import Attempt, FailureReason
from gateway.webhooks.tables import (
    DELIVERED,
    DELIVERIES,
    DISABLED_ENDPOINTS,
    FAILED,
    IS_WAITING,
    MISSING_ENDPOINTS,
    PAUSED_ENDPOINTS,
    WAITING,
)
from services.runtime.errors import NotFound

ENDED = (DELIVERED, FAILED)
# All but the payload.
LISTED_COLUMNS = tuple(column for column in DELIVERIES.c if column is not DELIVERIES.c.payload)
OWN = sa.bindparam("own", type_=sa.String)
# Of no worker, or of another one whose lease has expired.
IS_FREE = (DELIVERIES.c.worker == "") | (
    (DELIVERIES.c.worker != OWN) & DELIVERIES.c.worker.not_in(LIVE_WORKERS)
)
IS_OF_PAUSED = DELIVERIES.c.endpoint.in_(
    sa.select(PAUSED_ENDPOINTS.c.endpoint).where(PAUSED_ENDPOINTS.c.until > DatabaseClock())
)
IS_DUE = IS_WAITING & (DELIVERIES.c.next_attempt <= DatabaseClock()) & IS_FREE & ~IS_OF_PAUSED
IS_OF_DISABLED = DELIVERIES.c.endpoint.in_(sa.select(DISABLED_ENDPOINTS.c.endpoint))
# Statements are built once: that takes several times as long as to execute them.
SELECT_ANY_DUE = (
    sa.select(sa.literal(1))
    .where(IS_DUE, DELIVERIES.c.endpoint.in_(sa.bindparam("endpoints", expanding=True)))
    .limit(1)
)
SELECT_DUE = (
    sa.select(DELIVERIES.c.number)
    .where(IS_DUE, DELIVERIES.c.endpoint == sa.bindparam("of_endpoint"))
    .order_by(DELIVERIES.c.next_attempt, DELIVERIES.c.number)
    .limit(sa.bindparam("most", type_=sa.Integer))
    # Of Postgres: gateways that share a database claim others meanwhile.
    .with_for_update(skip_locked=True)
)
CLAIM = (
    DELIVERIES.update()
    .where(DELIVERIES.c.number.in_(SELECT_DUE.scalar_subquery()))
    .values(worker=OWN)
    .returning(*(DELIVERIES.c[each] for each in ("number", "id", "endpoint", "payload", "tries")))
)
END_ATTEMPT = DELIVERIES.update().where(
    DELIVERIES.c.number == sa.bindparam("of_number"), DELIVERIES.c.worker == OWN, IS_WAITING
)
FAIL_OF_DISABLED = (
    DELIVERIES.update()
    .where(IS_WAITING, IS_FREE, IS_OF_DISABLED)
    .values(state=FAILED, reason=FailureReason.DISABLED)
)


class DueDelivery(NamedTuple):
    """A delivery to attempt: its number, id and endpoint, what to send, and its tries before."""

    number: int
    id: str
    endpoint: str
    payload: bytes
    tries: int


class EndedAttempt(NamedTuple):
    """An attempt that has ended; retry_seconds: until the next one, None when there is none."""

    delivery: DueDelivery
    attempt: Attempt
    retry_seconds: float | None


class Backlog(NamedTuple):
    """Deliveries of an endpoint that wait: their number, and the age of the oldest in seconds."""

    waiting: int
    oldest_seconds: float


@dataclass(frozen=True)
class DeliveryFilter:
    """What deliveries have in common; empty and None for any.

    id: of their event. endpoint: its name. states: any of them. created_from: time of the event.
    owner: of the job.
    """

    id: str = ""
    endpoint: str = ""
    states: Sequence[int] = ()
    created_from: datetime | None = None
    owner: str | None = None

    def build_conditions(self) -> list[sa.ColumnElement[bool]]:
        """Returns the conditions on the table DELIVERIES."""
        texts = {"id": self.id, "endpoint": self.endpoint}
        conditions = [DELIVERIES.c[name] == value for name, value in texts.items() if value]
        if self.states:
            conditions.append(DELIVERIES.c.state.in_(self.states))
        if self.created_from is not None:
            conditions.append(DELIVERIES.c.created >= self.created_from.timestamp())
        if self.owner is not None:
            conditions.append(DELIVERIES.c.owner == self.owner)
        return conditions


class DeliveryLedger:
    """The deliveries as one worker sees them; JobLedger creates the tables."""

    def __init__(self, read_engine: sa.Engine, write_engine: sa.Engine, worker: str) -> None:
        """Releases what a worker of this name had in flight: it is attempted once more.

        read_engine, write_engine: as of JobLedger. worker: name of this gateway, whose lease covers
        what it claims.
        """
        self._read_engine, self._write_engine = read_engine, write_engine
        self._worker = worker
        with write_engine.begin() as connection:
            own = DELIVERIES.update().where(DELIVERIES.c.worker == worker)
            connection.execute(own.values(worker=""))

    def exchange_deliveries(
        self, ended: Sequence[EndedAttempt], free: Mapping[str, int]
    ) -> list[DueDelivery]:
        """Stores the ends of attempts, and claims deliveries that are due, in one transaction.

        ended: safe to repeat; those of deliveries that another worker took over, or whose job was
        deleted, have no effect. free: how many to claim at most, by name of the endpoint. Writes
        nothing when there is nothing to do.
        """
        names = [name for name, number in free.items() if number > 0]
        if not ended and not self._has_due(names):
            return []
        with self._write_engine.begin() as connection:
            for each in ended:
                self._end_attempt(connection, each)
            connection.execute(FAIL_OF_DISABLED, {"own": self._worker})
            return [
                DueDelivery(*row)
                for name in names
                for row in connection.execute(
                    CLAIM, {"own": self._worker, "of_endpoint": name, "most": free[name]}
                )
            ]

    def list_deliveries(
        self, matching: DeliveryFilter, page_size: int, before_number: int | None = None
    ) -> tuple[list[sa.Row[Any]], int | None]:
        """Returns the newest deliveries that match, as LISTED_COLUMNS.

        before_number: only those with lower numbers; None for all. Also returns the number of the
        last one; None when no further one matches.
        """
        conditions = matching.build_conditions()
        if before_number is not None:
            conditions.append(DELIVERIES.c.number < before_number)
        query = sa.select(*LISTED_COLUMNS).where(*conditions).order_by(DELIVERIES.c.number.desc())
        with self._read_engine.connect() as connection:
            rows = connection.execute(query.limit(page_size + 1)).all()
        page = list(rows[:page_size])
        return page, page[-1].number if len(rows) > page_size else None

    def replay_deliveries(self, matching: DeliveryFilter, endpoints: Collection[str]) -> int:
        """Has deliveries that have ended and match attempted at once; returns their number.

        endpoints: names of those that there are; deliveries of others, and of disabled ones, stay
        as they are. Raises NotFound when the filter names an id that no delivery has.
        """
        conditions = matching.build_conditions()
        may_replay = DELIVERIES.c.endpoint.in_(endpoints) & ~IS_OF_DISABLED
        replayed = DELIVERIES.update().where(*conditions, DELIVERIES.c.state.in_(ENDED), may_replay)
        with self._write_engine.begin() as connection:
            if matching.id:
                found = sa.select(DELIVERIES.c.number).where(*conditions).limit(1)
                if connection.scalar(found) is None:
                    raise NotFound(f"there is no delivery {matching.id}")
            due = {"state": WAITING, "tries": 0, "next_attempt": 0.0, "worker": ""}
            return connection.execute(replayed.values(**due)).rowcount

    def load_disabled(self) -> dict[str, float]:
        """Returns since when endpoints are disabled, in Unix seconds, by name."""
        with self._read_engine.connect() as connection:
            rows = connection.execute(sa.select(DISABLED_ENDPOINTS))
            return {row.endpoint: row.since for row in rows}

    def enable_endpoint(self, name: str) -> None:
        """Enables an endpoint; has no effect unless it is disabled."""
        with self._write_engine.begin() as connection:
            disabled = DISABLED_ENDPOINTS.delete().where(DISABLED_ENDPOINTS.c.endpoint == name)
            connection.execute(disabled)

    def count_waiting(self) -> dict[str, Backlog]:
        """Returns the deliveries that wait, by name of the endpoint."""
        oldest = DatabaseClock() - sa.func.min(DELIVERIES.c.created)
        query = sa.select(DELIVERIES.c.endpoint, sa.func.count(), oldest).where(IS_WAITING)
        with self._read_engine.connect() as connection:
            rows = connection.execute(query.group_by(DELIVERIES.c.endpoint))
            return {name: Backlog(number, max(age, 0.0)) for name, number, age in rows}

    def delete_ended(self, delivered_before: datetime, failed_before: datetime) -> None:
        """Deletes deliveries of events before a time: those delivered, and those that failed."""
        with self._write_engine.begin() as connection:
            for state, time in ((DELIVERED, delivered_before), (FAILED, failed_before)):
                is_old = (DELIVERIES.c.state == state) & (DELIVERIES.c.created < time.timestamp())
                connection.execute(DELIVERIES.delete().where(is_old))

    def fail_removed(self, endpoints: Collection[str], missing_seconds: float) -> None:
        """Fails deliveries that wait for endpoints that the file has lacked for some time.

        endpoints: names of those that this gateway has. missing_seconds: that time, which begins
        with the first call that finds an endpoint missing.
        """
        is_missing = DELIVERIES.c.endpoint.not_in(endpoints)
        is_back = MISSING_ENDPOINTS.c.endpoint.in_(endpoints)
        long_missing = sa.select(MISSING_ENDPOINTS.c.endpoint).where(
            MISSING_ENDPOINTS.c.since <= DatabaseClock() - missing_seconds
        )
        failed = DELIVERIES.update().where(
            IS_WAITING, IS_FREE, is_missing, DELIVERIES.c.endpoint.in_(long_missing)
        )
        with self._write_engine.begin() as connection:
            connection.execute(MISSING_ENDPOINTS.delete().where(is_back))
            waited = sa.select(DELIVERIES.c.endpoint).where(IS_WAITING, is_missing).distinct()
            for name in connection.scalars(waited).all():
                _note_endpoint(connection, MISSING_ENDPOINTS, name)
            values = {"state": FAILED, "reason": FailureReason.REMOVED}
            connection.execute(failed.values(**values), {"own": self._worker})

    def _has_due(self, endpoints: Sequence[str]) -> bool:
        """Returns whether a delivery to one of some endpoints, given by name, is due."""
        if not endpoints:
            return False
        values = {"own": self._worker, "endpoints": endpoints}
        with self._read_engine.connect() as connection:
            return connection.scalar(SELECT_ANY_DUE, values) is not None

    def _end_attempt(self, connection: sa.Connection, ended: EndedAttempt) -> None:
        """Stores the end of an attempt; disables or pauses its endpoint, if asked to."""
        attempt = ended.attempt
        values: dict[str, Any] = {
            "worker": "",
            "status": attempt.status,
            "reason": attempt.reason or "",
            "attempted": DatabaseClock(),
            "attempts": DELIVERIES.c.attempts + 1,
            "tries": DELIVERIES.c.tries + 1,
        }
        if attempt.reason is None:
            values["state"] = DELIVERED
        elif ended.retry_seconds is None:
            values["state"] = FAILED
        else:
            values["next_attempt"] = DatabaseClock() + ended.retry_seconds
        keys = {"of_number": ended.delivery.number, "own": self._worker}
        connection.execute(END_ATTEMPT.values(**values), keys)
        if attempt.is_gone:
            _note_endpoint(connection, DISABLED_ENDPOINTS, ended.delivery.endpoint)
        elif attempt.retry_after is not None:
            _pause_endpoint(connection, ended.delivery.endpoint, attempt.retry_after)


def _note_endpoint(connection: sa.Connection, table: sa.Table, name: str) -> None:
    """Adds an endpoint to a table with the time since when it is there, unless it is."""
    since = connection.scalar(sa.select(DatabaseClock()))
    insert_if_missing(connection, table, endpoint=name, since=since)


def _pause_endpoint(connection: sa.Connection, name: str, seconds: float) -> None:
    """Has an endpoint get no attempt for some seconds from now; never shortens its pause."""
    until = connection.scalar(sa.select(DatabaseClock() + seconds))
    if not insert_if_missing(connection, PAUSED_ENDPOINTS, endpoint=name, until=until):
        is_shorter = (PAUSED_ENDPOINTS.c.endpoint == name) & (PAUSED_ENDPOINTS.c.until < until)
        connection.execute(PAUSED_ENDPOINTS.update().where(is_shorter).values(until=until))
