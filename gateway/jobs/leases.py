"""Worker leases: gateways that share a database claim the ads of one whose lease expired."""

import threading
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gateway.database import create_tables
from gateway.database_failures import UNUSABLE
from gateway.jobs.tables import WORKERS

# Heartbeats are three times as frequent as the lease needs, so that one slow write does not expire
# it. A longer lease: ads of a dead gateway wait longer, and short outages are survived.
HEARTBEAT_SECONDS, LEASE_SECONDS = 1.0, 3.0

log = structlog.get_logger()


class DatabaseClock(FunctionElement[float]):
    """The clock of the database, in Unix seconds: the clocks of the machines differ."""

    type = sa.Float()
    inherit_cache = True


@compiles(DatabaseClock, "sqlite")
def _compile_sqlite_clock(*_: object, **__: object) -> str:
    return "(julianday('now') - 2440587.5) * 86400.0"


@compiles(DatabaseClock, "postgresql")
def _compile_postgres_clock(*_: object, **__: object) -> str:
    return "extract(epoch from clock_timestamp())"


# Names of the workers whose lease has not expired.
LIVE_WORKERS = sa.select(WORKERS.c.name).where(WORKERS.c.seen >= DatabaseClock() - LEASE_SECONDS)


class WorkerLeases:
    """Renews the lease of this worker in a thread, and deletes leases of others that expired."""

    def __init__(
        self,
        write_engine: sa.Engine,
        name: str,
        check_database: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes the lease of this worker, and starts the thread that renews it.

        The lease is a row with the time of the last heartbeat; it expires LEASE_SECONDS later.
        write_engine: connects to the database of the workers. name: of this worker, unique among
        them. check_database: called after each heartbeat that was written.
        """
        self._write_engine = write_engine
        self._name = name
        self._check_database = check_database
        self._closing = threading.Event()
        create_tables(write_engine)
        self._renew_lease()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the lease of this worker: others may claim its ads at once."""
        self._closing.set()
        self._thread.join()
        with suppress(*UNUSABLE), self._write_engine.begin() as connection:
            connection.execute(WORKERS.delete().where(WORKERS.c.name == self._name))

    def _run(self) -> None:
        """Renews the lease once every HEARTBEAT_SECONDS, until `close` is called."""
        is_known = False
        while not self._closing.wait(HEARTBEAT_SECONDS):
            try:
                for name in self._renew_lease():
                    log.info("lease expired; its ads continue elsewhere", worker=name)
                self._check_database()
                is_known = False
            except UNUSABLE:
                # The database monitor reports it; a database that restarts answers in a moment.
                continue
            except Exception:
                # Without the thread, other gateways would take over all ads of this one.
                if not is_known:
                    log.exception("lease not renewed; retrying")
                is_known = True

    def _renew_lease(self) -> list[str]:
        """Sets the last heartbeat of this worker to the present, by the clock of the database.

        Returns the names of workers whose lease has expired, in one of the other workers only.
        """
        own = WORKERS.c.name == self._name
        expired = ~own & (WORKERS.c.seen < DatabaseClock() - LEASE_SECONDS)
        with self._write_engine.begin() as connection:
            renewed = connection.execute(WORKERS.update().where(own).values(seen=DatabaseClock()))
            if not renewed.rowcount:
                connection.execute(WORKERS.insert().values(name=self._name, seen=DatabaseClock()))
            delete = WORKERS.delete().where(expired).returning(WORKERS.c.name)
            return list(connection.scalars(delete))
