"""Gateways that share a database watch each other: the jobs of one that died are taken over."""

import threading
from collections.abc import Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError

from gateway.database import TABLES, create_tables

BEAT_SECONDS = 1.0
DEAD_SECONDS = 3.0

WORKERS = sa.Table(
    "cyclorama_workers",
    TABLES,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
# The database's own clock, in seconds: machines' clocks differ.
CLOCKS = {
    "sqlite": sa.literal_column("(julianday('now') - 2440587.5) * 86400.0"),
    "postgresql": sa.literal_column("extract(epoch from clock_timestamp())"),
}

log = structlog.get_logger()


class Leases:
    """Says every second that this worker lives; one that has not for three seconds is dead.

    take_over: called with the name of a dead worker, by one of the others only.
    """

    def __init__(self, engine: sa.Engine, name: str, take_over: Callable[[str], None]) -> None:
        self._engine = engine
        self._name = name
        self._take_over = take_over
        self._clock = CLOCKS[engine.dialect.name]
        self._closing = threading.Event()
        create_tables(engine)
        self._beat()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the watch; what this worker had at work is for the others from now on."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(BEAT_SECONDS):
            try:
                self._beat()
                for name in self._dead():
                    log.info("taking over", worker=name)
                    self._take_over(name)
            # A database that restarts is back in a moment.
            except OperationalError:
                log.warning("the database of jobs does not answer")

    def _beat(self) -> None:
        mine = WORKERS.c.name == self._name
        with self._engine.begin() as connection:
            beaten = connection.execute(WORKERS.update().where(mine).values(seen=self._clock))
            if not beaten.rowcount:
                connection.execute(WORKERS.insert().values(name=self._name, seen=self._clock))

    def _dead(self) -> list[str]:
        """The workers that are dead, each told to one caller only."""
        dead = WORKERS.delete().where(
            WORKERS.c.name != self._name, WORKERS.c.seen < self._clock - sa.literal(DEAD_SECONDS)
        )
        with self._engine.begin() as connection:
            return list(connection.scalars(dead.returning(WORKERS.c.name)))
