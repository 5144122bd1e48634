"""The database of jobs, workers and usage: SQLite in a file or in memory, or Postgres."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.pool import QueuePool

from services.runtime.errors import JobDatabaseUnavailable

BUSY_SECONDS = 30
MEMORY = "sqlite://"
# Of all tables here; a database of another version is refused.
SCHEMA_VERSION = 2
TABLES = sa.MetaData()
SCHEMA = sa.Table(
    "cyclorama_schema",
    TABLES,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
P, R = ParamSpec("P"), TypeVar("R")


def open_database(address: str, *, writes_first: bool = False) -> sa.Engine:
    """Opens "sqlite:///path" or "postgresql://..."; a SQLite file and its folder are made. MEMORY
    lasts as long as the process.

    writes_first: SQLite transactions take the right to write when they begin, so that those that
    read before they write wait for each other instead of failing.
    """
    try:
        url = sa.make_url(address)
    except ArgumentError:
        # It may hold a password.
        text = "is no address of a database; send sqlite:///path or postgresql://..."
        raise SystemExit(f"CYCLORAMA_GATEWAY_DATABASE: {text}") from None
    if url.get_backend_name() != "sqlite":
        # A database that was made without an encoding would give bytes for texts.
        encoding = {"client_encoding": "utf8"}
        url = url.set(drivername="postgresql+psycopg")
        return sa.create_engine(url, connect_args=encoding, pool_pre_ping=True)
    arguments, pool = {"timeout": BUSY_SECONDS}, {}
    if url.database:
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"{folder} cannot be made: {error.strerror}"
            raise SystemExit(f"CYCLORAMA_GATEWAY_DATABASE: {text}") from None
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


def create_tables(writes: sa.Engine) -> None:
    """Creates the tables of TABLES that are missing.

    writes: opened with `writes_first`. SystemExit where another version wrote the database, which
    is then left as it is.
    """
    with writes.begin() as connection:
        found = _found_version(connection)
        if found not in (None, SCHEMA_VERSION):
            raise SystemExit(
                f"the job database has schema {found}, and this version of Cyclorama needs "
                f"{SCHEMA_VERSION}: let the version that wrote it finish its jobs, then name a new "
                "database in CYCLORAMA_GATEWAY_DATABASE; nothing in the old one was changed"
            )
        TABLES.create_all(connection)
        # Two gateways may start at once.
        insert = INSERTS[connection.dialect.name](SCHEMA).values(only=1, version=SCHEMA_VERSION)
        connection.execute(insert.on_conflict_do_nothing())


def _found_version(connection: sa.Connection) -> int | None:
    """The version of the tables that are there; None where there are none."""
    there = set(sa.inspect(connection).get_table_names())
    if SCHEMA.name in there:
        return connection.scalar(sa.select(SCHEMA.c.version))
    # The first version did not say which it was.
    return 1 if there & TABLES.tables.keys() else None


async def ask(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs work on the database in a thread; raises JobDatabaseUnavailable without a database."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except (InterfaceError, OperationalError) as error:
        raise JobDatabaseUnavailable() from error
