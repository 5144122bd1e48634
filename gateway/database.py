"""Opens the database that jobs are kept in: SQLite in a file or in memory, or Postgres."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.pool import QueuePool

from services.runtime.errors import JobsDown

BUSY_SECONDS = 30
MEMORY = "sqlite://"
P, R = ParamSpec("P"), TypeVar("R")


def open_database(address: str, *, writes_first: bool = False) -> sa.Engine:
    """Opens "sqlite:///path" or "postgresql://..."; a SQLite file and its folder are made. MEMORY
    lasts as long as the process.

    writes_first: SQLite transactions take the right to write when they begin, so that those that
    read before they write wait for each other instead of failing.
    """
    url = sa.make_url(address)
    if url.get_backend_name() != "sqlite":
        # A database that was made without an encoding would give bytes for texts.
        encoding = {"client_encoding": "utf8"}
        url = url.set(drivername="postgresql+psycopg")
        return sa.create_engine(url, connect_args=encoding, pool_pre_ping=True)
    arguments, pool = {"timeout": BUSY_SECONDS}, {}
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    else:
        # What is in memory is gone with its connection, so there is one, for all threads in turn.
        arguments["check_same_thread"] = False
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    engine = sa.create_engine(url, connect_args=arguments, **pool)

    @sa.event.listens_for(engine, "connect")
    def set_up(connection, _) -> None:
        # Commits take a thousandth of the time that SQLite's default journal needs.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if writes_first:
            connection.isolation_level = None

    if writes_first:

        @sa.event.listens_for(engine, "begin")
        def begin(connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def ask(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs work on the database in a thread; raises JobsDown where the database is away."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except (InterfaceError, OperationalError) as error:
        raise JobsDown() from error
