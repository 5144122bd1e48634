"""Worker leases: gateways that share a database requeue the ads of one whose lease expired."""

import threading
from collections.abc import Callable, Mapping

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from gateway.database import TABLES, create_tables

# Heartbeats are three times as frequent as the lease needs, so that one slow write does not expire
# it. A longer lease: ads of a dead gateway wait longer, and short outages are survived.
HEARTBEAT_SECONDS, LEASE_SECONDS = 1.0, 3.0

WORKERS = sa.Table(
    "cyclorama_workers",
    TABLES,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
# The clock of the database, in Unix seconds: the clocks of the machines differ.
DATABASE_CLOCKS: Mapping[str, sa.ColumnElement[float]] = {
    "sqlite": sa.literal_column("(julianday('now') - 2440587.5) * 86400.0"),
    "postgresql": sa.literal_column("extract(epoch from clock_timestamp())"),
}

log = structlog.get_logger()


class WorkerLeases:
    """Renews the lease of this worker in a thread, and detects workers whose lease expired.

    requeue_ads: called with the name of such a worker, in one of the other workers only.
    """

    def __init__(
        self,
        write_engine: sa.Engine,
        name: str,
        requeue_ads: Callable[[str], None],
        check_database: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes the lease of this worker, and starts the thread that renews it.

        The lease is a row with the time of the last heartbeat; it expires LEASE_SECONDS later.
        write_engine: connects to the database of the workers. name: of this worker, unique among
        them. requeue_ads: called with the name of a worker whose lease expired. check_database:
        called after each heartbeat that was written.
        """
        self._write_engine = write_engine
        self._name = name
        self._requeue_ads = requeue_ads
        self._check_database = check_database
        self._clock = DATABASE_CLOCKS[write_engine.dialect.name]
        self._closing = threading.Event()
        create_tables(write_engine)
        self._renew_lease()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops the thread that renews the lease of this worker.

        When the lease expires, other workers put the ads of this one back into the queue.
        """
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        """Renews the lease; puts ads of workers whose lease expired back into the queue.

        Runs in a thread of its own, once every HEARTBEAT_SECONDS, until `close` is called.
        """
        while not self._closing.wait(HEARTBEAT_SECONDS):
            try:
                self._renew_lease()
                for name in self._delete_expired_leases():
                    log.info("lease expired; requeuing ads", worker=name)
                    self._requeue_ads(name)
                self._check_database()
            except DBAPIError:
                # The database monitor reports it; a database that restarts answers in a moment.
                continue

    def _renew_lease(self) -> None:
        """Sets the last heartbeat of this worker to the present, by the clock of the database."""
        own = WORKERS.c.name == self._name
        with self._write_engine.begin() as connection:
            renewed = connection.execute(WORKERS.update().where(own).values(seen=self._clock))
            if not renewed.rowcount:
                connection.execute(WORKERS.insert().values(name=self._name, seen=self._clock))

    def _delete_expired_leases(self) -> list[str]:
        """Deletes expired leases of other workers; returns the names of these workers.

        When several workers call this at the same time, only one of them gets a name.
        """
        expired = WORKERS.delete().where(
            WORKERS.c.name != self._name, WORKERS.c.seen < self._clock - sa.literal(LEASE_SECONDS)
        )
        with self._write_engine.begin() as connection:
            return list(connection.scalars(expired.returning(WORKERS.c.name)))
